#include "controlplane/rpc/rate_limiter.hpp"

#include <gtest/gtest.h>

namespace pollux::rpc {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

const RateLimiter::TimePoint kStart{seconds(1000)};

int taken_at(RateLimiter& limiter, const std::string& peer, RateLimiter::TimePoint now, int tries = 1000) {
  int taken = 0;
  for (int i = 0; i < tries; ++i) {
    taken += limiter.take(peer, now) ? 0 : 1;
  }
  return taken;
}

TEST(RateLimiter, ZeroLimitsNothing) {
  EXPECT_FALSE(RateLimiter(0).limits());
  EXPECT_TRUE(RateLimiter(1).limits());
}

TEST(RateLimiter, GivesOneSecondsWorthAtOnceAndThenTheRate) {
  RateLimiter limiter(10);
  EXPECT_EQ(taken_at(limiter, "a", kStart), 10);
  EXPECT_EQ(taken_at(limiter, "a", kStart + milliseconds(99)), 0);
  EXPECT_EQ(taken_at(limiter, "a", kStart + milliseconds(100)), 1);
  EXPECT_EQ(taken_at(limiter, "a", kStart + milliseconds(450)), 3);
  EXPECT_EQ(taken_at(limiter, "a", kStart + seconds(60)), 10);  // no more than that is saved up
}

TEST(RateLimiter, TellsWhenTheNextOneIs) {
  RateLimiter limiter(4);
  EXPECT_EQ(taken_at(limiter, "a", kStart, 4), 4);
  EXPECT_EQ(limiter.take("a", kStart), nanoseconds(milliseconds(250)));
  EXPECT_EQ(limiter.take("a", kStart + milliseconds(200)), nanoseconds(milliseconds(50)));
  EXPECT_EQ(limiter.take("a", kStart + milliseconds(250)), std::nullopt);
}

TEST(RateLimiter, OnePeerTakesNothingFromAnother) {
  RateLimiter limiter(5);
  EXPECT_EQ(taken_at(limiter, "a", kStart), 5);
  EXPECT_EQ(taken_at(limiter, "b", kStart), 5);
}

TEST(RateLimiter, PeersBeyondTheBoundShareABucketUntilOthersAreForgotten) {
  RateLimiter limiter(1);
  for (std::size_t i = 0; i < RateLimiter::kMostPeers; ++i) {
    EXPECT_EQ(taken_at(limiter, "peer" + std::to_string(i), kStart, 2), 1);
  }
  EXPECT_EQ(taken_at(limiter, "x", kStart, 2), 1);
  EXPECT_EQ(taken_at(limiter, "y", kStart, 2), 0);
  EXPECT_EQ(taken_at(limiter, "x", kStart + seconds(1), 2), 1);
  EXPECT_EQ(taken_at(limiter, "y", kStart + seconds(1), 2), 1);
}

}  // namespace
}  // namespace pollux::rpc
