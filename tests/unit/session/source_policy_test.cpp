#include "tests/unit/session/learning_fixture.hpp"

namespace pollux::session {
namespace {

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

TEST_F(Learning, ProbationDoesntSpanTwoSilences) {
  start(LearningMode::kHeuristic, SourcePolicy::kMediaHandover);
  Stream party{kSignalled};
  next(party);
  now += 5000;
  Stream other{kElsewhere};
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(next(other), kDropMismatch);
  }
  next(party);
  now += config.handover_silence_ms;
  EXPECT_EQ(packets_to_learn(other), 5);
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

}  // namespace
}  // namespace pollux::session
