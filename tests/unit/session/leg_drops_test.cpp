#include "dataplane/session/leg_drops.hpp"

#include <gtest/gtest.h>

namespace pollux::session {
namespace {

TEST(LegDrops, CountsEachReasonApart) {
  LegDrops drops;
  EXPECT_EQ(drops.get(DropReason::ethernet_malformed), 0U);
  drops.add(DropReason::no_remote);
  drops.add(DropReason::ethernet_malformed);  // the first of all: number 0
  drops.add(DropReason::no_remote);
  EXPECT_EQ(drops.get(DropReason::no_remote), 2U);
  EXPECT_EQ(drops.get(DropReason::ethernet_malformed), 1U);
  EXPECT_EQ(drops.get(DropReason::tx_full), 0U);
}

TEST(LegDrops, ReasonsThatComeWhenAllPlacesAreTakenDisturbNoOther) {
  LegDrops drops;
  static_assert(LegDrops::kKinds < kDropReasonCount);
  for (std::size_t round = 0; round < 3; ++round) {
    for (std::size_t reason = 0; reason < kDropReasonCount; ++reason) {
      drops.add(static_cast<DropReason>(reason));
    }
  }
  std::size_t met = 0;
  drops.visit([&](DropReason reason, std::uint64_t packets) {
    EXPECT_EQ(static_cast<std::size_t>(reason), met++);
    EXPECT_EQ(packets, 3U);
  });
  EXPECT_EQ(met, LegDrops::kKinds);
}

TEST(LegDrops, VisitsWhatItHasMet) {
  LegDrops drops;
  drops.add(DropReason::tx_full);
  std::size_t calls = 0;
  drops.visit([&](DropReason reason, std::uint64_t packets) {
    ++calls;
    EXPECT_EQ(reason, DropReason::tx_full);
    EXPECT_EQ(packets, 1U);
  });
  EXPECT_EQ(calls, 1U);
}

}  // namespace
}  // namespace pollux::session
