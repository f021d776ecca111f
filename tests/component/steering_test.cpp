// Several workers behind devices with several queues, where the test plays the NIC: it chooses the queue as
// RSS does, by DPDK's own hash in software.
#include <rte_thash.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "dataplane/base/byte_order.hpp"
#include "dataplane/base/checksum.hpp"
#include "tests/component/call_fixture.hpp"
#include "tests/support/fake_nic.hpp"

namespace pollux::testing {
namespace {

constexpr std::uint16_t kWorkers = 4;  // and queues

enum class Hashes : std::uint8_t {
  kDestinationPort,  // as asked, at its place in the tuple
  kPortAlone,        // as asked, the fields left out taken out
  kWholeTuple,       // whatever was asked
};

struct SteeringTest : CallTest {
  SteeringTest() : CallTest(RingBed::two_ports(kWorkers), {.receive = kWorkers}) {}

  // Both ports' NICs. The second one has another table, and so other owners.
  void steer(FakeNic first, FakeNic second) {
    nics_[0] = std::move(first);
    nics_[1] = std::move(second);
    io::SteeringDevice* const nics[] = {&nics_[0], &nics_[1]};
    restart(RingBed::two_ports(kWorkers), {.receive = kWorkers}, nics);
  }
  void steer() { steer({}, {}); }

  std::uint16_t queue(const Party& from, Hashes hashes) {
    const FakeNic& nic = nics_[from.port];
    alignas(4) std::uint8_t key[52];
    std::copy(nic.key.begin(), nic.key.end(), key);
    const std::uint32_t port = from.relay.port;
    std::uint32_t hash = 0;
    if (hashes == Hashes::kPortAlone) {
      std::uint32_t words[1] = {port << 16};
      hash = rte_softrss(words, 1, key);
    } else if (from.relay.ip.is_v4()) {
      const bool whole = hashes == Hashes::kWholeTuple;
      std::uint32_t words[3] = {whole ? from.address.ip.v4().host() : 0,
                                whole ? from.relay.ip.v4().host() : 0,
                                (whole ? std::uint32_t{from.address.port} << 16 : 0) | port};
      hash = rte_softrss(words, 3, key);
    } else {
      std::uint32_t words[9] = {0, 0, 0, 0, 0, 0, 0, 0, port};
      hash = rte_softrss(words, 9, key);
    }
    return nic.reta[hash & (nic.reta.size() - 1)];
  }
  void send_by_nic(const Party& from, const Bytes& payload, Hashes hashes = Hashes::kDestinationPort,
                   std::uint16_t vlan = 0) {
    UdpFrame frame = datagram(from, payload);
    frame.vlan = vlan;
    bed().send(from.port, build(frame), queue(from, hashes));
  }

  std::uint64_t handed_off() {
    std::uint64_t by_worker = 0;
    std::uint64_t by_port = 0;
    for (const WorkerStats& worker : bed().dataplane().stats().workers) {
      by_worker += worker.handed_off;
    }
    for (const PortStats& port : bed().dataplane().stats().ports) {
      by_port += port.handed_off;
    }
    EXPECT_EQ(by_worker, by_port);
    return by_worker;
  }

  // The n-th even port of the address that belongs to `worker`.
  std::uint16_t port_of(const char* address, std::uint16_t worker, unsigned n = 0) {
    for (std::uint16_t port = 20000;; port = static_cast<std::uint16_t>(port + 2)) {
      if (bed().dataplane().port_owner(ip(address), port) == worker && n-- == 0) {
        return port;
      }
    }
  }
  // A call of the worker's, by ports that are its own at either address.
  struct Call {
    Party a;
    Party b;
  };
  Call call_on(std::uint16_t worker, bool v6 = false, unsigned n = 0) {
    const char* const local[] = {v6 ? "2001:db8:a::1" : "192.0.2.1", v6 ? "2001:db8:b::1" : "198.51.100.1"};
    const std::string remote[] = {
        (v6 ? "[2001:db8:a::7]:" : "192.0.2.7:") + std::to_string(4000 + 2 * next_),
        (v6 ? "[2001:db8:b::9]:" : "198.51.100.9:") + std::to_string(5000 + 2 * next_)};
    ++next_;
    const std::uint16_t ports[] = {port_of(local[0], worker, n), port_of(local[1], worker, n)};
    SessionSpec spec = two_legs(bed_leg(0, 0, ports[0], remote[0].c_str(), v6),
                                bed_leg(1, 1, ports[1], remote[1].c_str(), v6));
    spec.worker = worker;
    bed().add(spec);
    return {{0, at(remote[0].c_str()), {ip(local[0]), ports[0]}},
            {1, at(remote[1].c_str()), {ip(local[1]), ports[1]}}};
  }

