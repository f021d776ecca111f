// The thread that owns the session manager, and the queue by which other threads reach it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "controlplane/session/session_manager.hpp"

namespace pollux::control {

// Runs posted tasks in order and polls the data plane: closely while commands are under way, seldom
// otherwise.
class ControlThread {
 public:
  using Task = std::function<void()>;

  // Starts the thread. It inherits the CPU set of its maker. `each_round` is called on it every few
  // milliseconds at least. Pre: `manager` outlives this; nobody else uses it.
  explicit ControlThread(SessionManager& manager, Task each_round = {});
  ~ControlThread() { stop(); }
  ControlThread(const ControlThread&) = delete;
  ControlThread& operator=(const ControlThread&) = delete;

  SessionManager& manager() { return manager_; }  // for use inside tasks, but for what any thread may call

  // Any thread. False, and the task dropped, once the thread has stopped; else the task runs exactly once.
  bool post(Task task);

  // Any thread but this one. Posts the task and waits until it has run; false as post().
  bool call(const Task& task);

  // Any thread but this one. Ends all sessions, refusing new ones, and returns when they are unlinked or the
  // time is over; the thread runs on. Returns the number of sessions that were given up.
  std::size_t drain(std::chrono::milliseconds limit);

  // Any thread but this one. Runs what is queued, then ends the thread. May be called again.
  void stop();

 private:
  using Moment = std::chrono::steady_clock::time_point;

  void run();
  std::vector<Task> take_tasks(Moment look_closely_until);

  SessionManager& manager_;
  const Task each_round_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Task> tasks_;  // guarded by mutex_
  bool stopped_ = false;     // guarded by mutex_
  bool idle_ = false;        // guarded by mutex_; the thread waits to be woken
  std::thread thread_;
};

}  // namespace pollux::control
