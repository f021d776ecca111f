#include "dataplane/session/packet_rate.hpp"

#include <gtest/gtest.h>

namespace pollux::session {
namespace {

constexpr std::uint32_t kIntervalUs = 333;  // 3003 packets a second
constexpr std::uint32_t kBurst = PacketRate::kBurstUs / kIntervalUs;

std::uint32_t taken(PacketRate& rate, std::uint32_t now_us, std::uint32_t packets) {
  std::uint32_t count = 0;
  for (std::uint32_t i = 0; i < packets; ++i) {
    const bool exhausted = rate.exhausted(now_us, kIntervalUs);
    const bool passed = rate.take(now_us, kIntervalUs);
    EXPECT_NE(passed, exhausted);
    count += passed ? 1 : 0;
  }
  return count;
}

TEST(PacketRate, LetsASecondsWorthThroughAtOnce) {
  PacketRate rate;
  EXPECT_EQ(taken(rate, 5'000'000, 2 * kBurst), kBurst);
}

TEST(PacketRate, ThenAsMuchAsTimePasses) {
  PacketRate rate;
  std::uint32_t now_us = 5'000'000;
  taken(rate, now_us, 2 * kBurst);
  std::uint32_t count = 0;
  for (int i = 0; i < 10'000; ++i) {  // ten seconds at 100 times what a voice codec sends
    now_us += 1000;
    count += taken(rate, now_us, 5);
  }
  EXPECT_NEAR(count, 30'030, 2);
}

TEST(PacketRate, NeverMeetsWhoKeepsWithinIt) {
  PacketRate rate;
  for (std::uint32_t i = 0; i < 100'000; ++i) {
    ASSERT_TRUE(rate.take(i * kIntervalUs, kIntervalUs)) << i;
  }
}

TEST(PacketRate, IsFullAgainAfterASecondOfSilence) {
  PacketRate rate;
  taken(rate, 0, 2 * kBurst);
  EXPECT_EQ(taken(rate, 500'000, 2 * kBurst), kBurst / 2);
  EXPECT_EQ(taken(rate, 1'600'000, 2 * kBurst), kBurst);
}

// The clock comes round after 71 minutes.
TEST(PacketRate, SurvivesTheWrapOfTheClock) {
  PacketRate rate;
  std::uint32_t now_us = 0xffff'ffff - 3 * 20'000;
  for (int i = 0; i < 100; ++i, now_us += 20'000) {
    ASSERT_TRUE(rate.take(now_us, kIntervalUs)) << i;
  }
  EXPECT_EQ(taken(rate, 0x8000'0000U, 2 * kBurst), kBurst);  // half a round later
  EXPECT_EQ(taken(rate, 0x7000'0000U, 2 * kBurst), kBurst);  // nearly a whole one
}

TEST(PacketRate, OfOneInASecond) {
  PacketRate rate;
  EXPECT_TRUE(rate.take(7, PacketRate::kBurstUs));
  EXPECT_FALSE(rate.take(8, PacketRate::kBurstUs));
  EXPECT_TRUE(rate.take(7 + PacketRate::kBurstUs, PacketRate::kBurstUs));
}

}  // namespace
}  // namespace pollux::session
