#include "dataplane/session/source_learning.hpp"

#include <gtest/gtest.h>

namespace pollux::session {
namespace {

using enum SourceVerdict;

SocketAddress at(const char* text) {
  return *SocketAddress::parse(text);
}

const SocketAddress kSignalled = at("192.0.2.1:4000");
const SocketAddress kOtherPort = at("192.0.2.1:61000");
const SocketAddress kSamePort = at("198.51.100.7:4000");
const SocketAddress kElsewhere = at("198.51.100.7:5555");
const SocketAddress kSprayer = at("203.0.113.66:9");

struct Stream {
  SocketAddress source;
  std::uint16_t sequence = 100;
  std::uint32_t timestamp = 5000;
  std::uint32_t ssrc = 0xabc;
};

struct Learning : testing::Test {
  LearningConfig config;
  SourceLearning learning;
  std::uint32_t now = 10'000;
  std::uint32_t believed_heard = 0;

  void start(LearningMode mode, SourcePolicy policy = SourcePolicy::kStrictSource,
             std::optional<SocketAddress> signalled = kSignalled) {
    learning = SourceLearning(mode, policy, signalled, now);
  }
  SourceVerdict show(const Stream& stream) {
    rtp::RtpHeader header;
    header.sequence = stream.sequence;
    header.timestamp = stream.timestamp;
    header.ssrc = stream.ssrc;
    const SourceVerdict verdict =
        learning.on_packet(stream.source, header, now, now - believed_heard, config);
    if (learning.confirmed() && learning.believed() == stream.source) {
      believed_heard = now;
    }
    return verdict;
  }
  // 20 ms on, and the next packet of a G.711 stream.
  SourceVerdict next(Stream& stream) {
    now += 20;
    return step(stream);
  }
  SourceVerdict step(Stream& stream) {
    ++stream.sequence;
    stream.timestamp += 160;
    return show(stream);
  }
  // How many packets it takes until the stream is learned; 0: not within `limit`.
  int packets_to_learn(Stream& stream, int limit = 100) {
    for (int i = 1; i <= limit; ++i) {
      if (next(stream) == kAcceptAndLearn) {
        return i;
      }
    }
    return 0;
  }
};

TEST_F(Learning, OffKnowsTheSignalledAddressOnly) {
  start(LearningMode::kOff);
  Stream other{kElsewhere};
  EXPECT_EQ(packets_to_learn(other), 0);
  EXPECT_EQ(next(other), kDropMismatch);
  EXPECT_EQ(learning.destination(), kSignalled);
  Stream party{kSignalled};
  EXPECT_EQ(next(party), kAcceptAndLearn);
  EXPECT_EQ(next(party), kAccept);
  EXPECT_EQ(next(other), kDropMismatch);
}

TEST_F(Learning, OffWithHandoverIsStrict) {
  start(LearningMode::kOff, SourcePolicy::kMediaHandover);
  Stream party{kSignalled};
  next(party);
  now += 10'000;
  Stream other{kOtherPort};
  EXPECT_EQ(packets_to_learn(other), 0);
  EXPECT_EQ(next(other), kDropMismatch);
}

TEST_F(Learning, OffAcceptAnyForwardsButNeverSendsThere) {
  start(LearningMode::kOff, SourcePolicy::kAcceptAny);
  Stream other{kElsewhere};
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(next(other), kAccept);
  }
  EXPECT_EQ(learning.destination(), kSignalled);
}

TEST_F(Learning, OffWithoutRemoteBelievesNobody) {
  start(LearningMode::kOff, SourcePolicy::kStrictSource, std::nullopt);
  EXPECT_EQ(show({kElsewhere}), kDropUnproven);
  EXPECT_EQ(learning.destination(), std::nullopt);
}

TEST_F(Learning, ImmediateTakesTheFirst) {
  start(LearningMode::kImmediate);
  EXPECT_EQ(learning.destination(), kSignalled);
  EXPECT_EQ(show({kElsewhere}), kAcceptAndLearn);
  EXPECT_EQ(learning.destination(), kElsewhere);
  EXPECT_EQ(show({kSprayer}), kDropMismatch);
}

TEST_F(Learning, SignalledIsBelievedAtOnce) {
  start(LearningMode::kHeuristic);
  EXPECT_EQ(show({kSignalled}), kAcceptAndLearn);
  EXPECT_EQ(learning.believed(), kSignalled);
  EXPECT_EQ(show({kSignalled}), kAccept);
  EXPECT_EQ(show({kOtherPort}), kDropMismatch);
}

TEST_F(Learning, AnotherSourceIsProvenByItsFifthPacket) {
  start(LearningMode::kHeuristic);
  Stream nat{kElsewhere};
  for (int i = 1; i < 5; ++i) {
    EXPECT_EQ(next(nat), kDropUnproven) << i;
    EXPECT_EQ(learning.destination(), kSignalled);
  }
  EXPECT_EQ(next(nat), kAcceptAndLearn);
  EXPECT_EQ(learning.destination(), kElsewhere);
  EXPECT_EQ(next(nat), kAccept);
}

TEST_F(Learning, NoRemoteSignalledYet) {
  start(LearningMode::kHeuristic, SourcePolicy::kStrictSource, std::nullopt);
  EXPECT_EQ(learning.destination(), std::nullopt);
  Stream nat{kElsewhere};
  EXPECT_EQ(packets_to_learn(nat), 5);
}

TEST_F(Learning, HoldAddressesCountAsNone) {
  for (const char* text : {"0.0.0.0:4000", "[::]:4000", "192.0.2.1:0"}) {
    start(LearningMode::kHeuristic, SourcePolicy::kStrictSource, at(text));
    EXPECT_EQ(learning.destination(), std::nullopt) << text;
    EXPECT_EQ(show({at(text)}), kDropUnproven) << text;
  }
}

TEST_F(Learning, SmallLossIsForgiven) {
  start(LearningMode::kHeuristic);
  Stream nat{kElsewhere};
  next(nat);
  nat.sequence = static_cast<std::uint16_t>(nat.sequence + 2);  // two lost
  next(nat);
  next(nat);
  next(nat);
  EXPECT_EQ(next(nat), kAcceptAndLearn);
}

TEST_F(Learning, LargerLossBeginsAgain) {
  start(LearningMode::kHeuristic);
  Stream nat{kElsewhere};
  next(nat);
  next(nat);
  nat.sequence = static_cast<std::uint16_t>(nat.sequence + 3);
  EXPECT_EQ(packets_to_learn(nat), 5);
}

TEST_F(Learning, SequenceWrapsDuringProbation) {
  start(LearningMode::kHeuristic);
  Stream nat{kElsewhere, 65533, 0xffffff00U};
  EXPECT_EQ(packets_to_learn(nat), 5);
}

TEST_F(Learning, DuplicatesNeitherCountNorHarm) {
  start(LearningMode::kHeuristic);
  Stream nat{kElsewhere};
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(next(nat), kDropUnproven);
    for (int k = 0; k < 5; ++k) {
      ++now;
      EXPECT_EQ(show(nat), kDropUnproven);
    }
  }
  EXPECT_EQ(next(nat), kAcceptAndLearn);
}

