#include "dataplane/dtmf/press_merger.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace pollux::dtmf {
namespace {

using Kind = Outcome::Kind;

class MergerTest : public testing::Test {
 protected:
  Outcome begin(DtmfWay way, std::uint8_t event, std::uint64_t began_ms, std::uint64_t now_ms,
                std::uint32_t duration_ms = 0) {
    return report(PressReport::Kind::kBegin, way, event, began_ms, now_ms, duration_ms);
  }
  Outcome progress(DtmfWay way, std::uint8_t event, std::uint64_t began_ms, std::uint32_t duration_ms) {
    return report(PressReport::Kind::kProgress, way, event, began_ms, began_ms + duration_ms, duration_ms);
  }
  Outcome end(DtmfWay way, std::uint8_t event, std::uint64_t began_ms, std::uint32_t duration_ms,
              std::uint64_t late_ms = 0) {
    return report(PressReport::Kind::kEnd, way, event, began_ms, began_ms + duration_ms + late_ms,
                  duration_ms);
  }
  Outcome report(PressReport::Kind kind, DtmfWay way, std::uint8_t event, std::uint64_t began_ms,
                 std::uint64_t now_ms, std::uint32_t duration_ms) {
    return merger.take(
        way, {.kind = kind, .event = event, .volume = 9, .duration_ms = duration_ms, .began_ms = began_ms},
        now_ms);
  }

