// Ten calls in each direction at 50 packets a second, and in the same queue a flood of many times that: each
// packet of the calls comes out in its turn, unchanged, and the flood is counted for what it is.
#include <rte_cycles.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <map>
#include <random>

#include "dataplane/base/byte_order.hpp"
#include "dataplane/base/checksum.hpp"
#include "tests/component/srtp_fixture.hpp"

namespace pollux::testing {
namespace {

constexpr std::uint16_t kCalls = 10;
constexpr std::uint16_t kRounds = 50;   // of 20 ms
constexpr std::uint32_t kFlood = 1000;  // frames a round: 50,000 a second, 50 times what the calls send
constexpr std::uint32_t kRate = 3000;
// A second's worth at once, and what the time between the first round and the last brings.
constexpr double kLetThrough = kRate * (1 + (kRounds - 1) * 0.02);

DataplaneConfig config_with_limit() {
  DataplaneConfig config = RingBed::two_ports();
  config.max_packets_per_second = kRate;
  return config;
}

struct FloodTest : SrtpCallTest {
  FloodTest() : SrtpCallTest(config_with_limit()) {}

  static Party left(std::uint16_t call) {
    return {0,
            {ip("192.0.2.7"), static_cast<std::uint16_t>(4000 + 2 * call)},
            {ip("192.0.2.1"), static_cast<std::uint16_t>(20000 + 2 * call)}};
  }
  static Party right(std::uint16_t call) {
    return {1,
            {ip("198.51.100.9"), static_cast<std::uint16_t>(5000 + 2 * call)},
            {ip("198.51.100.1"), static_cast<std::uint16_t>(30000 + 2 * call)}};
  }
  // Of the last one a speaks SRTP, when there is a key.
  void make_calls(const SrtpParamsRef& key = {}) {
    for (std::uint16_t i = 0; i < kCalls; ++i) {
      LegSpec a_leg = leg_at(0, left(i), left(i).relay.port);
      LegSpec b_leg = leg_at(1, right(i), right(i).relay.port);
      if (key && i + 1 == kCalls) {
        a_leg.srtp_receive = key;
        a_leg.srtp_send = test_key(SrtpSuite::kAesCm128HmacSha1_80, 9);
      }
      sessions.push_back(bed().add(two_legs(a_leg, b_leg)));
    }
    if (key) {
      sealer.emplace(*key, SrtpParty::Role::kSends);
    }
  }
  static Bytes packet(std::uint16_t call, bool from_left, std::uint16_t sequence) {
    return speech(sequence, (from_left ? 0xa0000000 : 0xb0000000) + call);
  }

  // What the calls send in 20 ms. The flood comes before, between and behind, by port 0.
  void round(const std::function<Bytes(std::uint32_t)>& flood) {
    ++sequence;
    bed().advance_ms(20);
    for (std::uint16_t i = 0; i < kCalls; ++i) {
      for (std::uint32_t k = 0; flood && k < kFlood / kCalls; ++k) {
        bed().send(0, flood(flooded++));
      }
      const Bytes there = packet(i, true, sequence);
      send(left(i), sealer && i + 1 == kCalls ? sealer->seal(there) : there);
      send(right(i), packet(i, false, sequence));
    }
    const std::uint64_t start = rte_rdtsc();
    while (bed().turn_worker(0)) {
    }
    cycles += rte_rdtsc() - start;
    bed().turn_workers();
    check_heard();
  }
  void check_heard() {
    std::map<std::uint16_t, Bytes> by_port[2];
    for (std::size_t port = 0; port < 2; ++port) {
      for (const Bytes& bytes : bed().received(port)) {
        if (const auto frame = parse(bytes); frame) {  // what isn't is an answer to a ping
          (frame->source.port == giant_port ? from_giant : from_others)++;
          if (frame->source.port != giant_port) {
            by_port[port].emplace(frame->destination.port, frame->payload);
          }
        }
      }
    }
    for (std::uint16_t i = 0; i < kCalls; ++i) {
      ASSERT_EQ(by_port[1][right(i).address.port], packet(i, true, sequence)) << i << bed().describe();
      if (!sealer || i + 1 != kCalls) {
        ASSERT_EQ(by_port[0][left(i).address.port], packet(i, false, sequence)) << i << bed().describe();
      }
    }
    ASSERT_EQ(from_others, 2U * kCalls * sequence) << bed().describe();
  }