TEST_F(Learning, ConstantPacketsNeverCount) {
  start(LearningMode::kHeuristic);
  for (int i = 0; i < 10'000; ++i) {
    now += 20;
    EXPECT_EQ(show({kSprayer}), kDropUnproven);
    EXPECT_EQ(learning.destination(), kSignalled);
  }
}

TEST_F(Learning, ConstantTimestampProvesNothing) {
  start(LearningMode::kHeuristic);
  Stream sprayer{kSprayer};
  for (int i = 0; i < 1000; ++i) {
    now += 20;
    ++sprayer.sequence;
    EXPECT_EQ(show(sprayer), kDropUnproven);
  }
  EXPECT_EQ(next(sprayer), kAcceptAndLearn);  // an event of RFC 4733 that is over: now it moves
}

TEST_F(Learning, JumpingTimestampProvesNothing) {
  start(LearningMode::kHeuristic);
  Stream sprayer{kSprayer};
  for (int i = 0; i < 1000; ++i) {
    sprayer.timestamp += 0x40000000U;
    EXPECT_EQ(next(sprayer), kDropUnproven);
  }
}

TEST_F(Learning, AlternatingSsrcsProveNothing) {
  start(LearningMode::kHeuristic);
  Stream sprayer{kSprayer};
  for (int i = 0; i < 1000; ++i) {
    ++sprayer.ssrc;
    EXPECT_EQ(next(sprayer), kDropUnproven);
  }
}

TEST_F(Learning, BurstProvesNothing) {
  start(LearningMode::kHeuristic);
  Stream sprayer{kSprayer};
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(step(sprayer), kDropUnproven);  // the clock stands still
  }
  now += 14;
  EXPECT_EQ(step(sprayer), kDropUnproven);
  now += 14;
  EXPECT_EQ(step(sprayer), kDropUnproven);  // 28 ms, but three moments only
}

