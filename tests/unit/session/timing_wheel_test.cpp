#include "dataplane/session/timing_wheel.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <vector>

namespace pollux::session {
namespace {

std::vector<Timer*> expired(TimingWheel& wheel, std::uint64_t now_ms) {
  std::vector<Timer*> timers;
  wheel.advance(now_ms, [&](Timer& timer) { timers.push_back(&timer); });
  return timers;
}

TEST(TimingWheel, ExpiresInTheMillisecondThatIsDueAndNotBefore) {
  TimingWheel wheel(1000);
  Timer timer;
  wheel.arm(timer, 1005);
  EXPECT_TRUE(expired(wheel, 1004).empty());
  EXPECT_TRUE(timer.armed());
  EXPECT_EQ(expired(wheel, 1005), std::vector<Timer*>{&timer});
  EXPECT_FALSE(timer.armed());
  EXPECT_TRUE(expired(wheel, 9000).empty());
}

TEST(TimingWheel, TimersBeyondOneTurnGoRound) {
  TimingWheel wheel(0);
  Timer timer;
  wheel.arm(timer, 3 * TimingWheel::kSlots + 7);
  for (std::uint64_t now = 1; now < 3 * TimingWheel::kSlots + 7; ++now) {
    ASSERT_TRUE(expired(wheel, now).empty()) << now;
  }
  EXPECT_EQ(expired(wheel, 3 * TimingWheel::kSlots + 7).size(), 1U);
}

TEST(TimingWheel, SaysWhenATimerIsDue) {
  TimingWheel wheel(1000);
  EXPECT_EQ(wheel.due_within(10), 10U);
  Timer timer;
  wheel.arm(timer, 1005);
  EXPECT_EQ(wheel.due_within(10), 5U);
  EXPECT_EQ(wheel.due_within(3), 3U);
  expired(wheel, 1004);
  EXPECT_EQ(wheel.due_within(10), 1U);
  expired(wheel, 1005);
  EXPECT_EQ(wheel.due_within(10), 10U);
  wheel.arm(timer, 1005 + TimingWheel::kSlots + 2);
  EXPECT_EQ(wheel.due_within(10), 10U) << "it lies in the slot, and goes round once more";
  Timer nearer;
  wheel.arm(nearer, 1007);
  EXPECT_EQ(wheel.due_within(10), 2U);
}

TEST(TimingWheel, ThePastIsDueNext) {
  TimingWheel wheel(1000);
  Timer timer;
  wheel.arm(timer, 5);
  EXPECT_EQ(expired(wheel, 1001).size(), 1U);
}

TEST(TimingWheel, AClockThatJumpsExpiresAllThatIsDue) {
  TimingWheel wheel(0);
  Timer near;
  Timer far;
  Timer later;
  wheel.arm(near, 3);
  wheel.arm(far, 2 * TimingWheel::kSlots + 9);
  wheel.arm(later, 1000000);
  EXPECT_EQ(expired(wheel, 900000).size(), 2U);
  EXPECT_TRUE(later.armed());
  EXPECT_EQ(expired(wheel, 1000000).size(), 1U);
}

TEST(TimingWheel, MayBeArmedAgainWhileItExpires) {
  TimingWheel wheel(0);
  Timer timer;
  wheel.arm(timer, 1);
  unsigned times = 0;
  for (std::uint64_t now = 1; now <= 50; ++now) {
    wheel.advance(now, [&](Timer& due) {
      ++times;
      wheel.arm(due, now + 10);
    });
  }
  EXPECT_EQ(times, 5U);  // at 1, 11, 21, 31, 41
}

TEST(TimingWheel, DisarmedDoesNotExpireAndMovedExpiresOnce) {
  TimingWheel wheel(0);
  Timer gone;
  Timer moved;
  wheel.arm(gone, 5);
  wheel.arm(moved, 5);
  wheel.disarm(gone);
  wheel.disarm(gone);
  wheel.arm(moved, 20);
  EXPECT_TRUE(expired(wheel, 19).empty());
  EXPECT_EQ(expired(wheel, 20), std::vector<Timer*>{&moved});
}

// Against a model: a multimap from due time to timer.
TEST(TimingWheel, OthersMayBeDisarmedAndMovedWhileOneExpires) {
  TimingWheel wheel(0);
  std::array<Timer, 4> timers;
  for (Timer& timer : timers) {
    wheel.arm(timer, 5);
  }
  std::vector<Timer*> called;
  const auto expire = [&](Timer& timer) {
    called.push_back(&timer);
    TimingWheel::disarm(timers[1]);
    wheel.arm(timers[2], 7);
  };
  wheel.advance(5, expire);
  EXPECT_EQ(called, (std::vector<Timer*>{&timers[0], &timers[3]}));
  EXPECT_FALSE(timers[1].armed());
  EXPECT_EQ(expired(wheel, 6).size(), 0U);
  EXPECT_EQ(expired(wheel, 7), std::vector<Timer*>{&timers[2]});
}

TEST(TimingWheel, AgreesWithASortedMap) {
  std::mt19937 random(7);
  TimingWheel wheel(0);
  std::vector<Timer> timers(200);
  std::map<Timer*, std::uint64_t> model;
  std::uint64_t now = 0;
  for (unsigned step = 0; step < 20000; ++step) {
    Timer& timer = timers[random() % timers.size()];
    if (random() % 4 == 0) {
      wheel.disarm(timer);
      model.erase(&timer);
    } else {
      const std::uint64_t due = now + 1 + random() % 10000;
      wheel.arm(timer, due);
      model[&timer] = due;
    }
    now += random() % 16 == 0 ? random() % 9000 : random() % 3;
    std::vector<Timer*> want;
    std::erase_if(
        model, [&](const auto& entry) { return entry.second <= now && (want.push_back(entry.first), true); });
    std::vector<Timer*> got = expired(wheel, now);
    std::sort(got.begin(), got.end());
    std::sort(want.begin(), want.end());
    ASSERT_EQ(got, want) << "step " << step;
  }
}

}  // namespace
}  // namespace pollux::session