  // Runs the calls without and with the flood, and looks at them.
  void run(const char* name, const std::function<Bytes(std::uint32_t)>& flood) {
    round({});  // all are learned
    bed().events();
    cycles = 0;
    for (std::uint16_t i = 0; i < kRounds; ++i) {
      round({});
    }
    const std::uint64_t alone = std::exchange(cycles, 0);
    const std::uint64_t drops_alone = all_drops();
    EXPECT_EQ(drops_alone, 0U);
    for (std::uint16_t i = 0; i < kRounds; ++i) {
      round(flood);
    }
    const double each = (static_cast<double>(cycles) - static_cast<double>(alone)) / (kRounds * kFlood);
    RecordProperty("cycles_per_flood_packet", std::to_string(each));
    std::printf("%s: %.0f cycles a packet of the flood, a core at %.1f GHz stands %.2f Mpps of it\n", name,
                each, static_cast<double>(rte_get_tsc_hz()) / 1e9,
                static_cast<double>(rte_get_tsc_hz()) / each / 1e6);
    bed().turn();
    for (std::uint16_t i = 0; i < kCalls; ++i) {
      check_call(i);
    }
    for (const Event& event : bed().events()) {
      const bool of_a_call = std::find(sessions.begin(), sessions.end(), event.session) != sessions.end();
      EXPECT_TRUE(!of_a_call || event.type == EventType::kSourceRejected) << static_cast<int>(event.type);
    }
  }
  void check_call(std::uint16_t call) {
    const SessionStats stats = bed().stats(sessions[call]);
    EXPECT_EQ(stats.legs[0].rtp.rx_packets, sequence);
    EXPECT_EQ(stats.legs[1].rtp.rx_packets, sequence);
    EXPECT_EQ(stats.legs[0].rtp.destination, left(call).address);
    EXPECT_EQ(stats.legs[1].rtp.destination, right(call).address);
    EXPECT_EQ(stats.legs[1].rtp.dropped, 0U);
  }
  // All of the flood was heard by the host thread or found no room on the way to it; it came from 200 hosts.
  void expect_at_the_host(std::uint64_t heard) {
    EXPECT_EQ(heard + bed().drops(DropReason::punt_full), flooded) << bed().describe();
    EXPECT_EQ(all_drops(), bed().drops(DropReason::punt_full));
    EXPECT_LE(bed().dataplane().stats().host.neighbours, 2U + 200U);
  }
  std::uint64_t counted(DropReason reason) { return bed().drops(reason) + bed().host_drops(reason); }

  // To the media port of one call after the other, or wherever `to` says, from all over the link.
  Bytes stray(std::uint32_t number, const Bytes& payload, const char* to = nullptr) {
    UdpFrame frame = datagram(left(static_cast<std::uint16_t>(number % kCalls)), payload);
    frame.source = {ip(("192.0.2." + std::to_string(30 + number % 200)).c_str()),
                    static_cast<std::uint16_t>(1024 + number % 50000)};
    if (to != nullptr) {
      frame.destination = at(to);
    }
    return build(frame);
  }
  Bytes noise(std::size_t length) {
    Bytes bytes(length);
    for (std::uint8_t& byte : bytes) {
      byte = static_cast<std::uint8_t>(random());
    }
    return bytes;
  }