TEST_F(Learning, ProbationNeedsItsTime) {
  start(LearningMode::kHeuristic);
  Stream fast{kElsewhere};
  step(fast);
  for (int i = 0; i < 7; ++i) {  // every 2 ms: counts, but takes 15 ms
    now += 2;
    EXPECT_EQ(step(fast), kDropUnproven) << i;
  }
  now += 2;
  EXPECT_EQ(step(fast), kAcceptAndLearn);
}

TEST_F(Learning, LongPauseBeginsAgain) {
  start(LearningMode::kHeuristic);
  Stream nat{kElsewhere};
  for (int i = 0; i < 4; ++i) {
    next(nat);
  }
  now += SourceLearning::kRunTimeoutMs;
  EXPECT_EQ(packets_to_learn(nat), 5);
}

TEST_F(Learning, SameHostBeatsSamePortBeatsOthers) {
  start(LearningMode::kHeuristic);
  Stream other{kElsewhere};
  Stream same_port{kSamePort};
  Stream same_host{kOtherPort};
  // Each begins two packets after the one it beats, and so would be late on its own.
  for (int round = 1; round <= 9; ++round) {
    now += 20;
    EXPECT_EQ(step(other), kDropUnproven) << round;
    if (round > 2) {
      EXPECT_EQ(step(same_port), kDropUnproven) << round;
    }
    if (round > 4) {
      EXPECT_EQ(step(same_host), round < 9 ? kDropUnproven : kAcceptAndLearn) << round;
    }
  }
}

TEST_F(Learning, BetterCandidateThatFellSilentIsntWaitedFor) {
  start(LearningMode::kHeuristic);
  Stream better{kOtherPort};
  next(better);
  next(better);
  now += SourceLearning::kAliveMs;
  Stream other{kElsewhere};
  EXPECT_EQ(packets_to_learn(other), 5);
}

TEST_F(Learning, BetterCandidateThatNeverProvesItselfIsntWaitedForForever) {
  start(LearningMode::kHeuristic);
  Stream better{kOtherPort};
  Stream other{kElsewhere};
  int packets = 0;
  SourceVerdict verdict = kDropUnproven;
  while (verdict != kAcceptAndLearn && packets < 200) {
    better.sequence = static_cast<std::uint16_t>(better.sequence + (packets % 3 == 0 ? 5000 : 0));
    ++better.sequence;
    better.timestamp += 160;
    EXPECT_EQ(show(better), kDropUnproven);
    verdict = next(other);
    ++packets;
  }
  EXPECT_LE(packets, static_cast<int>(SourceLearning::kMaxWaitMs) / 20 + 5);
}

TEST_F(Learning, DelayedIgnoresOthersAtFirst) {
  start(LearningMode::kDelayed);
  Stream nat{kElsewhere};
  const std::uint32_t begin = now;
  while (now - begin + 20 < config.delayed_ms) {
    EXPECT_EQ(next(nat), kDropUnproven);
  }
  EXPECT_EQ(packets_to_learn(nat), 5);
}

TEST_F(Learning, DelayedBelievesTheSignalledAtOnce) {
  start(LearningMode::kDelayed, SourcePolicy::kMediaHandover);
  EXPECT_EQ(show({kSignalled}), kAcceptAndLearn);
  now += 1000;  // silent
  Stream nat{kElsewhere};
  EXPECT_EQ(packets_to_learn(nat, 90), 0);
  now += 1000;
  EXPECT_EQ(packets_to_learn(nat), 5);
}

TEST_F(Learning, DelayIsOverForGoodAlthoughTheClockWraps) {
  start(LearningMode::kDelayed);
  Stream nat{kElsewhere};
  now += config.delayed_ms;
  next(nat);
  now += 0U - config.delayed_ms;  // 49.7 days later
  EXPECT_EQ(packets_to_learn(nat), 5);
}

TEST_F(Learning, StrictNeverMoves) {
  start(LearningMode::kHeuristic, SourcePolicy::kStrictSource);
  show({kSignalled});
  now += 60'000;
  Stream other{kOtherPort};
  EXPECT_EQ(packets_to_learn(other), 0);
  EXPECT_EQ(next(other), kDropMismatch);
}

TEST_F(Learning, AcceptAnyForwardsOnceTheSourceIsKnown) {
  start(LearningMode::kHeuristic, SourcePolicy::kAcceptAny);
  Stream other{kElsewhere};
  EXPECT_EQ(show(other), kDropUnproven);
  show({kSignalled});
  now += 60'000;
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(next(other), kAccept);
  }
  EXPECT_EQ(learning.destination(), kSignalled);
}

