// For any interleaving of a party's stream and of somebody who sprays, the sprayer gets nothing and nothing
// of his gets through, in every mode and policy that claims it (docs/endpoint-learning.md).
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "dataplane/session/source_learning.hpp"

namespace pollux::session {
namespace {

const SocketAddress kSignalled = *SocketAddress::parse("192.0.2.1:4000");
const SocketAddress kNat = *SocketAddress::parse("198.51.100.7:5555");
const SocketAddress kRebound = *SocketAddress::parse("198.51.100.7:7777");

struct Packet {
  std::uint32_t when_ms = 0;
  SocketAddress source;
  rtp::RtpHeader header;
  bool sprayed = false;
};
using Packets = std::vector<Packet>;

// 20 ms of audio a packet, up to 30 ms of jitter, some loss.
void add_party(Packets& packets, const SocketAddress& source, std::uint32_t begin, std::uint32_t end) {
  Packet packet;
  packet.source = source;
  packet.header.ssrc = 0x1234;
  packet.header.sequence = *rc::gen::arbitrary<std::uint16_t>();
  packet.header.timestamp = *rc::gen::arbitrary<std::uint32_t>();
  const bool lossy = *rc::gen::arbitrary<bool>();
  const auto jitter = *rc::gen::inRange<std::uint32_t>(1, 30);
  std::uint32_t noise = *rc::gen::arbitrary<std::uint32_t>();
  for (std::uint32_t at = begin; at < end; at += 20) {
    ++packet.header.sequence;
    packet.header.timestamp += 160;
    noise = noise * 1664525 + 1013904223;
    packet.when_ms = at + (noise >> 8) % jitter;
    if (!lossy || (noise >> 16) % 20 != 0) {
      packets.push_back(packet);
    }
  }
}

enum class Spray { kConstant, kNewPorts, kNewPortsInSequence, kNewHosts, kBursts, kRandom, kFrozenTime };

// He sits anywhere, or on the host that was signalled, or behind the party's own NAT.
const char* any_host() {
  return *rc::gen::element("203.0.113.66", "192.0.2.1", "198.51.100.7");
}

void add_sprayer(Packets& packets, Spray spray, std::uint32_t end, const char* host = any_host()) {
  const auto pause = *rc::gen::inRange<std::uint32_t>(1, 50);
  const auto burst = spray == Spray::kBursts ? *rc::gen::inRange(2, 40) : *rc::gen::inRange(1, 4);
  auto noise = *rc::gen::arbitrary<std::uint32_t>();
  Packet packet;
  packet.sprayed = true;
  packet.source = {*IpAddress::parse(host), 20000};
  packet.header.ssrc = 0x42ca1ef;
  packet.header.sequence = 0xee3c;
  packet.header.timestamp = 0x0442a2c1;
  for (std::uint32_t at = *rc::gen::inRange<std::uint32_t>(0, end / 2); at < end; at += pause) {
    if (spray == Spray::kBursts) {  // the same burst again and again
      packet.header.sequence = 0xee3c;
      packet.header.timestamp = 0x0442a2c1;
    }
    for (int i = 0; i < burst; ++i) {
      noise = noise * 1664525 + 1013904223;
      packet.when_ms = at;
      switch (spray) {
        case Spray::kConstant:
          break;
        case Spray::kNewPortsInSequence:
          ++packet.header.sequence;
          packet.header.timestamp += 160;
          [[fallthrough]];
        case Spray::kNewPorts:
          packet.source.port = static_cast<std::uint16_t>(20000 + (packet.source.port + 1) % 40000);
          break;
        case Spray::kNewHosts:
          packet.source.ip = IpAddress::v4(be32(0x0a000000U | noise >> 8));  // none of the party's
          ++packet.header.sequence;
          break;
        case Spray::kBursts:
          ++packet.header.sequence;
          packet.header.timestamp += 160;
          break;
        case Spray::kRandom:
          packet.header.sequence = static_cast<std::uint16_t>(noise >> 12);
          packet.header.timestamp = noise * 2654435761U;
          break;
        case Spray::kFrozenTime:
          ++packet.header.sequence;
          break;
      }
      packets.push_back(packet);
    }
  }
}

void showValue(Spray spray, std::ostream& out) {  // rapidcheck's name for it
  static constexpr const char* kNames[] = {
      "constant", "new ports", "new ports in sequence", "new hosts", "bursts", "random", "frozen time"};
  out << kNames[static_cast<std::size_t>(spray)];
}

Spray any_spray() {
  return *rc::gen::element(Spray::kConstant, Spray::kNewPorts, Spray::kNewPortsInSequence, Spray::kNewHosts,
                           Spray::kBursts, Spray::kRandom, Spray::kFrozenTime);
}

struct Outcome {
  std::size_t sprayed_forwarded = 0;
  std::size_t sent_to_sprayer = 0;  // times that the destination was an address which only he uses
  std::size_t party_forwarded = 0;
  std::size_t party_packets = 0;
  std::optional<SocketAddress> destination;
};

Outcome run(LearningMode mode, SourcePolicy policy, Packets packets,
            const std::vector<SocketAddress>& party) {
  std::stable_sort(packets.begin(), packets.end(),
                   [](const Packet& a, const Packet& b) { return a.when_ms < b.when_ms; });
  const LearningConfig config;
  const auto epoch = *rc::gen::arbitrary<std::uint32_t>();  // the clock may wrap at any moment
  SourceLearning learning(mode, policy, kSignalled, epoch);
  std::uint32_t heard = epoch;
  Outcome outcome;
  for (const Packet& packet : packets) {
    const std::uint32_t now = epoch + packet.when_ms;
    const SourceVerdict verdict = learning.on_packet(packet.source, packet.header, now, now - heard, config);
    const bool forwarded = verdict == SourceVerdict::kAccept || verdict == SourceVerdict::kAcceptAndLearn;
    (packet.sprayed ? outcome.sprayed_forwarded : outcome.party_forwarded) += forwarded ? 1 : 0;
    outcome.party_packets += packet.sprayed ? 0 : 1;
    RC_ASSERT((verdict != SourceVerdict::kAcceptAndLearn) ||
              (learning.confirmed() && learning.believed() == packet.source));
    if (learning.confirmed() && learning.believed() == packet.source) {
      heard = now;
    }
    outcome.destination = learning.destination();
    const bool partys = outcome.destination == kSignalled ||
                        std::find(party.begin(), party.end(), *outcome.destination) != party.end();
    outcome.sent_to_sprayer += partys ? 0 : 1;
  }
  return outcome;
}

RC_GTEST_PROP(Learning, SprayerGetsNothingThrough, ()) {
  const auto mode = *rc::gen::element(LearningMode::kHeuristic, LearningMode::kDelayed, LearningMode::kOff);
  const auto policy = *rc::gen::element(SourcePolicy::kStrictSource, SourcePolicy::kMediaHandover);
  const bool behind_nat = *rc::gen::arbitrary<bool>();
  Packets packets;
  const std::uint32_t begin = *rc::gen::inRange<std::uint32_t>(0, 2000);
  add_party(packets, behind_nat ? kNat : kSignalled, begin, *rc::gen::inRange<std::uint32_t>(begin, 6000));
  for (int i = *rc::gen::inRange(1, 4); i > 0; --i) {
    add_sprayer(packets, any_spray(), 8000);  // before, during and after
  }
  const Outcome outcome = run(mode, policy, packets, {kNat});
  RC_ASSERT(outcome.sprayed_forwarded == 0U);
  RC_ASSERT(outcome.sent_to_sprayer == 0U);
}

RC_GTEST_PROP(Learning, AcceptAnyStillSendsNothingToTheSprayer, ()) {
  const auto mode = *rc::gen::element(LearningMode::kHeuristic, LearningMode::kDelayed, LearningMode::kOff);
  Packets packets;
  add_party(packets, *rc::gen::element(kNat, kSignalled), *rc::gen::inRange<std::uint32_t>(0, 2000), 5000);
  add_sprayer(packets, any_spray(), 8000);
  RC_ASSERT(run(mode, SourcePolicy::kAcceptAny, packets, {kNat}).sent_to_sprayer == 0U);
}

// The other half of the claim: one host's spray doesn't keep the party out either. (Many hosts at once, or a
// sprayer who shares the party's address and changes ports, can delay it.)
RC_GTEST_PROP(Learning, PartyBehindNatIsLearnedDuringTheSpray, ()) {
  const Spray spray = any_spray();
  RC_PRE(spray != Spray::kNewHosts);
  Packets packets;
  add_party(packets, kNat, 500, 6000);
  add_sprayer(packets, spray, 6000, *rc::gen::element("203.0.113.66", "192.0.2.1"));
  const auto policy = *rc::gen::element(SourcePolicy::kStrictSource, SourcePolicy::kMediaHandover);
  const Outcome outcome = run(LearningMode::kHeuristic, policy, packets, {kNat});
  RC_ASSERT(outcome.destination == kNat);
  RC_ASSERT(outcome.party_forwarded + 60 > outcome.party_packets);
}

RC_GTEST_PROP(Learning, HandoverFollowsTheRebindingAndNotTheSprayer, ()) {
  const Spray spray = any_spray();
  const char* host = any_host();
  Packets packets;
  add_party(packets, kNat, 0, 3000);
  add_party(packets, kRebound, 3000, 7000);
  add_sprayer(packets, spray, 7000, host);
  const Outcome outcome =
      run(LearningMode::kHeuristic, SourcePolicy::kMediaHandover, packets, {kNat, kRebound});
  RC_ASSERT(outcome.sprayed_forwarded == 0U);
  RC_ASSERT(outcome.sent_to_sprayer == 0U);
  const bool crowds = spray == Spray::kNewHosts || host == std::string_view("198.51.100.7");
  RC_ASSERT(crowds || outcome.destination == kRebound);
}

}  // namespace
}  // namespace pollux::session
