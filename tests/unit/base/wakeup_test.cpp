#include "dataplane/base/wakeup.hpp"

#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <atomic>
#include <thread>

namespace pollux {
namespace {

struct WakeupTest : ::testing::Test {
  WakeupTest() {
    epoll_event event{.events = EPOLLIN | EPOLLET, .data = {}};
    EXPECT_TRUE(wakeup.ok());
    EXPECT_EQ(epoll_ctl(epoll, EPOLL_CTL_ADD, wakeup.descriptor(), &event), 0);
  }
  ~WakeupTest() override { close(epoll); }
  // Each ring once.
  bool rings(int milliseconds = 0) const {
    epoll_event event;
    return epoll_wait(epoll, &event, 1, milliseconds) == 1;
  }
  Wakeup wakeup;
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
};

TEST_F(WakeupTest, RingsForASleeperOnly) {
  wakeup.wake();
  EXPECT_FALSE(rings()) << "nobody sleeps";
  for (int round = 0; round < 3; ++round) {
    wakeup.will_sleep();
    EXPECT_FALSE(rings());
    wakeup.wake();
    wakeup.wake();
    EXPECT_TRUE(rings());
    EXPECT_FALSE(rings()) << "once is enough";
  }
}

TEST_F(WakeupTest, WhoIsAwakeAgainIsLeftAlone) {
  wakeup.will_sleep();
  wakeup.is_awake();
  wakeup.wake();
  EXPECT_FALSE(rings());
}

// A sleeper that looks once more after will_sleep() misses nothing: it finds what was put, or is woken.
TEST_F(WakeupTest, NothingIsMissed) {
  constexpr int kRounds = 20'000;
  std::atomic<int> put{0};
  std::atomic<int> taken{0};
  std::atomic<bool> failed{false};
  std::thread waker([&] {
    for (int round = 1; round <= kRounds && !failed.load(); ++round) {
      put.store(round, std::memory_order_release);
      wakeup.wake();
      while (taken.load(std::memory_order_acquire) != round && !failed.load()) {
        std::this_thread::yield();
      }
    }
  });
  for (int round = 1; round <= kRounds && !failed.load(); ++round) {
    while (put.load(std::memory_order_acquire) != round) {
      wakeup.will_sleep();
      if (put.load(std::memory_order_acquire) != round && !rings(10'000)) {
        ADD_FAILURE() << "asleep for good in round " << round;
        failed = true;
        break;
      }
      wakeup.is_awake();
    }
    taken.store(round, std::memory_order_release);
  }
  waker.join();
}

}  // namespace
}  // namespace pollux