TEST_F(Learning, HandoverAfterSilence) {
  start(LearningMode::kHeuristic, SourcePolicy::kMediaHandover);
  show({kSignalled});
  now += 5000;
  believed_heard = now;
  Stream moved{kElsewhere};
  int packets = 0;
  while (next(moved) == kDropMismatch && packets < 100) {
    ++packets;
  }
  EXPECT_EQ(learning.destination(), kElsewhere);
  // 200 ms of silence, then five packets: those heard in the silence's first 200 ms didn't count.
  EXPECT_EQ(packets, 13);
}

TEST_F(Learning, NobodyIsHandedOverToWhileTheSourceTalks) {
  start(LearningMode::kHeuristic, SourcePolicy::kMediaHandover);
  Stream party{kSignalled};
  Stream other{kOtherPort};
  for (int i = 0; i < 1000; ++i) {
    next(party);
    ASSERT_EQ(step(other), kDropMismatch);
    now += i % 10 == 0 ? 199U : 0U;
    if (now - believed_heard >= config.handover_silence_ms) {
      step(party);
    }
  }
  EXPECT_EQ(learning.destination(), kSignalled);
}

TEST_F(Learning, HandoversAreRateLimited) {
  start(LearningMode::kImmediate, SourcePolicy::kMediaHandover);
  show({kElsewhere});
  config.handover_silence_ms = 0;
  Stream first{kSprayer};
  const std::uint32_t begin = now;
  EXPECT_EQ(packets_to_learn(first), 50);
  EXPECT_EQ(now - begin, config.min_change_interval_ms);
  Stream second{kElsewhere};
  EXPECT_EQ(packets_to_learn(second), 50);
}

TEST_F(Learning, SignalledTakesTheCallBackFromWhoWasQuicker) {
  for (const SourcePolicy policy :
       {SourcePolicy::kStrictSource, SourcePolicy::kMediaHandover, SourcePolicy::kAcceptAny}) {
    start(LearningMode::kHeuristic, policy);
    Stream quick{kElsewhere};
    ASSERT_EQ(packets_to_learn(quick), 5);
    now += 2000;
    Stream party{kSignalled};
    int packets = 1;
    while (next(party) != kAcceptAndLearn && packets < 100) {
      step(quick);
      believed_heard = now;  // still there, and loud
      ++packets;
    }
    EXPECT_EQ(packets, 5);
    EXPECT_EQ(learning.destination(), kSignalled);
    EXPECT_EQ(next(quick), policy == SourcePolicy::kAcceptAny ? kAccept : kDropMismatch);
  }
}

TEST_F(Learning, OneForgedSignalledPacketMovesNothing) {
  start(LearningMode::kHeuristic);
  Stream nat{kElsewhere};
  ASSERT_EQ(packets_to_learn(nat), 5);
  now += 2000;
  EXPECT_EQ(show({kSignalled}), kDropMismatch);
  EXPECT_EQ(learning.destination(), kElsewhere);
}

TEST_F(Learning, PortHoppingFloodFromOneHostDoesntCrowdOut) {
  start(LearningMode::kHeuristic);
  Stream nat{kElsewhere};
  Stream flood{kSprayer};
  SourceVerdict verdict = kDropUnproven;
  int packets = 0;
  for (; packets < 50 && verdict != kAcceptAndLearn; ++packets) {
    for (int i = 0; i < 200; ++i) {
      ++flood.source.port;
      ASSERT_EQ(show(flood), kDropUnproven);
    }
    verdict = next(nat);
  }
  EXPECT_EQ(packets, 5);
}

TEST_F(Learning, FloodFromManyHostsDoesntEvictWhoMakesProgress) {
  start(LearningMode::kHeuristic);
  Stream nat{kElsewhere};
  next(nat);
  next(nat);
  std::uint32_t host = 0x0a000000;
  for (int packets = 2; packets < 4; ++packets) {
    for (int i = 0; i < 5000; ++i) {
      ASSERT_EQ(show({{IpAddress::v4(be32(++host)), 4000}}), kDropUnproven);
    }
    next(nat);
  }
  EXPECT_EQ(next(nat), kAcceptAndLearn);
}

