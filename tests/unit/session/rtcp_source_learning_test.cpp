#include "tests/unit/session/learning_fixture.hpp"

namespace pollux::session {
namespace {

struct RtcpLearning : Learning {
  RtcpSourceLearning rtcp{at("192.0.2.1:4001"), false};
  std::optional<std::uint32_t> rtp_ssrc = 0xabc;
  SourceVerdict show_rtcp(const SocketAddress& source, std::uint32_t ssrc) {
    return rtcp.on_packet(source, ssrc, learning, rtp_ssrc, now, config);
  }
};

TEST_F(RtcpLearning, SignalledAddressIsBelieved) {
  start(LearningMode::kHeuristic);
  EXPECT_EQ(rtcp.destination(), at("192.0.2.1:4001"));
  EXPECT_EQ(show_rtcp(at("192.0.2.1:4001"), 1), kAcceptAndLearn);
  EXPECT_EQ(show_rtcp(at("192.0.2.1:4001"), 1), kAccept);
  EXPECT_EQ(show_rtcp(at("192.0.2.1:4002"), 0xabc), kDropMismatch);
}

TEST_F(RtcpLearning, FollowsTheHostOfTheRtpThatKnowsTheSsrc) {
  start(LearningMode::kHeuristic);
  const SocketAddress companion = at("198.51.100.7:5556");
  EXPECT_EQ(show_rtcp(companion, 0xabc), kDropUnproven);  // no RTP yet
  Stream nat{kElsewhere};
  packets_to_learn(nat);
  EXPECT_EQ(show_rtcp(companion, 0xdef), kDropUnproven);
  EXPECT_EQ(show_rtcp(kSprayer, 0xabc), kDropUnproven);
  rtp_ssrc.reset();
  EXPECT_EQ(show_rtcp(companion, 0xabc), kDropUnproven);
  rtp_ssrc = 0xabc;
  EXPECT_EQ(show_rtcp(companion, 0xabc), kAcceptAndLearn);
  EXPECT_EQ(rtcp.destination(), companion);
  EXPECT_EQ(learning.destination(), kElsewhere);  // never teaches RTP
}

TEST_F(RtcpLearning, OffKnowsTheSignalledAddressOnly) {
  start(LearningMode::kOff);
  show({kSignalled});
  EXPECT_EQ(show_rtcp(kOtherPort, 0xabc), kDropUnproven);
  start(LearningMode::kOff, SourcePolicy::kAcceptAny);
  EXPECT_EQ(show_rtcp(kOtherPort, 0xabc), kAccept);
  EXPECT_EQ(rtcp.destination(), at("192.0.2.1:4001"));
}

TEST_F(RtcpLearning, HandoverToAnotherPortOfTheParty) {
  start(LearningMode::kHeuristic, SourcePolicy::kMediaHandover);
  Stream nat{kElsewhere};
  packets_to_learn(nat);
  show_rtcp(at("198.51.100.7:1"), 0xabc);
  EXPECT_EQ(show_rtcp(at("198.51.100.7:2"), 0xabc), kDropMismatch);  // too soon
  now += config.min_change_interval_ms;
  EXPECT_EQ(show_rtcp(at("198.51.100.7:2"), 0xdef), kDropMismatch);
  EXPECT_EQ(show_rtcp(at("198.51.100.7:2"), 0xabc), kAcceptAndLearn);
  rtcp.rtp_changed();
  EXPECT_FALSE(rtcp.confirmed());
  EXPECT_EQ(rtcp.destination(), at("192.0.2.1:4001"));
}

TEST_F(RtcpLearning, SignalledAddressThatKnowsTheSsrcTakesOver) {
  start(LearningMode::kHeuristic);
  Stream nat{kElsewhere};
  packets_to_learn(nat);
  show_rtcp(at("198.51.100.7:1"), 0xabc);
  now += config.min_change_interval_ms;
  EXPECT_EQ(show_rtcp(at("192.0.2.1:4001"), 0xdef), kDropMismatch);
  EXPECT_EQ(show_rtcp(at("192.0.2.1:4001"), 0xabc), kAcceptAndLearn);
}

TEST_F(RtcpLearning, MuxedFollowsTheRtpAddressExactly) {
  rtcp = RtcpSourceLearning(std::nullopt, true);
  start(LearningMode::kHeuristic);
  EXPECT_EQ(show_rtcp(kSignalled, 1), kAccept);
  EXPECT_EQ(show_rtcp(kOtherPort, 0xabc), kDropUnproven);
  Stream nat{kElsewhere};
  packets_to_learn(nat);
  EXPECT_EQ(show_rtcp(kElsewhere, 1), kAccept);
  EXPECT_EQ(show_rtcp(kSamePort, 0xabc), kDropMismatch);
  EXPECT_FALSE(rtcp.confirmed());
}

TEST_F(RtcpLearning, UpdateWithANewAddress) {
  start(LearningMode::kHeuristic);
  show_rtcp(at("192.0.2.1:4001"), 1);
  EXPECT_FALSE(rtcp.update(at("192.0.2.1:4001"), false));
  EXPECT_TRUE(rtcp.confirmed());
  EXPECT_TRUE(rtcp.update(at("192.0.2.1:4003"), false));
  EXPECT_FALSE(rtcp.confirmed());
  EXPECT_EQ(rtcp.destination(), at("192.0.2.1:4003"));
}

}  // namespace
}  // namespace pollux::session
