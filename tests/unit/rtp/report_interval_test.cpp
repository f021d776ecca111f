#include "dataplane/rtp/report_interval.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace pollux::rtp {
namespace {

// Tmin / (e - 3/2) x 0.5 and x 1.5.
constexpr double kLeastMs = 2052.04;
constexpr double kMostMs = 6156.13;

TEST(ReportInterval, IsTminSpreadAndCompensated) {
  EXPECT_EQ(report_interval_ms(false, 0), static_cast<std::uint32_t>(kLeastMs));
  EXPECT_EQ(report_interval_ms(false, 0xffffffff), static_cast<std::uint32_t>(kMostMs) - 1);
  EXPECT_EQ(report_interval_ms(false, 0x80000000), 4104U);
  EXPECT_EQ(report_interval_ms(true, 0x80000000), 2052U);
}

// Turns a schedule as a worker does, until it has reported `count` times.
std::vector<double> intervals(std::uint64_t seed, std::size_t count) {
  XorShift random(seed);
  ReportInterval interval;
  std::vector<double> result;
  std::uint64_t last_ms = 1000;
  interval.begin(last_ms, random);
  while (result.size() < count) {
    const std::uint64_t now_ms = interval.due_ms();
    if (interval.expire(now_ms, random)) {
      result.push_back(static_cast<double>(now_ms - last_ms));
      last_ms = now_ms;
    }
    EXPECT_GT(interval.due_ms(), now_ms);
  }
  return result;
}

// RFC 3550 A.7 with timer reconsideration: the density of an interval x, in units of Td / (e - 3/2), is
// (x - 1/2) e^(x - 1/2), whose mean is e - 3/2 and whose standard deviation 0.218.
TEST(ReportInterval, IsFiveSecondsOnAverage) {
  std::vector<double> all = intervals(7, 1001);
  all.erase(all.begin());  // the first one is shorter
  double sum = 0;
  double squares = 0;
  for (const double ms : all) {
    EXPECT_GE(ms, std::floor(kLeastMs));
    EXPECT_LE(ms, std::ceil(kMostMs));
    sum += ms;
    squares += ms * ms;
  }
  const double count = static_cast<double>(all.size());
  const double mean = sum / count;
  EXPECT_NEAR(mean, 5000, 100);
  EXPECT_NEAR(std::sqrt(squares / count - mean * mean), 0.218 * 4104, 60);
  EXPECT_LT(*std::min_element(all.begin(), all.end()), 3000);
  EXPECT_GT(*std::max_element(all.begin(), all.end()), 6000);
}

TEST(ReportInterval, TheFirstOneIsHalf) {
  double sum = 0;
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    const double first = intervals(seed * 0x9e3779b97f4a7c15U, 1).front();
    EXPECT_GE(first, std::floor(kLeastMs / 2));
    EXPECT_LE(first, std::ceil(kMostMs / 2));
    sum += first;
  }
  EXPECT_NEAR(sum / 500, 2500, 100);
}

TEST(ReportInterval, ALateTimerIsNoReasonToHurry) {
  XorShift random(3);
  ReportInterval interval;
  interval.begin(0, random);
  EXPECT_TRUE(interval.expire(60'000, random));
  EXPECT_GE(interval.due_ms(), 62'052U);
}

TEST(XorShift, GoesOnFromAnySeed) {
  XorShift zero(0);
  EXPECT_NE(zero(), zero());
  XorShift one(1);
  XorShift two(2);
  EXPECT_NE(one() ^ one(), two() ^ two());
}

}  // namespace
}  // namespace pollux::rtp
