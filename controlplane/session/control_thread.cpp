#include "controlplane/session/control_thread.hpp"

#include <pthread.h>
#include <sys/prctl.h>

#include <future>
#include <memory>
#include <utility>

namespace pollux::control {

namespace {
// A worker that polls has carried a command out within some microseconds: giving others the CPU for as long
// is cheaper than two task switches and a timer.
constexpr std::chrono::microseconds kCloseLook{30};
constexpr std::chrono::microseconds kBusyWait{50};
constexpr std::chrono::microseconds kIdleWait{2000};
constexpr std::chrono::milliseconds kDrainLook{1};
}  // namespace

ControlThread::ControlThread(SessionManager& manager, Task each_round)
    : manager_(manager), each_round_(std::move(each_round)), thread_([this] { run(); }) {}

bool ControlThread::post(Task task) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) {
      return false;
    }
    tasks_.push_back(std::move(task));
    wake = std::exchange(idle_, false);
  }
  if (wake) {
    wake_.notify_one();
  }
  return true;
}

// While commands are under way the thread looks again so soon that waking it would only cost: tasks that come
// meanwhile are taken together.
std::vector<ControlThread::Task> ControlThread::take_tasks(Moment look_closely_until) {
  std::unique_lock lock(mutex_);
  if (tasks_.empty() && !stopped_) {
    if (manager_.under_way() > 0) {
      lock.unlock();
      if (std::chrono::steady_clock::now() < look_closely_until) {
        std::this_thread::yield();
      } else {
        std::this_thread::sleep_for(kBusyWait);
      }
      lock.lock();
    } else {
      idle_ = true;
      wake_.wait_for(lock, kIdleWait);
      idle_ = false;
    }
  }
  return std::exchange(tasks_, {});
}

void ControlThread::run() {
  pthread_setname_np(pthread_self(), "pollux-control");
  // The default slack of 50 µs would double the waits between polls.
  prctl(PR_SET_TIMERSLACK, 1000UL, 0UL, 0UL, 0UL);
  Moment look_closely_until;
  while (true) {
    const std::vector<Task> tasks = take_tasks(look_closely_until);
    for (const Task& task : tasks) {
      task();
    }
    if (!tasks.empty()) {
      look_closely_until = std::chrono::steady_clock::now() + kCloseLook;
    }
    if (each_round_) {
      each_round_();
    }
    while (manager_.poll()) {
      const std::lock_guard lock(mutex_);
      if (!tasks_.empty()) {
        break;
      }
    }
    const std::lock_guard lock(mutex_);
    if (stopped_ && tasks_.empty()) {
      return;
    }
  }
}

bool ControlThread::call(const Task& task) {
  // Shared, since set_value() may still be busy with it when the waiting thread has gone on.
  const auto done = std::make_shared<std::promise<void>>();
  if (!post([&task, done] {
        task();
        done->set_value();
      })) {
    return false;
  }
  done->get_future().wait();
  return true;
}

std::size_t ControlThread::drain(std::chrono::milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  bool drained = !call([this] { manager_.begin_stop(); });
  while (!drained && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(kDrainLook);
    if (!call([this, &drained] { drained = manager_.drained(); })) {
      return 0;
    }
  }
  std::size_t left = 0;
  if (!drained) {
    call([this, &left] { left = manager_.abandon(); });
  }
  return left;
}

void ControlThread::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  wake_.notify_one();  // or it looks soon
  if (thread_.joinable()) {
    thread_.join();
  }
}

}  // namespace pollux::control
