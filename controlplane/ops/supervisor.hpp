// Looks whether the node is alive, and tells systemd and the log.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/api/stats.hpp"

namespace pollux::ops {

// WATCHDOG_USEC, when systemd watches this process; see sd_watchdog_enabled(3).
std::optional<std::chrono::microseconds> watchdog_time();

// How often to look: a few times within `watchdog`, and every two seconds without.
std::chrono::milliseconds look_interval(std::optional<std::chrono::microseconds> watchdog);

// "RELOADING=1" with the time that systemd wants with it.
std::string reloading_state();

// A worker is alive when it has looped since the last look, the control thread when it has answered. While
// one of them isn't, the watchdog gets nothing, so that systemd restarts the node after WatchdogSec; the log
// names who hangs. Belongs to one thread.
class Supervisor {
 public:
  // Told by the control thread: what the node does, "serving" or "draining"; text that lasts.
  using Answer = std::function<void(const char* state)>;
  struct Hooks {
    std::function<NodeStats()> stats;
    std::function<void(Answer)> ask_control;       // calls it there, some time, or never
    std::function<void(std::string_view)> notify;  // sd_notify
  };

  explicit Supervisor(Hooks hooks) : hooks_(std::move(hooks)) {}

  // Whether all are alive. The first look only takes the measure.
  bool look();

 private:
  void check_workers(const NodeStats& stats);
  void check_control();
  void report(bool& was_hung, bool hung, const std::string& who, const std::string& meaning);

  struct Worker {
    std::uint64_t loops = 0;
    bool hung = false;
  };

  const Hooks hooks_;
  std::vector<Worker> workers_;
  // Shared with answers that may outlive this; written by: control; null while the answer is awaited.
  std::shared_ptr<std::atomic<const char*>> answer_ = std::make_shared<std::atomic<const char*>>("serving");
  const char* state_ = "serving";
  bool control_hung_ = false;
  std::string status_;  // as told last
};

}  // namespace pollux::ops
