// Who is believed and who is sent to, for every mode and policy, over IPv4 and IPv6: the table of
// docs/endpoint-learning.md as packets see it.
#include "tests/component/call_fixture.hpp"

namespace pollux::testing {
namespace {

struct Way {
  LearningMode mode;
  SourcePolicy policy;
  bool v6;
};

std::string name_of(const Way& way) {
  constexpr const char* kModes[] = {"heuristic", "delayed", "immediate", "off"};
  constexpr const char* kPolicies[] = {"strict", "handover", "accept_any"};
  return std::string(kModes[static_cast<std::size_t>(way.mode)]) + "_" +
         kPolicies[static_cast<std::size_t>(way.policy)] + (way.v6 ? "_v6" : "_v4");
}

constexpr std::size_t kStream = 12;         // packets, 20 ms apart
constexpr std::size_t kAfterProbation = 8;  // of them, when the fifth is the first that is believed
constexpr std::uint32_t kSsrc = 0xaaaaaaaa;

class LearningTest : public CallTest, public ::testing::WithParamInterface<Way> {
 public:
  void begin(bool mux = false) {
    SessionSpec spec = two_legs(bed_leg(0, 0, 20000, signalled.address.to_string().c_str(), way.v6),
                                bed_leg(1, 1, 30000, listener.address.to_string().c_str(), way.v6));
    spec.legs[0].learning = way.mode;
    spec.legs[0].source_policy = way.policy;
    if (mux) {
      spec.legs[0].local_rtcp_port = spec.legs[0].local_rtp_port;
    }
    bed().add(spec);
  }
  // How many packets of a stream reach the listener.
  std::size_t stream(const Party& from, std::uint16_t first, std::size_t count = kStream) {
    std::size_t heard = 0;
    for (std::size_t i = 0; i < count; ++i) {
      bed().advance_ms(20);
      const auto sequence = static_cast<std::uint16_t>(first + i);
      send(from, rtp({.sequence = sequence, .timestamp = sequence * 160U, .ssrc = kSsrc}));
      bed().turn();
      heard += heard_by(listener).size();
    }
    return heard;
  }
  // Where the leg's media goes now.
  SocketAddress destination() {
    send(listener, rtp({.sequence = ++listener_sequence, .ssrc = 0xbbbbbbbb}));
    return destination_of_next();
  }
  SocketAddress rtcp_destination() {
    send(listener.next_port(), rtcp_sender_report(0xbbbbbbbb, 160, 1, 160));
    return destination_of_next();
  }
  SocketAddress destination_of_next() {
    bed().turn();
    const auto frames = bed().received_udp(0);
    EXPECT_EQ(frames.size(), 1U) << bed().describe();
    return frames.size() == 1 ? frames[0].destination : SocketAddress{};
  }
  std::size_t report(const Party& from, std::uint32_t ssrc = kSsrc) {
    send(from, rtcp_sender_report(ssrc, 160, 1, 160));
    bed().turn();
    return bed().received_udp(1).size();
  }
  // How often the leg's RTP has got another source.
  std::size_t source_events() {
    std::size_t count = 0;
    for (const Event& event : bed().events()) {
      const bool source = event.type == EventType::kSourceLearned || event.type == EventType::kSourceChanged;
      count += source && event.leg_id == 0 && event.component == Component::kRtp ? 1U : 0U;
    }
    return count;
  }
  void let_the_delay_pass() {
    bed().advance_ms(3100);
    bed().turn();
  }
  Party from(const char* v4, const char* v6) const {
    return {0, at(way.v6 ? v6 : v4), at(way.v6 ? "[2001:db8:a::1]:20000" : "192.0.2.1:20000")};
  }

