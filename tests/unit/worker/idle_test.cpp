#include "dataplane/worker/idle.hpp"

#include <gtest/gtest.h>

namespace pollux::worker {
namespace {

constexpr std::uint32_t kFirstNap = NapPlan::kWakefulTurns + 1;

TEST(NapPlan, StaysAwakeRightAfterWork) {
  EXPECT_EQ(NapPlan::nap_ns(1), 0U);
  EXPECT_EQ(NapPlan::nap_ns(NapPlan::kWakefulTurns), 0U);
}

TEST(NapPlan, NapsGrowStepByStep) {
  EXPECT_EQ(NapPlan::nap_ns(kFirstNap), NapPlan::kShortNap_ns);
  EXPECT_EQ(NapPlan::nap_ns(kFirstNap + NapPlan::kNapsOfALength - 1), NapPlan::kShortNap_ns);
  EXPECT_EQ(NapPlan::nap_ns(kFirstNap + NapPlan::kNapsOfALength), 2 * NapPlan::kShortNap_ns);
  for (std::uint32_t turn = kFirstNap; turn < kFirstNap + 1000; ++turn) {
    EXPECT_LE(NapPlan::nap_ns(turn), NapPlan::nap_ns(turn + 1));
  }
}

// A packet finds the worker asleep at the worst moment, and the kernel takes its time to wake it.
TEST(NapPlan, TheLongestNapLeavesRoomForWakingUpWithin200Microseconds) {
  EXPECT_EQ(NapPlan::nap_ns(1'000'000), NapPlan::kLongestNap_ns);
  EXPECT_EQ(NapPlan::nap_ns(UINT32_MAX), NapPlan::kLongestNap_ns) << "after hours without work, too";
  EXPECT_LE(NapPlan::kLongestNap_ns, 150'000U);
}

}  // namespace
}  // namespace pollux::worker
