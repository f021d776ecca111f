// Where something bounded is full, or the next hop is missing.
#include <rte_mempool.h>

#include "dataplane/base/byte_order.hpp"
#include "tests/component/drop_fixture.hpp"

namespace pollux::testing {

namespace {

constexpr std::uint64_t kPuntRing = 512;
constexpr std::uint64_t kHandoffRing = 4095;
constexpr std::uint64_t kHeldPerNeighbour = 8;

// An ARP request for our address on port 0 or 1, from a host that thereby tells its MAC.
Bytes arp_request(RingBed& bed, std::size_t port, const IpAddress& sender, const IpAddress& target) {
  const MacAddress mac = RingBed::peer_mac(port);
  Bytes frame(bed.mac(port).begin(), bed.mac(port).end());
  frame.insert(frame.end(), mac.begin(), mac.end());
  frame.insert(frame.end(), {0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0, 1});
  frame.insert(frame.end(), mac.begin(), mac.end());
  frame.insert(frame.end(), sender.v4_bytes(), sender.v4_bytes() + 4);
  frame.insert(frame.end(), 6, 0);
  frame.insert(frame.end(), target.v4_bytes(), target.v4_bytes() + 4);
  return frame;
}

SessionSpec call_to(const char* remote_b) {
  SessionSpec spec = CallTest::call();
  spec.legs[1].remote_rtp = at(remote_b);
  return spec;
}

// Media of a call whose party b can't be routed to; afterwards it moves to where it can.
DropCase unroutable(const char* name, const char* remote, bool with_gateway) {
  return {DropReason::no_route, name,
          [=](DropTest& t) {
            if (!with_gateway) {
              DataplaneConfig config = RingBed::two_ports();
              config.ports[1].interfaces[0].gateways.clear();
              t.restart(config);
            }
            t.open(call_to(remote));
            t.send(t.a, rtp({.sequence = 1, .ssrc = 0xaaaaaaaa}));
            t.send(t.a.next_port(), rtcp_sender_report(0xaaaaaaaa, 2, 3, 4));
            return std::uint64_t{2};
          },
          [](DropTest& t) {
            t.bed().update(t.session, CallTest::call());
            stream_goes_on(t);
          }};
}

std::vector<DropCase> next_hop_drops() {
  return {
      unroutable("no_gateway", "203.0.113.80:6000", false),
      unroutable("multicast", "239.1.2.3:6000", true),
      unroutable("broadcast", "198.51.100.255:6000", true),
      unroutable("ourselves", "198.51.100.1:30000", true),
      {DropReason::neighbour_unresolved, "too_many_wait",
       [](DropTest& t) {
         t.open();
         t.bed().set_answering(false);
         for (std::uint16_t i = 0; i < kHeldPerNeighbour + 5; ++i) {
           t.send(t.a, rtp({.sequence = i, .ssrc = 0xaaaaaaaa}));
         }
         return std::uint64_t{5};
       },
       // The neighbour shows up: what waited goes out in order, the oldest had given way.
       [](DropTest& t) {
         t.bed().send(1, arp_request(t.bed(), 1, t.b.address.ip, t.b.relay.ip));
         t.bed().turn();
         Heard waited;
         for (std::uint16_t i = 5; i < kHeldPerNeighbour + 5; ++i) {
           waited.push_back(rtp({.sequence = i, .ssrc = 0xaaaaaaaa}));
         }
         EXPECT_EQ(t.heard_by(t.b), waited);
         stream_goes_on(t);
       }},
      {DropReason::neighbour_unresolved, "ring_to_the_host_full",
       [](DropTest& t) {
         t.open();
         t.bed().stop_host();
         for (std::uint16_t i = 0; i < 1024 + 7; ++i) {
           t.send(t.a, rtp({.sequence = i, .ssrc = 0xaaaaaaaa}));
         }
         return std::uint64_t{7};
       },
       [](DropTest&) {}},  // without the host thread nothing is resolved any more
  };
}

// As arp_request(), and its sender's answer to us.
Bytes arp_answer(RingBed& bed, std::size_t port, const IpAddress& sender, const IpAddress& target) {
  Bytes frame = arp_request(bed, port, sender, target);
  frame[21] = 2;
  return frame;
}

constexpr std::uint64_t kAnswerRing = 256;

std::vector<DropCase> ring_drops() {
  return {
      // What a next hop answers has a ring of its own; answers about nobody that is known aren't let into it.
      {DropReason::punt_full, "flood_of_questions_and_answers",
       [](DropTest& t) {
         t.open_and_warm_up();
         t.bed().stop_host();
         for (std::uint64_t i = 0; i < kPuntRing + 100; ++i) {
           t.bed().send(0, i % 2 == 0 ? arp_request(t.bed(), 0, ip("192.0.2.99"), t.a.relay.ip)
                                      : arp_answer(t.bed(), 0, ip("192.0.2.99"), t.a.relay.ip));
         }
         t.bed().turn_workers();
         EXPECT_EQ(t.bed().drops(DropReason::punt_full), 100U) << t.bed().describe();
         for (std::uint64_t i = 0; i < kAnswerRing + 10; ++i) {
           t.bed().send(1, arp_answer(t.bed(), 1, t.b.address.ip, t.b.relay.ip));
         }
         return std::uint64_t{100 + 10};
       },
       stream_goes_on},
      // Media goes on however much is punted.
      {DropReason::punt_full, "flood",
       [](DropTest& t) {
         t.open_and_warm_up();
         t.bed().stop_host();
         for (std::uint64_t i = 0; i < kPuntRing + 100; ++i) {
           t.bed().send(0, arp_request(t.bed(), 0, ip("192.0.2.99"), t.a.relay.ip));
         }
         return std::uint64_t{100};
       },
       stream_goes_on},
      {DropReason::handoff_full, "owner_too_slow",
       [](DropTest& t) {
         t.restart(RingBed::two_ports(2));
         // Worker 0 receives what port a gets, but these ports belong to worker 1.
         SessionSpec spec =
             two_legs(bed_leg(0, 0, 20002, "192.0.2.7:4000"), bed_leg(1, 1, 30002, "198.51.100.9:5000"));
         spec.worker = t.bed().dataplane().port_owner(ip("192.0.2.1"), 20002);
         EXPECT_EQ(spec.worker, 1);
         t.open(spec);
         const Party a{0, t.a.address, at("192.0.2.1:20002")};
         t.expect_relayed(a, Party{1, t.b.address, at("198.51.100.1:30002")}, rtp({.sequence = 1}));
         for (std::uint64_t i = 0; i < kHandoffRing + 64; ++i) {
           t.send(a, rtp({.sequence = static_cast<std::uint16_t>(i + 2)}));
           if (i % 64 == 63) {
             t.bed().turn_worker(0);
           }
         }
         while (t.bed().turn_worker(0)) {
         }
         return std::uint64_t{64};
       },
       [](DropTest& t) {
         t.expect_relayed({0, t.a.address, at("192.0.2.1:20002")}, {1, t.b.address, at("198.51.100.1:30002")},
                          rtp({.sequence = 4444}));
       }},
      {DropReason::tx_full, "device_takes_nothing",
       [](DropTest& t) {
         t.open_and_warm_up();
         t.bed().stop_host();  // an announcement of its would be one more
         t.bed().fill_transmit_ring(1);
         const std::size_t before = t.bed().mbufs_in_use();
         for (std::uint16_t i = 0; i < 70; ++i) {
           t.send(t.a, rtp({.sequence = static_cast<std::uint16_t>(1001 + i), .ssrc = 0xaaaaaaaa}));
         }
         while (t.bed().turn_worker(0)) {
         }
         EXPECT_EQ(t.bed().mbufs_in_use(), before) << "packet buffers lost";
         return std::uint64_t{70};
       },
       stream_goes_on},
      // Copies for further sinks need buffers; the first sink gets the packet itself.
      {DropReason::no_mbuf, "no_copies",
       [](DropTest& t) {
         SessionSpec spec = CallTest::call();
         spec.legs.push_back(bed_leg(2, 1, 30010, "198.51.100.9:6000"));
         spec.legs[0].sinks.push_back(2);
         t.open_and_warm_up(spec);
         t.bed().stop_host();  // an announcement of its would need one more
         rte_mempool* const pool = t.bed().dataplane().worker(0).context().mempool;
         const std::size_t before = t.bed().mbufs_in_use();
         std::vector<rte_mbuf*> taken;
         while (rte_mbuf* const mbuf = rte_pktmbuf_alloc(pool)) {
           taken.push_back(mbuf);
         }
         const Bytes packet = rtp({.sequence = 1001, .ssrc = 0xaaaaaaaa});
         const Bytes report = rtcp_sender_report(0xaaaaaaaa, 2, 3, 4);
         t.send(t.a, packet);
         t.bed().turn();
         EXPECT_EQ(t.heard_by(t.b), Heard{packet});
         t.bed().remove(t.session);  // nor is there one for a BYE: one to each of three parties
         for (rte_mbuf* const mbuf : taken) {
           rte_pktmbuf_free(mbuf);
         }
         EXPECT_EQ(t.bed().mbufs_in_use(), before) << "packet buffers lost";
         return std::uint64_t{1 + 3};
       },
       [](DropTest& t) {
         t.open();
         stream_goes_on(t);
       }},
      // A device that leaves too little room before the frame for a larger header.
      {DropReason::no_mbuf, "no_headroom",
       [](DropTest& t) {
         t.open(two_legs(bed_leg(0, 0, 20000, "192.0.2.7:4000"),
                         bed_leg(1, 1, 30000, "[2001:db8:b::9]:5000", true)));
         rte_mbuf* const mbuf = RingBed::mbuf_of({});
         mbuf->data_off = 19;
         const Bytes frame = t.good();
         std::memcpy(rte_pktmbuf_append(mbuf, static_cast<std::uint16_t>(frame.size())), frame.data(),
                     frame.size());
         t.bed().send(0, mbuf);
         return std::uint64_t{1};
       },
       [](DropTest& t) {
         t.expect_relayed(t.a, {1, at("[2001:db8:b::9]:5000"), at("[2001:db8:b::1]:30000")}, rtp({}));
       }},
  };
}

constexpr std::uint64_t kRate = 100;  // packets per second

void restart_with_rate(DropTest& t) {
  DataplaneConfig config = RingBed::two_ports();
  config.max_packets_per_second = kRate;
  t.restart(config);
}

void send_many(DropTest& t, const Party& from, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    t.send(from, rtp({.sequence = static_cast<std::uint16_t>(1001 + i), .ssrc = 0xaaaaaaaa}));
  }
}

void goes_on_with_time(DropTest& t) {
  t.bed().advance_ms(1000 / kRate);
  t.expect_relayed(t.a, t.b, rtp({.sequence = 1200, .ssrc = 0xaaaaaaaa}));
}

std::vector<DropCase> rate_drops() {
  return {
      // A second's worth passes at once.
      {DropReason::rate_exceeded, "party_floods",
       [](DropTest& t) {
         restart_with_rate(t);
         t.open_and_warm_up();  // as a stranger still
         send_many(t, t.a, kRate + 20);
         return std::uint64_t{20};
       },
       goes_on_with_time},
      {DropReason::rate_exceeded, "party_floods_with_reports",
       [](DropTest& t) {
         restart_with_rate(t);
         t.open_and_warm_up(CallTest::mux_call());
         for (std::uint64_t i = 0; i < kRate + 20; ++i) {
           t.send(t.a, rtcp_sender_report(0xaaaaaaaa, 2, 3, 4));
         }
         return std::uint64_t{20};
       },
       goes_on_with_time},
      // Where anybody may send, strangers have a share of their own: the party's is whole. Of theirs, the
      // party's
      // first packet took one.
      {DropReason::rate_exceeded, "strangers_flood",
       [](DropTest& t) {
         restart_with_rate(t);
         SessionSpec spec = CallTest::call();
         spec.legs[0].source_policy = SourcePolicy::kAcceptAny;
         t.open_and_warm_up(spec);
         send_many(t, t.sprayer, kRate + 20);
         return std::uint64_t{21};
       },
       stream_goes_on},
      {DropReason::rate_exceeded, "limit_is_lowered",
       [](DropTest& t) {
         t.open_and_warm_up();
         send_many(t, t.a, kRate + 20);
         t.bed().turn();
         t.bed().dataplane().set_max_packets_per_second(kRate);
         send_many(t, t.a, kRate + 20);
         return std::uint64_t{20};
       },
       [](DropTest& t) {
         t.bed().dataplane().set_max_packets_per_second(0);
         stream_goes_on(t);
       }},
  };
}

}  // namespace

std::vector<DropCase> full_drops() {
  std::vector<DropCase> cases = next_hop_drops();
  const auto rings = ring_drops();
  cases.insert(cases.end(), rings.begin(), rings.end());
  const auto rates = rate_drops();
  cases.insert(cases.end(), rates.begin(), rates.end());
  return cases;
}

}  // namespace pollux::testing
