#include "controlplane/cli/durations.hpp"

#include <gtest/gtest.h>

#include "tests/unit/cli/messages.hpp"

namespace pollux::cli {
namespace {

v1::DurationHistogram histogram(const char* text) {
  return message<v1::DurationHistogram>(text);
}

TEST(Durations, ThoseBetweenTwoSnapshotsOnly) {
  const auto before =
      histogram("buckets { up_to_ns: 128 count: 1000 } buckets { up_to_ns: 2048 count: 5 } max_ns: 2000");
  const auto now = histogram(
      "buckets { up_to_ns: 128 count: 1000 } buckets { up_to_ns: 1024 count: 98 } "
      "buckets { up_to_ns: 2048 count: 6 } buckets { up_to_ns: 5120 count: 1 } max_ns: 5000");
  const auto quantiles = quantiles_between(before, now);
  ASSERT_TRUE(quantiles);
  EXPECT_EQ(quantiles->p50_ns, 1024U);
  EXPECT_EQ(quantiles->p99_ns, 2048U);
  EXPECT_EQ(quantiles->p999_ns, 5000U) << "never longer than the longest";
}

TEST(Durations, NoneMeansNoQuantiles) {
  const auto some = histogram("buckets { up_to_ns: 128 count: 7 } max_ns: 100");
  EXPECT_FALSE(quantiles_between({}, {}));
  EXPECT_FALSE(quantiles_between(some, some));
  EXPECT_TRUE(quantiles_between({}, some));
}

TEST(Durations, TheLastBucketIsTheSameWhateverItsLimitIsCalled) {
  const auto before = histogram("buckets { up_to_ns: 200000000 count: 3 } max_ns: 200000000");
  const auto now = histogram(
      "buckets { up_to_ns: 128 count: 9 } buckets { up_to_ns: 300000000 count: 4 } max_ns: 300000000");
  const auto quantiles = quantiles_between(before, now);
  ASSERT_TRUE(quantiles);
  EXPECT_EQ(quantiles->p50_ns, 128U);
  EXPECT_EQ(quantiles->p99_ns, 300'000'000U);
}

TEST(Durations, Microseconds) {
  EXPECT_EQ(human_microseconds(64), "0.1 us");
  EXPECT_EQ(human_microseconds(9'940), "9.9 us");
  EXPECT_EQ(human_microseconds(9'960), "10 us");
  EXPECT_EQ(human_microseconds(1'204'300), "1204 us");
}

}  // namespace
}  // namespace pollux::cli
