#include "dataplane/base/duration_histogram.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace pollux {
namespace {

DurationCounts counts_of(const std::vector<std::uint64_t>& durations_ns) {
  DurationHistogram histogram;
  for (const std::uint64_t ns : durations_ns) {
    histogram.add(ns);
  }
  return histogram.counts();
}

TEST(DurationBuckets, BeginAt64NanosecondsWithFourToADoubling) {
  const std::vector<std::uint64_t> expected = {64, 80, 96, 112, 128, 160, 192, 224, 256, 320};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(DurationBuckets::limit_ns(i), expected[i]);
  }
  EXPECT_EQ(DurationBuckets::limit_ns(DurationBuckets::kCount - 2), 134'217'728U);
}

TEST(DurationBuckets, HoldTheirLimitAndNothingBeyondIt) {
  EXPECT_EQ(DurationBuckets::of(0), 0U);
  for (std::size_t i = 0; i + 1 < DurationBuckets::kCount; ++i) {
    const std::uint64_t limit = DurationBuckets::limit_ns(i);
    EXPECT_EQ(DurationBuckets::of(limit), i) << limit;
    EXPECT_EQ(DurationBuckets::of(limit + 1), i + 1) << limit;
  }
}

TEST(DurationBuckets, TheLastOneHoldsWhateverIsLonger) {
  EXPECT_EQ(DurationBuckets::of(1'000'000'000), DurationBuckets::kCount - 1);
  EXPECT_EQ(DurationBuckets::of(UINT64_MAX), DurationBuckets::kCount - 1);
}

TEST(DurationHistogram, HasNoQuantilesWithoutDurations) {
  EXPECT_EQ(DurationCounts{}.total(), 0U);
  EXPECT_EQ(DurationCounts{}.quantile_ns(0.5), std::nullopt);
}

TEST(DurationHistogram, SumsAndKeepsTheLongest) {
  DurationHistogram histogram;
  histogram.add(1000, 3);
  histogram.add(70);
  const DurationCounts counts = histogram.counts();
  EXPECT_EQ(counts.total(), 4U);
  EXPECT_EQ(counts.sum_ns, 3070U);
  EXPECT_EQ(counts.most_ns, 1000U);
  EXPECT_EQ(counts.buckets[DurationBuckets::of(1000)], 3U);
  EXPECT_EQ(counts.buckets[DurationBuckets::of(70)], 1U);
}

TEST(DurationHistogram, AQuantileIsTheLimitOfItsBucket) {
  std::vector<std::uint64_t> durations(98, 100);
  durations.push_back(5000);
  durations.push_back(90'000);
  const DurationCounts counts = counts_of(durations);
  EXPECT_EQ(counts.quantile_ns(0.5), 112U);
  EXPECT_EQ(counts.quantile_ns(0.98), 112U);
  EXPECT_EQ(counts.quantile_ns(0.99), 5120U);
  EXPECT_EQ(counts.quantile_ns(0.999), 90'000U) << "never longer than the longest";
  EXPECT_EQ(counts.quantile_ns(0), 112U) << "the shortest one's";
}

TEST(DurationHistogram, AQuantileBeyondTheLastLimitIsTheLongest) {
  EXPECT_EQ(counts_of({100, 2'000'000'000}).quantile_ns(0.99), 2'000'000'000U);
}

TEST(DurationHistogram, AQuantileIsAtMostAQuarterTooLong) {
  for (std::uint64_t ns = 65; ns < 100'000'000; ns += ns / 7) {
    DurationHistogram histogram;
    histogram.add(ns);
    histogram.add(120'000'000);
    const std::uint64_t told = *histogram.counts().quantile_ns(0.5);
    EXPECT_GE(told, ns);
    EXPECT_LE(static_cast<double>(told), 1.25 * static_cast<double>(ns));
  }
}

}  // namespace
}  // namespace pollux
