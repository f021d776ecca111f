#include "controlplane/ng/press_queue.hpp"

#include <gtest/gtest.h>

namespace pollux::ng {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class Presses : public testing::Test {
 protected:
  Counters::Count lost{0};
  PressQueue queue{lost};
  PressQueue::Clock::time_point now{};
};

TEST_F(Presses, AreGivenOutInOrder) {
  queue.push("1", now);
  queue.push("2", now + seconds(1));
  EXPECT_EQ(queue.pop(now + seconds(1)), "1");
  EXPECT_EQ(queue.pop(now + seconds(1)), "2");
  EXPECT_EQ(queue.pop(now + seconds(1)), std::nullopt);
  EXPECT_EQ(read(lost), 0U);
}

TEST_F(Presses, ThoseThatAreLateAreLost) {
  queue.push("1", now);
  queue.push("2", now + milliseconds(1));
  EXPECT_EQ(queue.pop(now + PressQueue::kOldest + milliseconds(1)), "2");
  EXPECT_EQ(read(lost), 1U);
  queue.push("3", now);
  EXPECT_EQ(queue.pop(now + seconds(300)), std::nullopt);
  EXPECT_EQ(read(lost), 2U);
}

TEST_F(Presses, TheOldestGiveWay) {
  for (std::size_t i = 0; i <= PressQueue::kMost; ++i) {
    queue.push(std::to_string(i), now);
  }
  EXPECT_EQ(queue.pop(now), "1");
  EXPECT_EQ(read(lost), 1U);
}

}  // namespace
}  // namespace pollux::ng