  // Media both ways through all the calls; each packet must come out, in order.
  void talk(const std::vector<Call>& calls, Hashes hashes, std::uint16_t packets = 50) {
    for (const Call& call : calls) {
      for (std::uint16_t i = 0; i < packets; ++i) {
        send_by_nic(call.a, rtp({.sequence = i, .timestamp = i * 160U}), hashes);
        send_by_nic(call.b, rtp({.sequence = i, .timestamp = i * 160U}), hashes);
        if (i == 0) {
          bed().turn();  // next hops are found
        }
      }
      bed().turn();
      for (const Heard& heard : {heard_by(call.b), heard_by(call.a)}) {
        ASSERT_EQ(heard.size(), packets) << bed().describe();
        for (std::uint16_t i = 0; i < packets; ++i) {
          ASSERT_EQ(load_be16(&heard[i][2]), i);
        }
      }
    }
  }
  std::vector<Call> calls_on_all_workers() {
    std::vector<Call> calls;
    for (std::uint16_t worker = 0; worker < kWorkers; ++worker) {
      calls.push_back(call_on(worker));
      calls.push_back(call_on(worker, true));
    }
    return calls;
  }
  void expect_mode(SteeringMode mode) {
    for (const PortStats& port : bed().dataplane().stats().ports) {
      EXPECT_EQ(port.steering, mode) << port.steering_reason;
      EXPECT_EQ(port.queues, kWorkers);
    }
  }

