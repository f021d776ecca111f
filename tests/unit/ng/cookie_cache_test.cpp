#include "controlplane/ng/cookie_cache.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace pollux::ng {
namespace {

using std::chrono::seconds;
using Claim = CookieCache::Claim;

class CookieCacheTest : public testing::Test {
 protected:
  CookieCache::Clock::time_point now{seconds(1000)};
  CookieCache::Options options(std::size_t bytes = 1 << 20) {
    return {.keep = seconds(30), .bytes = bytes, .patience = seconds(20), .now = [this] { return now; }};
  }
  std::string reply;
};

TEST_F(CookieCacheTest, ASecondRequestGetsTheReplyOfTheFirst) {
  CookieCache cache(options());
  const std::string key = CookieCache::key_of("udp 192.0.2.1:5060", "1");
  EXPECT_EQ(cache.claim(key, reply), Claim::kMine);
  cache.finish(key, "done");
  EXPECT_EQ(cache.claim(key, reply), Claim::kDuplicate);
  EXPECT_EQ(reply, "done");
}

TEST_F(CookieCacheTest, AnotherClientWithTheSameCookieIsAnotherRequest) {
  CookieCache cache(options());
  const std::string key = CookieCache::key_of("udp 192.0.2.1:5060", "1");
  cache.claim(key, reply);
  cache.finish(key, "done");
  EXPECT_EQ(cache.claim(CookieCache::key_of("udp 192.0.2.2:5060", "1"), reply), Claim::kMine);
}

TEST_F(CookieCacheTest, RepliesAreKeptForOneToTwoTimesTheTime) {
  CookieCache cache(options());
  now += seconds(29);
  cache.claim("a", reply);
  cache.finish("a", "done");
  now += seconds(30);  // the generation turns over once
  EXPECT_EQ(cache.claim("a", reply), Claim::kDuplicate);
  now += seconds(30);
  EXPECT_EQ(cache.claim("a", reply), Claim::kMine);
  cache.finish("a", "again");
  now += seconds(100);  // nothing was asked meanwhile
  EXPECT_EQ(cache.claim("a", reply), Claim::kMine);
  cache.finish("a", std::nullopt);
  EXPECT_EQ(cache.bytes(), 0U);
}

TEST_F(CookieCacheTest, ADuplicateOfWhatIsInWorkWaitsForIt) {
  CookieCache cache(options());
  ASSERT_EQ(cache.claim("a", reply), Claim::kMine);
  std::string waited;
  Claim claim = Claim::kMine;
  std::thread duplicate([&] { claim = cache.claim("a", waited); });
  cache.finish("a", "done");
  duplicate.join();
  EXPECT_EQ(claim, Claim::kDuplicate);
  EXPECT_EQ(waited, "done");
}

TEST_F(CookieCacheTest, OneThatWaitsTooLongGetsNothing) {
  auto impatient = options();
  impatient.patience = std::chrono::milliseconds(1);
  CookieCache cache(impatient);
  ASSERT_EQ(cache.claim("a", reply), Claim::kMine);
  EXPECT_EQ(cache.claim("a", reply), Claim::kInWork);
}

TEST_F(CookieCacheTest, WhatFailedWithoutAReplyMayBeDoneAgain) {
  CookieCache cache(options());
  cache.claim("a", reply);
  cache.finish("a", std::nullopt);
  EXPECT_EQ(cache.claim("a", reply), Claim::kMine);
}

TEST_F(CookieCacheTest, MemoryIsBounded) {
  CookieCache cache(options(20'000));
  for (int i = 0; i < 100; ++i) {
    const std::string key = "key" + std::to_string(i);
    ASSERT_EQ(cache.claim(key, reply), Claim::kMine);
    cache.finish(key, std::string(1000, 'x'));
    EXPECT_LE(cache.bytes(), 20'000U);
  }
  EXPECT_EQ(cache.claim("key99", reply), Claim::kDuplicate);
  EXPECT_EQ(cache.claim("key0", reply), Claim::kMine);
  cache.finish("key0", std::string(30'000, 'x'));  // larger than all there may be: not kept
  EXPECT_LE(cache.bytes(), 20'000U);
}

}  // namespace
}  // namespace pollux::ng