  const Way way = GetParam();
  const bool off = way.mode == LearningMode::kOff;
  const bool any = way.policy == SourcePolicy::kAcceptAny;
  const bool handover = way.policy == SourcePolicy::kMediaHandover;
  const Party signalled = from("192.0.2.7:4000", "[2001:db8:a::7]:4000");
  const Party elsewhere = from("192.0.2.77:4400", "[2001:db8:a::77]:4400");
  const Party listener = {1, at(way.v6 ? "[2001:db8:b::9]:5000" : "198.51.100.9:5000"),
                          at(way.v6 ? "[2001:db8:b::1]:30000" : "198.51.100.1:30000")};
  std::uint16_t listener_sequence = 0;
};

TEST_P(LearningTest, TheSignalledSourceIsBelievedAtOnce) {
  begin();
  EXPECT_EQ(destination(), signalled.address);
  EXPECT_EQ(stream(signalled, 100), kStream);
  EXPECT_EQ(destination(), signalled.address);
  EXPECT_EQ(source_events(), 1U);
}

TEST_P(LearningTest, AnotherSourceBeforeAnyIsBelieved) {
  begin();
  const std::size_t during_the_delay = stream(elsewhere, 100);
  std::size_t expected = kAfterProbation;
  if (off) {
    expected = any ? kStream : 0;
  } else if (way.mode == LearningMode::kImmediate) {
    expected = kStream;
  } else if (way.mode == LearningMode::kDelayed) {
    expected = 0;
  }
  EXPECT_EQ(during_the_delay, expected) << bed().describe();
  EXPECT_EQ(destination(), expected == 0 || off ? signalled.address : elsewhere.address);
  if (way.mode == LearningMode::kDelayed) {
    EXPECT_EQ(source_events(), 0U);
    let_the_delay_pass();
    EXPECT_EQ(stream(elsewhere, 500), kAfterProbation);
    EXPECT_EQ(destination(), elsewhere.address);
  }
  EXPECT_EQ(source_events(), off ? 0U : 1U);
}

TEST_P(LearningTest, AStrangerWhileTheBelievedSourceTalks) {
  begin();
  ASSERT_EQ(stream(signalled, 100, 1), 1U);
  let_the_delay_pass();
  std::size_t of_stranger = 0;
  for (std::uint16_t i = 0; i < kStream; ++i) {
    EXPECT_EQ(stream(signalled, static_cast<std::uint16_t>(101 + i), 1), 1U);
    of_stranger += stream(elsewhere, static_cast<std::uint16_t>(7000 + i), 1);
  }
  EXPECT_EQ(of_stranger, any ? kStream : 0U);
  EXPECT_EQ(destination(), signalled.address);
  EXPECT_EQ(source_events(), 1U);
  // With handover the first one counts as unproven or mismatched, as the silence before it says.
  EXPECT_EQ(bed().drops(DropReason::source_mismatch) + bed().drops(DropReason::source_unproven),
            any ? 0U : kStream);
}

TEST_P(LearningTest, AStrangerAfterTheBelievedSourceFellSilent) {
  begin();
  ASSERT_EQ(stream(signalled, 100), kStream);
  let_the_delay_pass();
  const bool moves = handover && !off;
  EXPECT_EQ(stream(elsewhere, 7000), any ? kStream : moves ? kAfterProbation : 0U) << bed().describe();
  EXPECT_EQ(destination(), moves ? elsewhere.address : signalled.address);
  EXPECT_EQ(source_events(), moves ? 2U : 1U);
}

TEST_P(LearningTest, TheSignalledSourceComesLate) {
  begin();
  let_the_delay_pass();
  stream(elsewhere, 100);
  bed().advance_ms(1500);
  bed().turn();
  const std::size_t heard = stream(signalled, 9000);
  // Nobody else can have been believed with mode off.
  EXPECT_EQ(heard, off || any ? kStream : kAfterProbation) << bed().describe();
  EXPECT_EQ(destination(), signalled.address);
}

TEST_P(LearningTest, RtcpFromWhereItIsSignalled) {
  begin();
  EXPECT_EQ(report(signalled.next_port()), 1U);
  EXPECT_EQ(rtcp_destination(), signalled.next_port().address);
  EXPECT_EQ(destination(), signalled.address);  // RTCP has taught RTP nothing
}

TEST_P(LearningTest, RtcpFromAnotherPortOfTheParty) {
  begin();
  Party other_port = signalled.next_port();
  other_port.address.port = 7001;
  stream(signalled, 100, 3);
  const bool in_delay = way.mode == LearningMode::kDelayed;
  EXPECT_EQ(report(other_port), off ? (any ? 1U : 0U) : in_delay ? 0U : 1U);
  EXPECT_EQ(rtcp_destination(), off || in_delay ? signalled.next_port().address : other_port.address);
  if (in_delay) {
    let_the_delay_pass();
    EXPECT_EQ(report(other_port), 1U);
    EXPECT_EQ(rtcp_destination(), other_port.address);
  }
}

TEST_P(LearningTest, RtcpOfAStrangerTeachesNothing) {
  begin();
  stream(signalled, 100, 3);
  const Party stranger = elsewhere.next_port();
  EXPECT_EQ(report(stranger), off && any ? 1U : 0U);
  EXPECT_EQ(report(stranger, 0x1234), off && any ? 1U : 0U);
  EXPECT_EQ(report(signalled.next_port()), 1U);
  EXPECT_EQ(report(stranger), any ? 1U : 0U);
  EXPECT_EQ(rtcp_destination(), signalled.next_port().address);
  EXPECT_EQ(destination(), signalled.address);
}

TEST_P(LearningTest, RtcpOnASharedPortComesFromWhereRtpDoes) {
  begin(true);
  EXPECT_EQ(report(signalled), 1U);
  EXPECT_EQ(report(elsewhere), off && any ? 1U : 0U);
  stream(signalled, 100, 3);
  EXPECT_EQ(report(signalled), 1U);
  EXPECT_EQ(report(elsewhere), any ? 1U : 0U);
  EXPECT_EQ(rtcp_destination(), signalled.address);
}

std::vector<Way> all_ways() {
  std::vector<Way> ways;
  for (const auto mode :
       {LearningMode::kHeuristic, LearningMode::kDelayed, LearningMode::kImmediate, LearningMode::kOff}) {
    for (const auto policy :
         {SourcePolicy::kStrictSource, SourcePolicy::kMediaHandover, SourcePolicy::kAcceptAny}) {
      ways.push_back({mode, policy, false});
      ways.push_back({mode, policy, true});
    }
  }
  return ways;
}

INSTANTIATE_TEST_SUITE_P(Ways, LearningTest, ::testing::ValuesIn(all_ways()),
                         [](const auto& way) { return name_of(way.param); });

}  // namespace
}  // namespace pollux::testing