  std::vector<SessionHandle> sessions;
  std::optional<SrtpParty> sealer;
  std::mt19937 random{7};
  std::uint16_t sequence = 0;
  std::uint32_t flooded = 0;
  std::uint64_t cycles = 0;
  std::uint64_t from_giant = 0;
  std::uint64_t from_others = 0;
  std::uint16_t giant_port = 0;
};

TEST_F(FloodTest, OfGarbageToPortsThatNobodyHas) {
  make_calls();
  run("garbage to unused ports",
      [this](std::uint32_t i) { return stray(i, noise(20 + i % 400), "192.0.2.1:40000"); });
  EXPECT_EQ(counted(DropReason::no_endpoint), flooded);
  EXPECT_EQ(all_drops(), flooded);
}

TEST_F(FloodTest, OfGarbageToMediaPorts) {
  make_calls();
  run("garbage to media ports", [this](std::uint32_t i) {
    Bytes payload = noise(20 + i % 400);
    payload[0] = static_cast<std::uint8_t>(192 + payload[0] % 64);
    return stray(i, payload);
  });
  EXPECT_EQ(counted(DropReason::not_media), flooded);
  EXPECT_EQ(all_drops(), flooded);
}

TEST_F(FloodTest, OfStunAndDtlsToMediaPorts) {
  make_calls();
  run("STUN and DTLS to media ports", [this](std::uint32_t i) {
    Bytes payload =
        i % 2 == 0 ? Bytes{0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42} : Bytes{22, 254, 253, 0, 0, 0, 0, 0};
    payload.resize(i % 2 == 0 ? 20 : 120, 7);
    return stray(i, payload);
  });
  EXPECT_EQ(counted(DropReason::not_media), flooded);
  EXPECT_EQ(all_drops(), flooded);
}

// In sequence, with the calls' own SSRCs; only the address is another.
TEST_F(FloodTest, OfRtpFromStrangers) {
  make_calls();
  run("RTP from strangers", [this](std::uint32_t i) {
    return stray(i, packet(static_cast<std::uint16_t>(i % kCalls), true, static_cast<std::uint16_t>(i)));
  });
  EXPECT_EQ(counted(DropReason::source_mismatch), flooded);
  EXPECT_EQ(all_drops(), flooded);
}

TEST_F(FloodTest, OfFragments) {
  make_calls();
  run("IP fragments", [this](std::uint32_t i) {
    Bytes frame = stray(i, noise(100));
    frame[20] = 0x20;
    frame[24] = frame[25] = 0;
    const std::uint16_t sum = checksum_finish(checksum_add(0, &frame[14], 20));
    std::memcpy(&frame[24], &sum, 2);
    return frame;
  });
  EXPECT_EQ(counted(DropReason::ip_fragment), flooded);
  EXPECT_EQ(all_drops(), flooded);
}

// Questions for us and for others, each from another host, and answers that nobody asked for.
TEST_F(FloodTest, OfArp) {
  make_calls();
  const std::uint64_t before = bed().dataplane().stats().host.arp_received;
  run("ARP", [this](std::uint32_t i) {
    Bytes frame(bed().mac(0).begin(), bed().mac(0).end());
    const Bytes mac = {2,
                       1,
                       1,
                       static_cast<std::uint8_t>(i >> 16),
                       static_cast<std::uint8_t>(i >> 8),
                       static_cast<std::uint8_t>(i)};
    const std::uint8_t reply = i % 4 == 3 ? 2 : 1;
    frame.insert(frame.end(), mac.begin(), mac.end());
    frame.insert(frame.end(), {8, 6, 0, 1, 8, 0, 6, 4, 0, reply});
    frame.insert(frame.end(), mac.begin(), mac.end());
    frame.insert(frame.end(), {192, 0, 2, static_cast<std::uint8_t>(30 + i % 200), 0, 0, 0, 0, 0, 0, 192, 0,
                               2, static_cast<std::uint8_t>(i % 4 == 1 ? 77 : 1)});
    return frame;
  });
  expect_at_the_host(bed().dataplane().stats().host.arp_received - before);
}

// The same in IPv6: solicitations for us and for others, and advertisements that nobody asked for.
TEST_F(FloodTest, OfNeighbourDiscovery) {
  make_calls();
  const std::uint64_t before = bed().dataplane().stats().host.nd_received;
  run("neighbour discovery", [this](std::uint32_t i) {
    const bool advertisement = i % 4 == 3;
    const std::uint8_t us = 1;
    const auto host = static_cast<std::uint8_t>(30 + i % 200);
    const auto of_prefix_a = [](std::uint8_t last) {
      Bytes address = {0x20, 1, 0x0d, 0xb8, 0, 0x0a};
      address.resize(16);
      address[15] = last;
      return address;
    };
    const auto append = [](Bytes& to, const Bytes& more) { to.insert(to.end(), more.begin(), more.end()); };
    const Bytes mac = {2,
                       1,
                       2,
                       static_cast<std::uint8_t>(i >> 16),
                       static_cast<std::uint8_t>(i >> 8),
                       static_cast<std::uint8_t>(i)};
    Bytes message = {static_cast<std::uint8_t>(advertisement ? 136 : 135), 0, 0, 0,
                     static_cast<std::uint8_t>(advertisement ? 0x60 : 0),  0, 0, 0};
    append(message, of_prefix_a(advertisement ? host : i % 4 == 1 ? 77 : us));
    append(message, {static_cast<std::uint8_t>(advertisement ? 2 : 1), 1});
    append(message, mac);
    Bytes frame(bed().mac(0).begin(), bed().mac(0).end());
    append(frame, mac);
    append(frame, {0x86, 0xdd, 0x60, 0, 0, 0, 0, static_cast<std::uint8_t>(message.size()), 58, 255});
    append(frame, of_prefix_a(host));
    append(frame, of_prefix_a(us));
    std::uint64_t sum = checksum_add(0, &frame[22], 32);
    sum += be16(static_cast<std::uint16_t>(message.size())).raw() + std::uint64_t{be16(58).raw()};
    const std::uint16_t field = checksum_finish(checksum_add(sum, message.data(), message.size()));
    std::memcpy(&message[2], &field, 2);
    append(frame, message);
    return frame;
  });
  expect_at_the_host(bed().dataplane().stats().host.nd_received - before);
}

TEST_F(FloodTest, OfPings) {
  make_calls();
  const std::uint64_t before = bed().dataplane().stats().host.echo_answered;
  run("ICMP echo", [this](std::uint32_t i) {
    Bytes frame = stray(i, Bytes(48));
    frame[23] = 1;
    frame[24] = frame[25] = 0;
    const std::uint16_t header = checksum_finish(checksum_add(0, &frame[14], 20));
    std::memcpy(&frame[24], &header, 2);
    std::fill(frame.begin() + 34, frame.end(), 0);
    frame[34] = 8;
    const std::uint16_t sum = checksum_finish(checksum_add(0, &frame[34], frame.size() - 34));
    std::memcpy(&frame[36], &sum, 2);
    return frame;
  });
  const auto answers = [&] { return bed().dataplane().stats().host.echo_answered - before; };
  // The host thread takes what is left in its ring in its own time, and answers only a part of it.
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (answers() + counted(DropReason::punt_full) < flooded && std::chrono::steady_clock::now() < limit) {
    bed().turn();
  }
  const std::uint64_t answered = answers();
  EXPECT_EQ(answered + counted(DropReason::punt_full), flooded) << bed().describe();
  EXPECT_GT(answered, 0U);
  EXPECT_EQ(all_drops(), counted(DropReason::punt_full));
}

// From elsewhere than the party, random SSRCs: after a second's worth the leg doesn't even try to open them.
TEST_F(FloodTest, OfForgedSrtpFromStrangers) {
  make_calls(from_a);
  run("forged SRTP from strangers", [this](std::uint32_t i) {
    Bytes payload = noise(182);
    payload[0] = 0x80;
    payload[1] = 8;
    UdpFrame frame = datagram(left(kCalls - 1), payload);
    frame.source = {ip("192.0.2.66"), static_cast<std::uint16_t>(1024 + i % 50000)};
    return build(frame);
  });
  const std::uint64_t tried = counted(DropReason::srtp_authentication_failed);
  EXPECT_NEAR(static_cast<double>(tried), kLetThrough, 10);
  EXPECT_EQ(tried + counted(DropReason::rate_exceeded), flooded);
  EXPECT_EQ(all_drops(), flooded);
}

// As from the party itself, with its SSRC: all are tried, and none counts against the party.
TEST_F(FloodTest, OfForgedSrtpInThePartysName) {
  make_calls(from_a);
  run("forged SRTP in the party's name", [this](std::uint32_t) {
    Bytes payload = packet(kCalls - 1, true, sequence);
    payload.resize(payload.size() + 10, static_cast<std::uint8_t>(random()));
    return build(datagram(left(kCalls - 1), payload));
  });
  EXPECT_EQ(counted(DropReason::srtp_authentication_failed), flooded) << bed().describe();
  EXPECT_EQ(all_drops(), flooded);
}

// A party that is believed, and sends a thousand times what a codec needs.
TEST_F(FloodTest, OfOneGiantSession) {
  make_calls();
  const Party giant{0, at("192.0.2.8:6000"), at("192.0.2.1:22000")};
  const Party behind{1, at("198.51.100.10:6000"), at("198.51.100.1:32000")};
  bed().add(two_legs(leg_at(0, giant, giant.relay.port), leg_at(1, behind, behind.relay.port)));
  giant_port = behind.relay.port;
  send(giant, speech(0xffff, 0xeeeeeeee));
  bed().turn();  // its next hop is known
  bed().received(1);
  run("one giant session", [&](std::uint32_t i) {
    return build(datagram(giant, speech(static_cast<std::uint16_t>(i), 0xeeeeeeee)));
  });
  EXPECT_EQ(from_giant + counted(DropReason::rate_exceeded), flooded) << bed().describe();
  EXPECT_NEAR(static_cast<double>(from_giant), kLetThrough, 10);
  EXPECT_EQ(all_drops(), counted(DropReason::rate_exceeded));
}

// A call whose next hop isn't known yet gets it in the midst of a flood of questions.
TEST_F(FloodTest, OfArpWhileANextHopIsSought) {
  make_calls();
  const Party near{0, at("192.0.2.7:7000"), at("192.0.2.1:23000")};
  const Party far{1, at("198.51.100.77:7000"), at("198.51.100.1:33000")};
  bed().add(two_legs(leg_at(0, near, near.relay.port), leg_at(1, far, far.relay.port)));
  for (std::uint32_t i = 0; i < 3000; ++i) {
    Bytes frame(bed().mac(1).begin(), bed().mac(1).end());
    frame.insert(frame.end(), {2, 1, 1, 0, 0, 9, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 1, 1, 0, 0, 9});
    frame.insert(frame.end(), {198, 51, 100, 200, 0, 0, 0, 0, 0, 0, 198, 51, 100, 1});
    bed().send(1, frame);
  }
  const Bytes first = speech(1);
  EXPECT_EQ(relay(near, far, first), Heard{first}) << bed().describe();
  EXPECT_EQ(bed().drops(DropReason::neighbour_unresolved), 0U);
}

}  // namespace
}  // namespace pollux::testing
