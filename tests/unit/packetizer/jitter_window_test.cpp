#include "dataplane/packetizer/jitter_window.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace pollux::packetizer {
namespace {

using Push = JitterWindow::Push;

HeldPacket packet(std::uint16_t sequence, std::uint64_t arrival_us, std::uint32_t timestamp) {
  HeldPacket made;
  made.sequence = sequence;
  made.arrival_us = arrival_us;
  made.timestamp = timestamp;
  return made;
}
HeldPacket packet(std::uint16_t sequence, std::uint64_t arrival_us) {
  return packet(sequence, arrival_us, sequence * 160U);
}

struct Popped {
  std::uint16_t sequence;
  std::uint32_t lost;
  friend bool operator==(const Popped&, const Popped&) = default;
};

std::vector<Popped> pop_all(JitterWindow& window, std::uint64_t now_us, bool all = false) {
  std::vector<Popped> popped;
  HeldPacket out;
  std::uint32_t lost = 0;
  while (window.pop(now_us, all, out, lost)) {
    popped.push_back({out.sequence, lost});
  }
  return popped;
}

TEST(JitterWindow, OffLetsEveryPacketGoAtOnceAndCountsWhatIsMissing) {
  JitterWindow window(0);
  EXPECT_EQ(window.push(packet(7, 0)), Push::kTaken);
  EXPECT_EQ(pop_all(window, 0), (std::vector<Popped>{{7, 0}}));
  EXPECT_EQ(window.push(packet(10, 60'000)), Push::kTaken);
  EXPECT_EQ(pop_all(window, 60'000), (std::vector<Popped>{{10, 2}}));
  EXPECT_EQ(window.push(packet(9, 61'000)), Push::kLate);
  EXPECT_EQ(window.push(packet(9, 62'000)), Push::kDuplicate);
  EXPECT_EQ(window.push(packet(10, 63'000)), Push::kDuplicate);
}

TEST(JitterWindow, PacketsThatComeEvenlyDontWait) {
  JitterWindow window(100'000);
  for (std::uint16_t i = 0; i < 500; ++i) {
    const std::uint64_t now = i * 20'000ULL;
    ASSERT_EQ(window.push(packet(i, now)), Push::kTaken);
    ASSERT_EQ(pop_all(window, now), (std::vector<Popped>{{i, 0}}));
  }
  EXPECT_EQ(window.wait_us(), 0U);
}

TEST(JitterWindow, PutsAPacketBackIntoItsPlace) {
  JitterWindow window(60'000);
  window.push(packet(1, 0));
  pop_all(window, 0);
  window.push(packet(3, 40'000));
  EXPECT_TRUE(pop_all(window, 40'000).empty());
  window.push(packet(2, 45'000));
  EXPECT_EQ(pop_all(window, 90'000), (std::vector<Popped>{{2, 0}, {3, 0}}));
  EXPECT_EQ(window.reordered(), 1U);
}

TEST(JitterWindow, WaitsNoLongerThanTheCapForWhatNeverComes) {
  JitterWindow window(30'000);
  window.push(packet(1, 0));
  pop_all(window, 0);
  window.push(packet(3, 40'000));
  EXPECT_EQ(window.due_us(), 70'000U);
  EXPECT_TRUE(pop_all(window, 69'999).empty());
  EXPECT_EQ(pop_all(window, 70'000), (std::vector<Popped>{{3, 1}}));
  EXPECT_EQ(window.due_us(), JitterWindow::kNever);
}

TEST(JitterWindow, GrowsWithTheJitterUpToTheCapAndShrinksAgain) {
  JitterWindow window(50'000);
  std::uint16_t sequence = 0;
  const auto run = [&](int packets, std::uint64_t jitter_us) {
    std::mt19937 random(1);
    std::uint64_t latest = 0;
    for (int i = 0; i < packets; ++i, ++sequence) {
      const std::uint64_t arrival =
          std::max<std::uint64_t>(latest, sequence * 20'000ULL + (jitter_us == 0 ? 0 : random() % jitter_us));
      latest = arrival;
      window.push(packet(sequence, arrival));
      pop_all(window, arrival);
    }
  };
  run(200, 0);
  EXPECT_EQ(window.wait_us(), 0U);
  run(500, 30'000);
  EXPECT_GT(window.wait_us(), 25'000U);
  EXPECT_LE(window.wait_us(), 30'000U);
  run(500, 200'000);
  EXPECT_EQ(window.wait_us(), 50'000U);
  run(6000, 0);
  EXPECT_LT(window.wait_us(), 2'000U);
}

TEST(JitterWindow, EvensOutWhatComesUnevenly) {
  JitterWindow window(60'000);
  std::mt19937 random(2);
  struct Arrival {
    std::uint64_t at;
    std::uint16_t sequence;
  };
  std::vector<Arrival> arrivals;
  for (std::uint16_t i = 0; i < 1500; ++i) {
    arrivals.push_back({i * 20'000ULL + random() % 40'000, i});
  }
  std::ranges::stable_sort(arrivals, {}, &Arrival::at);
  std::vector<std::uint64_t> left(1500);
  std::vector<std::uint16_t> order;
  std::size_t next = 0;
  for (std::uint64_t now = 0; now < 1500 * 20'000ULL + 200'000; now += 1000) {
    for (; next < arrivals.size() && arrivals[next].at <= now; ++next) {
      window.push(packet(arrivals[next].sequence, now));
    }
    for (const Popped& popped : pop_all(window, now)) {
      left[popped.sequence] = now;
      order.push_back(popped.sequence);
    }
  }
  // After it has learned: in order, none lost, and within 2 ms of an even 20 ms.
  EXPECT_TRUE(std::ranges::is_sorted(order));
  EXPECT_GE(order.size(), 1495U);
  int uneven = 0;
  for (std::size_t i = 600; i < 1499; ++i) {
    const auto step = static_cast<std::int64_t>(left[i + 1] - left[i]);
    uneven += step < 18'000 || step > 22'000 ? 1 : 0;
  }
  EXPECT_LT(uneven, 20);
}

TEST(JitterWindow, FollowsASendersClockThatRunsAtItsOwnRate) {
  for (const double rate : {0.9998, 1.0002}) {
    JitterWindow window(60'000);
    std::uint64_t most = 0;
    for (std::uint32_t i = 0; i < 180'000; ++i) {  // an hour
      const auto now = static_cast<std::uint64_t>(i * 20'000.0 * rate);
      window.push(packet(static_cast<std::uint16_t>(i), now, i * 160U));
      most = std::max(most, window.due_us() == JitterWindow::kNever ? 0 : window.due_us() - now);
      HeldPacket out;
      std::uint32_t lost = 0;
      ASSERT_TRUE(window.pop(window.due_us(), false, out, lost));
      ASSERT_EQ(lost, 0U);
    }
    EXPECT_LT(most, 3'000U) << rate;
  }
}

TEST(JitterWindow, ASenderThatStartsOverIsFollowed) {
  JitterWindow window(60'000);
  window.push(packet(20'000, 0));
  pop_all(window, 0);
  EXPECT_EQ(window.push(packet(3, 20'000)), Push::kLate);
  EXPECT_EQ(window.push(packet(4, 40'000)), Push::kTaken);
  EXPECT_EQ(pop_all(window, 40'000), (std::vector<Popped>{{4, 0}}));
}

TEST(JitterWindow, AJumpAheadWaitsUntilTheRestHasGone) {
  JitterWindow window(60'000);
  window.push(packet(1, 0));
  pop_all(window, 0);
  window.push(packet(3, 40'000));
  EXPECT_EQ(window.push(packet(3 + 100, 41'000)), Push::kNoRoom);
  EXPECT_EQ(pop_all(window, 41'000, true), (std::vector<Popped>{{3, 1}}));
  EXPECT_EQ(window.push(packet(3 + 100, 41'000)), Push::kTaken);
  EXPECT_EQ(pop_all(window, 41'000, true), (std::vector<Popped>{{103, 99}}));
  EXPECT_EQ(window.push(packet(103 + 4000, 42'000)), Push::kTaken);
  EXPECT_EQ(pop_all(window, 42'000, true), (std::vector<Popped>{{4103, 0}})) << "a new beginning";
}

TEST(JitterWindow, NumbersGoRoundAndTimestampsToo) {
  JitterWindow window(60'000);
  std::uint32_t timestamp = 0xffffff00;
  for (std::uint32_t i = 0; i < 200; ++i, timestamp += 160) {
    window.push(packet(static_cast<std::uint16_t>(65'500 + i), i * 20'000ULL, timestamp));
    ASSERT_EQ(pop_all(window, i * 20'000ULL),
              (std::vector<Popped>{{static_cast<std::uint16_t>(65'500 + i), 0}}));
  }
}

TEST(JitterWindow, EventsDontCountAsJitter) {
  JitterWindow window(100'000);
  for (std::uint16_t i = 0; i < 50; ++i) {
    HeldPacket event = packet(i, i * 20'000ULL, 5000);
    event.timed = false;
    window.push(event);
    ASSERT_EQ(pop_all(window, i * 20'000ULL).size(), 1U);
  }
  EXPECT_EQ(window.wait_us(), 0U);
}

}  // namespace
}  // namespace pollux::packetizer