TEST_F(Learning, SignalledHostFindsASlotInAnyFlood) {
  start(LearningMode::kHeuristic);
  std::uint32_t host = 0x0a000000;
  Stream party{kOtherPort};
  SourceVerdict verdict = kDropUnproven;
  int packets = 0;
  for (; packets < 10 && verdict != kAcceptAndLearn; ++packets) {
    for (int i = 0; i < 5000; ++i) {
      ASSERT_EQ(show({{IpAddress::v4(be32(++host)), 4000}}), kDropUnproven);
    }
    verdict = next(party);
  }
  EXPECT_EQ(packets, 5);
}

TEST_F(Learning, UpdateWithTheSameRemoteKeepsWhatWasLearned) {
  start(LearningMode::kHeuristic);
  Stream nat{kElsewhere};
  packets_to_learn(nat);
  EXPECT_FALSE(learning.update(LearningMode::kHeuristic, SourcePolicy::kMediaHandover, kSignalled, now));
  EXPECT_EQ(learning.destination(), kElsewhere);
  EXPECT_EQ(learning.policy(), SourcePolicy::kMediaHandover);
}

TEST_F(Learning, UpdateWithANewRemoteBeginsAfresh) {
  start(LearningMode::kHeuristic);
  show({kSignalled});
  const SocketAddress moved = at("192.0.2.200:7000");
  EXPECT_TRUE(learning.update(LearningMode::kHeuristic, SourcePolicy::kStrictSource, moved, now));
  EXPECT_FALSE(learning.confirmed());
  EXPECT_EQ(learning.destination(), moved);
  EXPECT_EQ(show({kSignalled}), kDropUnproven);
  EXPECT_EQ(show({moved}), kAcceptAndLearn);
}

TEST_F(Learning, WhoTalkedBeforeTheUpdateMustWait) {
  start(LearningMode::kHeuristic);
  Stream before{kElsewhere};
  packets_to_learn(before);
  learning.update(LearningMode::kHeuristic, SourcePolicy::kStrictSource, at("192.0.2.200:7000"), now);
  Stream after{kSprayer, 7, 7, 7};  // the new party, behind NAT as well
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(next(before), kDropUnproven);
  }
  SourceVerdict verdict = kDropUnproven;
  for (int i = 0; i < 5; ++i) {
    verdict = next(after);
    EXPECT_NE(step(before), kAcceptAndLearn);
  }
  EXPECT_EQ(verdict, kAcceptAndLearn);
}

TEST_F(Learning, WhoTalkedBeforeTheUpdateIsBelievedAgainInTheEnd) {
  start(LearningMode::kHeuristic);
  Stream party{kElsewhere};
  packets_to_learn(party);
  learning.update(LearningMode::kHeuristic, SourcePolicy::kStrictSource, at("192.0.2.200:7000"), now);
  EXPECT_EQ(packets_to_learn(party), static_cast<int>(SourceLearning::kFormerHoldMs) / 20);
}

TEST_F(Learning, FirstSignalledAddressAndSameHostNeedNoWait) {
  start(LearningMode::kHeuristic, SourcePolicy::kStrictSource, std::nullopt);
  Stream early{kElsewhere};
  packets_to_learn(early);
  EXPECT_TRUE(learning.update(LearningMode::kHeuristic, SourcePolicy::kStrictSource, kSignalled, now));
  EXPECT_EQ(packets_to_learn(early), 5);
  EXPECT_TRUE(learning.update(LearningMode::kHeuristic, SourcePolicy::kStrictSource, kSamePort, now));
  EXPECT_EQ(packets_to_learn(early), 5);
}

TEST_F(Learning, UpdateToTheLearnedAddressSettlesIt) {
  start(LearningMode::kHeuristic);
  Stream nat{kElsewhere};
  packets_to_learn(nat);
  EXPECT_FALSE(learning.update(LearningMode::kHeuristic, SourcePolicy::kStrictSource, kElsewhere, now));
  EXPECT_TRUE(learning.confirmed());
  EXPECT_EQ(learning.signalled(), kElsewhere);
}

TEST_F(Learning, SwitchingOffForgetsWhatWasLearned) {
  start(LearningMode::kHeuristic);
  Stream nat{kElsewhere};
  packets_to_learn(nat);
  EXPECT_TRUE(learning.update(LearningMode::kOff, SourcePolicy::kStrictSource, kSignalled, now));
  EXPECT_EQ(learning.destination(), kSignalled);
}

TEST_F(Learning, RejectionsAreReportedOnceASecond) {
  start(LearningMode::kOff);
  int reports = 0;
  for (int i = 0; i < 10'000; ++i) {
    ++now;
    reports += learning.should_report(now) ? 1 : 0;
  }
  EXPECT_EQ(reports, 10);
}

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