  FakeNic nics_[2];
  unsigned next_ = 0;
};

TEST_F(SteeringTest, RssDeliversEveryPacketToItsOwner) {
  for (const std::size_t entries : {64U, 128U, 512U}) {
    FakeNic nic;
    nic.reta.resize(entries);
    steer(nic, nic);
    expect_mode(SteeringMode::kRss);
    talk(calls_on_all_workers(), Hashes::kDestinationPort);
    EXPECT_EQ(handed_off(), 0U);
  }
}

// Devices differ in how they lay the hash's input out: with our key that makes no difference.
TEST_F(SteeringTest, WhereThePortStandsInTheInputDoesNotMatter) {
  steer();
  talk(calls_on_all_workers(), Hashes::kPortAlone);
  EXPECT_EQ(handed_off(), 0U);
}

// Two NICs with keys and tables of their own, that can't be changed: a port's owner differs between them.
TEST_F(SteeringTest, EachDeviceHasItsOwnOwners) {
  FakeNic nics[2];
  for (unsigned i = 0; i < 2; ++i) {
    nics[i].writable_reta = false;
    for (std::size_t at = 0; at < nics[i].reta.size(); ++at) {
      nics[i].reta[at] = static_cast<std::uint16_t>((at + i) % kWorkers);
    }
    for (std::size_t at = 0; at < nics[i].key.size(); ++at) {
      nics[i].key[at] = static_cast<std::uint8_t>((at + 3) * (i + 5) * 37);
    }
  }
  steer(nics[0], nics[1]);
  expect_mode(SteeringMode::kRss);
  unsigned differ = 0;
  for (std::uint16_t port = 20000; port < 20200; port = static_cast<std::uint16_t>(port + 2)) {
    const std::uint16_t owner = bed().dataplane().port_owner(ip("192.0.2.1"), port);
    EXPECT_EQ(owner, bed().dataplane().port_owner(ip("192.0.2.1"), static_cast<std::uint16_t>(port + 1)));
    differ += owner != bed().dataplane().port_owner(ip("198.51.100.1"), port) ? 1U : 0U;
  }
  EXPECT_GT(differ, 0U);
  talk(calls_on_all_workers(), Hashes::kDestinationPort);
  EXPECT_EQ(handed_off(), 0U);
}

TEST_F(SteeringTest, ASessionOnPortsOfTwoOwnersIsRefused) {
  steer();
  SessionSpec spec = two_legs(bed_leg(0, 0, port_of("192.0.2.1", 2), "192.0.2.7:4000"),
                              bed_leg(1, 1, port_of("198.51.100.1", 1), "198.51.100.9:5000"));
  spec.worker = 2;
  const auto refused = bed().dataplane().add_session(spec, 1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().field, "legs[1].local_rtp_port");
}

// A NIC that doesn't do what it was asked for costs handoffs, and no packet.
TEST_F(SteeringTest, ANicThatHashesOtherwiseLosesNothing) {
  steer();
  expect_mode(SteeringMode::kRss);
  std::vector<Call> calls;
  for (unsigned n = 0; n < 4; ++n) {
    for (std::uint16_t worker = 0; worker < kWorkers; ++worker) {
      calls.push_back(call_on(worker, false, n));
    }
  }
  std::uint64_t misdirected = 0;
  for (const Call& call : calls) {
    for (const Party* party : {&call.a, &call.b}) {
      misdirected += queue(*party, Hashes::kWholeTuple) != queue(*party, Hashes::kDestinationPort) ? 50U : 0U;
    }
  }
  talk(calls, Hashes::kWholeTuple);
  EXPECT_GT(misdirected, 0U);
  EXPECT_EQ(handed_off(), misdirected);
  EXPECT_EQ(bed().drops(DropReason::handoff_full), 0U);
}

TEST_F(SteeringTest, WithoutSteeringPacketsAreHandedOff) {
  FakeNic unable;
  unable.port_rss = false;
  steer(unable, unable);
  expect_mode(SteeringMode::kHandoff);
  const Call call = call_on(3);  // everything comes by queue 0, which is worker 0's
  talk({call}, Hashes::kDestinationPort);
  EXPECT_EQ(handed_off(), 100U);
  const NodeStats stats = bed().dataplane().stats();
  EXPECT_EQ(stats.ports[0].handed_off, 50U);
  EXPECT_EQ(stats.ports[1].handed_off, 50U);
}

TEST_F(SteeringTest, RulesDeliverEveryPacketToItsOwner) {
  FakeNic nic;
  nic.port_rss = false;
  nic.queue_rules = true;
  steer(nic, nic);
  expect_mode(SteeringMode::kRteFlow);
  for (std::uint16_t worker = 0; worker < kWorkers; ++worker) {
    const Call call = call_on(worker);
    for (const Party* from : {&call.a, &call.b}) {
      for (const io::FlowRule& rule : nics_[from->port].rules) {
        if (rule.pattern == io::FramePattern{} && (from->relay.port & rule.mask) == rule.udp_port) {
          bed().send(from->port, build(datagram(*from, rtp({.sequence = 1}))), *rule.queue);
        }
      }
    }
    bed().turn();
    EXPECT_EQ(heard_by(call.a).size(), 1U);
    EXPECT_EQ(heard_by(call.b).size(), 1U);
  }
  EXPECT_EQ(handed_off(), 0U);
}

TEST_F(SteeringTest, TaggedFramesAndSeveralAddresses) {
  DataplaneConfig config = RingBed::two_ports(kWorkers);
  InterfaceConfig tagged;
  tagged.vlan = 7;
  tagged.addresses = {*IpPrefix::parse("203.0.113.1/24"), *IpPrefix::parse("203.0.113.2/24")};
  config.ports[0].interfaces.push_back(tagged);
  io::SteeringDevice* const nics[] = {&nics_[0], &nics_[1]};
  restart(config, {.receive = kWorkers}, nics);
  for (const char* local : {"203.0.113.1", "203.0.113.2"}) {
    for (std::uint16_t worker = 0; worker < kWorkers; ++worker) {
      LegSpec leg = bed_leg(0, 0, port_of(local, worker), "203.0.113.9:4000");
      leg.local_address = ip(local);
      SessionSpec spec = two_legs(leg, bed_leg(1, 1, port_of("198.51.100.1", worker), "198.51.100.9:5000"));
      spec.worker = worker;
      const SessionHandle session = bed().add(spec);
      const Party party{0, at("203.0.113.9:4000"), {ip(local), leg.local_rtp_port}};
      send_by_nic(party, rtp({.sequence = 1}), Hashes::kDestinationPort, 7);
      bed().turn();
      EXPECT_EQ(bed().received_udp(1).size(), 1U) << bed().describe();
      bed().remove(session);
      bed().received(1);  // the BYE
    }
  }
  EXPECT_EQ(handed_off(), 0U);
}

// Fragments bear no ports: devices deliver them to their default queue, and none is passed on.
TEST_F(SteeringTest, FragmentsEndWhereTheyArrive) {
  steer();
  const Call call = call_on(2);
  Bytes frame = build(datagram(call.a, rtp({.sequence = 1})));
  frame[14 + 6] |= 0x20;  // more fragments
  frame[14 + 10] = frame[14 + 11] = 0;
  const std::uint16_t sum = checksum_finish(checksum_add(0, &frame[14], 20));
  std::memcpy(&frame[14 + 10], &sum, 2);
  bed().send(0, frame, 0);
  bed().turn();
  EXPECT_EQ(bed().drops(DropReason::ip_fragment), 1U) << bed().describe();
  EXPECT_EQ(handed_off(), 0U);
}

TEST_F(SteeringTest, SmallPortRangesHoldSharesForAllWorkers) {
  steer();
  for (const char* local : {"192.0.2.1", "2001:db8:b::1"}) {
    std::array<unsigned, kWorkers> pairs{};
    for (std::uint16_t port = 30000; port < 30256; port = static_cast<std::uint16_t>(port + 2)) {
      ++pairs[bed().dataplane().port_owner(ip(local), port)];
    }
    for (const unsigned share : pairs) {
      EXPECT_GE(share, 16U) << local;  // of 128 pairs
    }
  }
}

}  // namespace
}  // namespace pollux::testing
