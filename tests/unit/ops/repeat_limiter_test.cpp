#include "controlplane/ops/repeat_limiter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pollux::ops {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

const RepeatLimiter::Time kStart{std::chrono::seconds(1'700'000'000)};

TEST(RepeatLimiter, KindsDifferInWordsOnly) {
  EXPECT_EQ(RepeatLimiter::kind_of("session call-17: lost 3 of 9 from 10.0.0.1:4000"),
            RepeatLimiter::kind_of("session call-4: lost 12 of 40 from [2001:db8::1]:5000"));
  EXPECT_EQ(RepeatLimiter::kind_of("unknown \"a b\" here"), RepeatLimiter::kind_of("unknown \"\" here"));
  EXPECT_NE(RepeatLimiter::kind_of("port lan is up"), RepeatLimiter::kind_of("port lan is down"));
  EXPECT_EQ(RepeatLimiter::kind_of("an open \" quote"), "an open \"\"");
  EXPECT_LE(RepeatLimiter::kind_of(std::string(5000, 'x')).size(), 200U);
}

TEST(RepeatLimiter, AdmitsSoManyASecondAndTellsTheRest) {
  RepeatLimiter limiter(2);
  EXPECT_TRUE(limiter.admit("lost 1", kStart));
  EXPECT_TRUE(limiter.admit("lost 2", kStart + 1ms));
  EXPECT_FALSE(limiter.admit("lost 3", kStart + 2ms));
  EXPECT_FALSE(limiter.admit("lost 4", kStart + 999ms));
  EXPECT_TRUE(limiter.admit("another thing", kStart + 999ms));
  EXPECT_THAT(limiter.take_suppressed(kStart + 999ms), IsEmpty());
  EXPECT_TRUE(limiter.admit("lost 5", kStart + 1s));
  const auto suppressed = limiter.take_suppressed(kStart + 1s);
  ASSERT_THAT(suppressed, SizeIs(1));
  EXPECT_EQ(suppressed[0].count, 2U);
  EXPECT_EQ(suppressed[0].example, "lost 3");
  EXPECT_THAT(limiter.take_suppressed(kStart + 9s), IsEmpty());
}

TEST(RepeatLimiter, TellsWhatWasSuppressedEvenWhenNothingFollows) {
  RepeatLimiter limiter(1);
  EXPECT_TRUE(limiter.admit("a", kStart));
  EXPECT_FALSE(limiter.admit("a", kStart));
  EXPECT_THAT(limiter.take_suppressed(kStart + 2s), SizeIs(1));
}

TEST(RepeatLimiter, ZeroIsNoLimit) {
  RepeatLimiter limiter(0);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_TRUE(limiter.admit("a", kStart));
  }
}

TEST(RepeatLimiter, ManyKindsAtOnceShareTheLimit) {
  RepeatLimiter limiter(1);
  std::size_t admitted = 0;
  for (int i = 0; i < 100'000; ++i) {
    std::string word;
    for (int left = i; left > 0; left /= 26) {
      word += static_cast<char>('a' + left % 26);
    }
    admitted += limiter.admit("x " + word, kStart) ? 1U : 0U;
  }
  EXPECT_LE(admitted, 1100U);
  EXPECT_TRUE(limiter.admit("later", kStart + 2s));
}

TEST(RepeatLimiter, SurvivesAClockThatIsSetBack) {
  RepeatLimiter limiter(1);
  EXPECT_TRUE(limiter.admit("a", kStart));
  EXPECT_TRUE(limiter.admit("a", kStart - 1h));
}

}  // namespace
}  // namespace pollux::ops
