#include "tests/unit/session/learning_fixture.hpp"

namespace pollux::session {
namespace {

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
  EXPECT_EQ(packets_to_learn(sprayer), 4);  // so begins an event of RFC 4733: when it is over, time moves
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

}  // namespace
}  // namespace pollux::session
