// Real lcores under traffic, with control adding, changing and removing sessions: what a thread sanitizer is
// to see (-Db_sanitize=thread). One such data plane for each process.
#pragma once

#include <gtest/gtest.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_mempool.h>

#include <atomic>
#include <chrono>
#include <random>
#include <thread>

#include "dataplane/api/dataplane.hpp"
#include "dataplane/base/byte_order.hpp"
#include "dataplane/io/eal.hpp"
#include "tests/support/ring_bed.hpp"

namespace pollux::testing {

inline constexpr std::uint16_t kCalls = 40;
inline constexpr auto kRunTime = std::chrono::seconds(5);
inline constexpr auto kMostTime = std::chrono::seconds(120);  // where the CPUs are somebody else's
inline constexpr std::uint64_t kFewest = 1000;                // packets relayed and commands carried out

struct Port {
  rte_ring* to = nullptr;
  std::array<rte_ring*, 2> from{};
  std::string device;
};

inline Port make_port(int index) {
  Port port;
  const std::string name = "thr" + std::to_string(index);
  port.to = rte_ring_create(("in" + name).c_str(), 2048, SOCKET_ID_ANY, 0);
  port.from[0] = rte_ring_create(("o0" + name).c_str(), 2048, SOCKET_ID_ANY, 0);
  port.from[1] = rte_ring_create(("o1" + name).c_str(), 2048, SOCKET_ID_ANY, 0);
  const int id = rte_eth_from_rings(name.c_str(), &port.to, 1, port.from.data(), 2, 0);
  char device[RTE_ETH_NAME_MAX_LEN];
  if (id < 0 || rte_eth_dev_get_name_by_port(static_cast<std::uint16_t>(id), device) != 0) {
    ADD_FAILURE() << "no ring device";
    std::abort();
  }
  port.device = device;
  return port;
}

inline Bytes arp_request(const char* sender, const char* target, const MacAddress& mac) {
  Bytes frame(60);
  std::fill_n(frame.begin(), 6, std::uint8_t{0xff});
  std::copy(mac.begin(), mac.end(), frame.begin() + 6);
  constexpr std::array<std::uint8_t, 10> kRequest = {8, 6, 0, 1, 8, 0, 6, 4, 0, 1};
  std::copy(kRequest.begin(), kRequest.end(), frame.begin() + 12);
  std::copy(mac.begin(), mac.end(), frame.begin() + 22);
  std::copy_n(IpAddress::parse(sender)->v4_bytes(), 4, frame.begin() + 28);
  std::copy_n(IpAddress::parse(target)->v4_bytes(), 4, frame.begin() + 38);
  return frame;
}

inline std::uint16_t port_a(std::size_t call) {
  return static_cast<std::uint16_t>(20000 + 2 * call);
}

// Formats at random: what is relayed now is transcoded after the next change, here or by the other worker.
inline void set_codecs(SessionSpec& spec, std::minstd_rand& random) {
  spec.media_worker = static_cast<std::uint16_t>(random() % 2);
  for (LegSpec& leg : spec.legs) {
    leg.payload_types.clear();
    CodecFormat format;
    constexpr std::array<CodecId, 4> kSome = {CodecId::kPcma, CodecId::kPcmu, CodecId::kG722, CodecId::kGsm};
    format.params.id = kSome[random() % kSome.size()];
    format.payload_type = *codec_facts(format.params.id).static_payload_type;
    if (leg.id == 0) {
      leg.codecs.push_back({{}, 8});  // what the traffic has
    }
    if (leg.id != 0 || format.payload_type != 8) {
      leg.codecs.push_back(format);
    }
    leg.ptime_ms = static_cast<std::uint16_t>(random() % 3 * 20);
    leg.jitter_window_ms = static_cast<std::uint16_t>(random() % 2 * 60);
  }
}

inline SessionSpec spec_of(std::size_t call, std::minstd_rand& random) {
  SessionSpec spec;
  spec.worker = static_cast<std::uint16_t>(port_a(call) / 2 % 2);
  spec.media_timeout_ms = random() % 2 == 0 ? 1000 : 0;
  spec.legs = {bed_leg(0, 0, port_a(call), "192.0.2.7:4000"),
               bed_leg(1, 1, static_cast<std::uint16_t>(port_a(call) + 10000), "198.51.100.9:5000")};
  if (random() % 2 == 0) {
    spec.legs.push_back(bed_leg(2, 1, static_cast<std::uint16_t>(port_a(call) + 20000), "198.51.100.9:5004"));
    spec.legs[0].sinks.push_back(2);
  }
  spec.legs[1].sinks.push_back(0);
  if (random() % 4 != 0) {
    spec.legs[0].sinks.push_back(1);
  }
  for (LegSpec& leg : spec.legs) {
    leg.learning = random() % 2 == 0 ? LearningMode::kImmediate : LearningMode::kHeuristic;
    leg.source_policy = static_cast<SourcePolicy>(random() % 3);
    leg.stream_mode = random() % 2 == 0 ? StreamMode::kRewrite : StreamMode::kPreserve;
    leg.dscp = static_cast<std::uint8_t>(random() % 64);
    if (random() % 2 == 0) {
      leg.payload_types.push_back({.wire = 8, .common = 8, .clock_rate = 8000});
    }
    if (random() % 4 == 0) {
      leg.remote_rtp.reset();
    }
  }
  if (random() % 2 == 0) {
    set_codecs(spec, random);
  }
  return spec;
}

struct ThreadsTest : ::testing::Test {
  ThreadsTest() {
    DataplaneConfig config = RingBed::two_ports(2);
    for (std::size_t i = 0; i < 2; ++i) {
      config.workers[i].cpu = static_cast<unsigned>(i % std::max(1U, std::thread::hardware_concurrency()));
      config.workers[i].idle = IdleMode::kSleep;
    }
    if (auto done = io::init_eal(config); !done) {
      ADD_FAILURE() << done.error().message;
      std::abort();
    }
    for (int i = 0; i < 2; ++i) {
      ports.push_back(make_port(i));
      config.ports[static_cast<std::size_t>(i)].device = ports.back().device;
    }
    pool = rte_pktmbuf_pool_create("traffic", 8191, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
    auto started = Dataplane::start(config);
    if (!started) {
      ADD_FAILURE() << started.error().field << ": " << started.error().message;
      std::abort();
    }
    dataplane = std::move(*started);
    leave_out_packet_buffers();
    for (const PortStats& port : dataplane->stats().ports) {
      MacAddress mac{};
      std::sscanf(port.mac.c_str(), "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &mac[0], &mac[1], &mac[2], &mac[3],
                  &mac[4], &mac[5]);
      macs.push_back(mac);
    }
  }

  void send(std::size_t port, const Bytes& frame) {
    rte_mbuf* const mbuf = rte_pktmbuf_alloc(pool);
    if (mbuf == nullptr) {
      return;
    }
    std::copy(
        frame.begin(), frame.end(),
        reinterpret_cast<std::uint8_t*>(rte_pktmbuf_append(mbuf, static_cast<std::uint16_t>(frame.size()))));
    if (rte_ring_enqueue(ports[port].to, mbuf) != 0) {
      rte_pktmbuf_free(mbuf);
    }
  }

  void drain() {
    for (Port& port : ports) {
      for (rte_ring* const ring : port.from) {
        void* mbuf = nullptr;
        while (rte_ring_dequeue(ring, &mbuf) == 0) {
          rte_pktmbuf_free(static_cast<rte_mbuf*>(mbuf));
          ++sent;
        }
      }
    }
  }

  void traffic() {
    std::minstd_rand random(7);
    for (std::uint32_t n = 0; !stop.load(); ++n) {
      if (n % 500 == 0) {
        send(0, arp_request("192.0.2.7", "192.0.2.1", RingBed::peer_mac(0)));
        send(1, arp_request("198.51.100.9", "198.51.100.1", RingBed::peer_mac(1)));
      }
      const std::size_t side = n % 2;
      const auto call = random() % kCalls;
      UdpFrame frame;
      frame.destination_mac = macs[side];
      frame.source_mac = RingBed::peer_mac(side);
      frame.source = *SocketAddress::parse(side == 0 ? "192.0.2.7:4000" : "198.51.100.9:5000");
      frame.source.port = static_cast<std::uint16_t>(frame.source.port + (random() % 16 == 0 ? 2 : 0));
      frame.destination = {*IpAddress::parse(side == 0 ? "192.0.2.1" : "198.51.100.1"),
                           static_cast<std::uint16_t>(port_a(call) + (side == 0 ? 0 : 10000))};
      if (n % 16 == 0) {
        frame.destination.port = static_cast<std::uint16_t>(frame.destination.port + 1);
        frame.source.port = static_cast<std::uint16_t>(frame.source.port + 1);
        frame.payload = rtcp_sender_report(0x11223344, n, n, n);
      } else {
        frame.payload = rtp({.sequence = static_cast<std::uint16_t>(n), .timestamp = n * 160});
      }
      send(side, build(frame));
      if (n % 32 == 0) {
        drain();
        std::this_thread::sleep_for(std::chrono::microseconds(200));
      }
    }
    drain();
  }

  // What control does besides, after each command; `session` may be 0, or on its way in or out.
  virtual void besides(SessionHandle session, std::minstd_rand& random) {
    (void)session;
    (void)random;
  }

  // Commands at random on sessions at random, at most one under way for each, until enough has been seen.
  void control() {
    struct Call {
      SessionHandle session = 0;
      bool busy = false;
    };
    std::array<Call, kCalls> calls;
    std::minstd_rand random(11);
    std::array<Event, 64> events;
    const auto start = std::chrono::steady_clock::now();
    const auto seen_enough = [&] {
      const auto time = std::chrono::steady_clock::now() - start;
      return time > kMostTime || (time > kRunTime && completed > kFewest && sent.load() > kFewest);
    };
    while (!seen_enough()) {
      const std::size_t at = random() % kCalls;
      Call& call = calls[at];
      if (call.session != 0) {
        EXPECT_TRUE(dataplane->session_stats(call.session).has_value());
      }
      if (!call.busy && call.session == 0) {
        const auto added = dataplane->add_session(spec_of(at, random), at);
        ASSERT_TRUE(added.has_value()) << added.error().field << ": " << added.error().message;
        call = {*added, true};
      } else if (!call.busy && random() % 3 != 0) {
        const auto done = dataplane->update_session(call.session, spec_of(at, random), at);
        ASSERT_TRUE(done.has_value()) << done.error().field << ": " << done.error().message;
        call.busy = true;
      } else if (!call.busy) {
        ASSERT_TRUE(dataplane->remove_session(call.session, at).has_value());
        call.busy = true;
      }
      besides(call.session, random);
      const std::size_t count = dataplane->poll_events(events);
      for (std::size_t i = 0; i < count; ++i) {
        Call& about = calls[events[i].token];
        if (events[i].type == EventType::kSessionLinked || events[i].type == EventType::kSessionUpdated) {
          about.busy = false;
          ++completed;
        } else if (events[i].type == EventType::kSessionUnlinked) {
          about = {};
          ++completed;
        }
      }
      std::this_thread::sleep_for(std::chrono::microseconds(20));
    }
  }

  std::vector<Port> ports;
  std::vector<MacAddress> macs;
  rte_mempool* pool = nullptr;
  std::unique_ptr<Dataplane> dataplane;
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> sent{0};
  std::uint64_t completed = 0;
};

}  // namespace pollux::testing