  PressMerger merger;
  static constexpr DtmfWay kInBand = DtmfWay::kInBand;
  static constexpr DtmfWay kEvent = DtmfWay::kRfc4733;
  static constexpr DtmfWay kInfo = DtmfWay::kSipInfo;
};

TEST_F(MergerTest, OneWayAlone) {
  const Outcome began = begin(kEvent, 5, 1000, 1020, 20);
  EXPECT_EQ(began.kind, Kind::kBegan);
  EXPECT_EQ(began.way, kEvent);
  EXPECT_EQ(began.event, 5);
  EXPECT_EQ(began.volume, 9);
  EXPECT_NE(began.id, 0U);
  EXPECT_EQ(began.duration_ms, 20U);
  EXPECT_EQ(began.began_ms, 1000U);
  const Outcome on = progress(kEvent, 5, 1000, 40);
  EXPECT_EQ(on.kind, Kind::kProgress);
  EXPECT_EQ(on.id, began.id);
  EXPECT_EQ(on.duration_ms, 40U);
  const Outcome over = end(kEvent, 5, 1000, 60);
  EXPECT_EQ(over.kind, Kind::kEnded);
  EXPECT_EQ(over.id, began.id);
  EXPECT_EQ(over.duration_ms, 60U);
  EXPECT_EQ(over.began_ms, 1000U);
  EXPECT_EQ(end(kEvent, 5, 1000, 60).kind, Kind::kNothing);
  EXPECT_EQ(merger.due_ms(), PressMerger::kNever);
}

TEST_F(MergerTest, TwoByTheSameWayAreTwo) {
  for (const DtmfWay way : {kEvent, kInBand}) {
    merger = {};
    const PressId first = begin(way, 5, 1000, 1000).id;
    EXPECT_EQ(end(way, 5, 1000, 40).id, first);
    const Outcome second = begin(way, 5, 1080, 1080);
    EXPECT_EQ(second.kind, Kind::kBegan);
    EXPECT_NE(second.id, first);
  }
  merger = {};
  const PressId first = merger.take_info(5, 100, 1000).id;
  const Outcome second = merger.take_info(5, 100, 1001);
  EXPECT_EQ(second.kind, Kind::kBegan);
  EXPECT_NE(second.id, first);
}

TEST_F(MergerTest, DifferentKeysAreDifferentPresses) {
  EXPECT_EQ(begin(kEvent, 5, 1000, 1000).kind, Kind::kBegan);
  EXPECT_EQ(begin(kInBand, 6, 1000, 1030).kind, Kind::kBegan);
  EXPECT_EQ(merger.take_info(7, 100, 1030).kind, Kind::kBegan);
}

TEST_F(MergerTest, InBandMergesWithAnEventThatOverlaps) {
  const PressId id = begin(kEvent, 5, 1000, 1000).id;
  const Outcome merged = begin(kInBand, 5, 1010, 1040);
  EXPECT_EQ(merged.kind, Kind::kMerged);
  EXPECT_EQ(merged.id, id);
  EXPECT_EQ(merged.way, kEvent);
  // RFC 4733 was first: it tells the length.
  EXPECT_EQ(progress(kInBand, 5, 1010, 60).kind, Kind::kNothing);
  EXPECT_EQ(end(kInBand, 5, 1010, 70).kind, Kind::kNothing);
  EXPECT_EQ(end(kEvent, 5, 1000, 80).duration_ms, 80U);
}

TEST_F(MergerTest, InBandMergesWithinItsSlackOnly) {
  for (const std::uint64_t gap_ms : {40U, 41U}) {
    merger = {};
    begin(kEvent, 5, 1000, 1000);
    end(kEvent, 5, 1000, 50);
    EXPECT_EQ(begin(kInBand, 5, 1050 + gap_ms, 1120).kind, gap_ms == 40 ? Kind::kMerged : Kind::kBegan)
        << gap_ms;
    // The other way around in time: an event that was over before the tone is said to have begun.
    merger = {};
    begin(kInBand, 5, 1000, 1030);
    end(kInBand, 5, 1000, 50);
    EXPECT_EQ(begin(kEvent, 5, 1000 - 60 - gap_ms, 1120, 60).kind,
              gap_ms == 40 ? Kind::kMerged : Kind::kBegan)
        << gap_ms;
  }
}

TEST_F(MergerTest, AnEventSettlesTheLengthOfATone) {
  const PressId id = begin(kInBand, 5, 1000, 1030).id;
  const Outcome taken = begin(kEvent, 5, 1005, 1045, 40);
  EXPECT_EQ(taken.kind, Kind::kReopened);
  EXPECT_EQ(taken.id, id);
  EXPECT_EQ(taken.way, kInBand);  // it told first
  EXPECT_EQ(end(kInBand, 5, 1000, 45, 30).kind, Kind::kNothing);
  EXPECT_EQ(progress(kEvent, 5, 1005, 80).kind, Kind::kProgress);
  const Outcome over = end(kEvent, 5, 1005, 100);
  EXPECT_EQ(over.kind, Kind::kEnded);
  EXPECT_EQ(over.duration_ms, 100U);
  EXPECT_EQ(over.way, kInBand);
}

TEST_F(MergerTest, AnEventThatComesWhenATonePressIsOverSettlesNothing) {
  begin(kInBand, 5, 1000, 1030);
  EXPECT_EQ(end(kInBand, 5, 1000, 50, 30).kind, Kind::kEnded);
  EXPECT_EQ(begin(kEvent, 5, 1000, 1090, 80).kind, Kind::kMerged);
  EXPECT_EQ(end(kEvent, 5, 1000, 80, 10).kind, Kind::kNothing);
}

TEST_F(MergerTest, InfoEndsByItself) {
  const Outcome began = merger.take_info(5, 160, 1000);
  EXPECT_EQ(began.kind, Kind::kBegan);
  EXPECT_EQ(began.way, kInfo);
  EXPECT_EQ(began.duration_ms, 160U);
  EXPECT_EQ(began.began_ms, 1000U);
  EXPECT_EQ(merger.due_ms(), 1160U);
  EXPECT_EQ(merger.expire(1159).kind, Kind::kNothing);
  const Outcome over = merger.expire(1160);
  EXPECT_EQ(over.kind, Kind::kEnded);
  EXPECT_EQ(over.id, began.id);
  EXPECT_EQ(over.duration_ms, 160U);
  EXPECT_EQ(merger.due_ms(), PressMerger::kNever);
  EXPECT_EQ(merger.expire(2000).kind, Kind::kNothing);
}

TEST_F(MergerTest, EachExpiryIsOnePressTheEarliestFirst) {
  const PressId longer = merger.take_info(5, 200, 1000).id;
  const PressId shorter = merger.take_info(6, 100, 1000).id;
  EXPECT_EQ(merger.due_ms(), 1100U);
  EXPECT_EQ(merger.expire(1500).id, shorter);
  EXPECT_EQ(merger.due_ms(), 1500U);  // by a clock that has gone past it
  EXPECT_EQ(merger.expire(1500).id, longer);
  EXPECT_EQ(merger.expire(1500).kind, Kind::kNothing);
}

TEST_F(MergerTest, InfoMergesWithinItsWindowOnly) {
  for (const std::uint64_t late_ms : {0U, 400U, 401U}) {
    merger = {};
    const PressId id = begin(kEvent, 5, 1000, 1000).id;
    end(kEvent, 5, 1000, 60);
    const Outcome info = merger.take_info(5, 160, 1060 + late_ms);
    EXPECT_EQ(info.kind, late_ms <= 400 ? Kind::kMerged : Kind::kBegan) << late_ms;
    EXPECT_EQ(info.id == id, late_ms <= 400);
    EXPECT_EQ(merger.due_ms() == PressMerger::kNever, late_ms <= 400);
  }
}

TEST_F(MergerTest, InfosWindowBeginsWhereATonesTimeIsSure) {
  for (const std::uint64_t late_ms : {440U, 441U}) {
    merger = {};
    begin(kInBand, 5, 1000, 1030);
    end(kInBand, 5, 1000, 60, 30);
    EXPECT_EQ(merger.take_info(5, 160, 1060 + late_ms).kind, late_ms == 440 ? Kind::kMerged : Kind::kBegan);
  }
}

// Senders that tell of an interval before it has passed make a press seem to be over too early.
TEST_F(MergerTest, InfosWindowBeginsWhenAnEventsEndWasTold) {
  for (const std::uint64_t late_ms : {400U, 401U}) {
    merger = {};
    begin(kEvent, 5, 950, 1000, 50);
    end(kEvent, 5, 950, 100, 50);
    EXPECT_EQ(merger.take_info(5, 160, 1100 + late_ms).kind, late_ms == 400 ? Kind::kMerged : Kind::kBegan);
  }
}

TEST_F(MergerTest, InfoDuringAPressMergesHoweverLongItIs) {
  begin(kInBand, 5, 1000, 1030);
  EXPECT_EQ(merger.take_info(5, 100, 9000).kind, Kind::kMerged);
  EXPECT_EQ(end(kInBand, 5, 1000, 8500).kind, Kind::kEnded);  // the first way tells the length
}

TEST_F(MergerTest, AnEventReopensAnInfoPress) {
  const PressId id = merger.take_info(5, 100, 1000).id;
  const Outcome taken = begin(kEvent, 5, 990, 1010, 20);
  EXPECT_EQ(taken.kind, Kind::kReopened);
  EXPECT_EQ(taken.id, id);
  EXPECT_EQ(merger.due_ms(), PressMerger::kNever);
  EXPECT_EQ(merger.expire(1200).kind, Kind::kNothing);
  const Outcome over = end(kEvent, 5, 990, 300);
  EXPECT_EQ(over.kind, Kind::kEnded);
  EXPECT_EQ(over.duration_ms, 300U);
}

TEST_F(MergerTest, ATonePressDoesntReopenAnInfoPress) {
  merger.take_info(5, 100, 1000);
  EXPECT_EQ(begin(kInBand, 5, 1000, 1030).kind, Kind::kMerged);
  EXPECT_EQ(end(kInBand, 5, 1000, 60, 30).kind, Kind::kNothing);
  EXPECT_EQ(merger.expire(1100).kind, Kind::kEnded);
}

TEST_F(MergerTest, WhatFollowsAnInfoWithinItsWindowMerges) {
  for (const std::uint64_t later_ms : {400U, 401U}) {
    merger = {};
    merger.take_info(5, 100, 1000);
    EXPECT_EQ(merger.expire(1100).kind, Kind::kEnded);
    EXPECT_EQ(begin(kEvent, 5, 1100 + later_ms, 1100 + later_ms).kind,
              later_ms == 400 ? Kind::kMerged : Kind::kBegan);
    EXPECT_EQ(end(kEvent, 5, 1100 + later_ms, 60).kind, later_ms == 400 ? Kind::kNothing : Kind::kEnded);
  }
}

TEST_F(MergerTest, TheOldestThatAWayHasntToldOfIsMeant) {
  std::vector<PressId> ids;
  for (std::uint64_t i = 0; i < 3; ++i) {
    ids.push_back(begin(kEvent, 5, 1000 + 100 * i, 1000 + 100 * i).id);
    end(kEvent, 5, 1000 + 100 * i, 60);
  }
  for (std::uint64_t i = 0; i < 3; ++i) {
    const Outcome info = merger.take_info(5, 60, 1290 + 10 * i);
    EXPECT_EQ(info.kind, Kind::kMerged);
    EXPECT_EQ(info.id, ids[i]);
  }
  EXPECT_EQ(merger.take_info(5, 60, 1330).kind, Kind::kBegan);
}

TEST_F(MergerTest, AllThreeWaysAreOnePress) {
  const PressId id = merger.take_info(11, 250, 1000).id;
  EXPECT_EQ(begin(kEvent, 11, 1000, 1020, 20).kind, Kind::kReopened);
  const Outcome third = begin(kInBand, 11, 1005, 1040);
  EXPECT_EQ(third.kind, Kind::kMerged);
  EXPECT_EQ(third.id, id);
  EXPECT_EQ(end(kInBand, 11, 1005, 70, 30).kind, Kind::kNothing);
  EXPECT_EQ(end(kEvent, 11, 1000, 80).kind, Kind::kEnded);
}

// Once a way has told exactly when the key was down, a tone is measured by that and no longer by the INFO's
// wide window.
TEST_F(MergerTest, AToneOfAnotherPressIsNotTheInfosPress) {
  merger.take_info(5, 100, 1000);
  begin(kEvent, 5, 1000, 1000);
  end(kEvent, 5, 1000, 60);
  EXPECT_EQ(begin(kInBand, 5, 1160, 1190).kind, Kind::kBegan);
}

TEST_F(MergerTest, ALatePressByTheSameWayEndsItself) {
  const PressId second = begin(kEvent, 5, 1200, 1200).id;
  const PressId first = begin(kEvent, 5, 1100, 1210, 60).id;
  EXPECT_NE(first, second);
  EXPECT_EQ(end(kEvent, 5, 1100, 60, 50).id, first);
  EXPECT_EQ(progress(kEvent, 5, 1200, 40).id, second);
  EXPECT_EQ(end(kEvent, 5, 1200, 80).id, second);
}

TEST_F(MergerTest, AToneThatIsLostForAMomentIsNoSecondPress) {
  begin(kEvent, 5, 1000, 1000);
  begin(kInBand, 5, 1000, 1030);
  EXPECT_EQ(end(kInBand, 5, 1000, 80, 30).kind, Kind::kNothing);
  EXPECT_EQ(progress(kEvent, 5, 1000, 200).kind, Kind::kProgress);
  EXPECT_EQ(begin(kInBand, 5, 1150, 1200).kind, Kind::kNothing);
  EXPECT_EQ(end(kInBand, 5, 1150, 80, 30).kind, Kind::kNothing);
  EXPECT_EQ(end(kEvent, 5, 1000, 300).kind, Kind::kEnded);
  // But after that there is a second one, whichever way tells first.
  const Outcome second = begin(kInBand, 5, 1340, 1370);
  EXPECT_EQ(second.kind, Kind::kBegan);
  EXPECT_EQ(begin(kEvent, 5, 1340, 1380).id, second.id);
}

TEST_F(MergerTest, ReportsOfPressesNobodyBeganAreNothing) {
  EXPECT_EQ(progress(kEvent, 5, 1000, 40).kind, Kind::kNothing);
  EXPECT_EQ(end(kInBand, 5, 1000, 40).kind, Kind::kNothing);
  EXPECT_EQ(merger.expire(1000).kind, Kind::kNothing);
}

TEST_F(MergerTest, AsManyAsABurstHas) {
  std::vector<PressId> ids;
  for (std::size_t i = 0; i < PressMerger::kPresses; ++i) {
    ids.push_back(merger.take_info(static_cast<std::uint8_t>(i % 17), 100, 1000).id);
  }
  for (std::size_t i = 0; i < PressMerger::kPresses; ++i) {
    EXPECT_EQ(merger.expire(1100).kind, Kind::kEnded) << i;
  }
  EXPECT_EQ(merger.expire(1100).kind, Kind::kNothing);
  // And again: those that are over give way.
  EXPECT_EQ(merger.take_info(3, 100, 5000).kind, Kind::kBegan);
  EXPECT_EQ(merger.expire(5100).kind, Kind::kEnded);
}

TEST_F(MergerTest, TimesBeyondThirtyTwoBits) {
  const std::uint64_t late = (std::uint64_t{5} << 32) - 30;
  const Outcome began = begin(kEvent, 5, late, late);
  EXPECT_EQ(began.began_ms, late);
  EXPECT_EQ(begin(kInBand, 5, late + 10, late + 40).kind, Kind::kMerged);
  EXPECT_EQ(end(kEvent, 5, late, 60).began_ms, late);
  const Outcome info = merger.take_info(6, 100, late);
  EXPECT_EQ(info.kind, Kind::kBegan);
  EXPECT_EQ(merger.due_ms(), late + 100);
  EXPECT_EQ(merger.expire(late + 100).began_ms, late);
}

TEST_F(MergerTest, IdsAreNotUsedAgain) {
  std::vector<PressId> ids;
  for (std::uint64_t i = 0; i < 200; ++i) {
    const Outcome began = begin(kEvent, 5, 1000 * i, 1000 * i);
    ASSERT_EQ(began.kind, Kind::kBegan);
    end(kEvent, 5, 1000 * i, 60);
    ids.push_back(began.id);
  }
  std::sort(ids.begin(), ids.end());
  EXPECT_EQ(std::adjacent_find(ids.begin(), ids.end()), ids.end());
}

}  // namespace
}  // namespace pollux::dtmf
