#include "controlplane/ops/supervisor.hpp"

#include <spdlog/spdlog.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>

namespace pollux::ops {

namespace {

constexpr std::chrono::milliseconds kLookInterval{2000};
constexpr int kLooksPerWatchdog = 3;

std::optional<std::uint64_t> number_in_environment(const char* name) {
  const char* text = std::getenv(name);
  if (text == nullptr) {
    return std::nullopt;
  }
  std::uint64_t value = 0;
  const char* end = text + std::strlen(text);
  const auto [at, error] = std::from_chars(text, end, value);
  return error == std::errc{} && at == end ? std::optional(value) : std::nullopt;
}

}  // namespace

std::optional<std::chrono::microseconds> watchdog_time() {
  const auto microseconds = number_in_environment("WATCHDOG_USEC");
  const bool ours = std::getenv("WATCHDOG_PID") == nullptr ||
                    number_in_environment("WATCHDOG_PID") == static_cast<std::uint64_t>(getpid());
  if (!ours || !microseconds || *microseconds == 0) {
    return std::nullopt;
  }
  return std::chrono::microseconds(static_cast<std::int64_t>(*microseconds));
}

std::chrono::milliseconds look_interval(std::optional<std::chrono::microseconds> watchdog) {
  if (!watchdog) {
    return kLookInterval;
  }
  const auto often = std::chrono::duration_cast<std::chrono::milliseconds>(*watchdog / kLooksPerWatchdog);
  return std::clamp(often, std::chrono::milliseconds{1}, kLookInterval);
}

std::string reloading_state() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const std::int64_t microseconds = std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
  return "RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds);
}

bool Supervisor::look() {
  const NodeStats stats = hooks_.stats();
  check_workers(stats);
  check_control();
  const bool alive = !control_hung_ && std::none_of(workers_.begin(), workers_.end(),
                                                    [](const Worker& worker) { return worker.hung; });
  std::uint64_t sessions = 0;
  for (const WorkerStats& worker : stats.workers) {
    sessions += worker.sessions;
  }
  std::string status =
      "STATUS=" + std::string(alive ? state_ : "hung") + ", " + std::to_string(sessions) + " sessions";
  if (status != status_) {
    hooks_.notify(status);
    status_ = std::move(status);
  }
  if (alive) {
    hooks_.notify("WATCHDOG=1");
  }
  return alive;
}

void Supervisor::check_workers(const NodeStats& stats) {
  const bool first = workers_.size() != stats.workers.size();
  workers_.resize(stats.workers.size());
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    const WorkerStats& worker = stats.workers[i];
    report(workers_[i].hung, !first && worker.loops == workers_[i].loops,
           "worker " + std::to_string(worker.worker) + " on CPU " + std::to_string(worker.cpu),
           "it relays nothing");
    workers_[i].loops = worker.loops;
  }
}

void Supervisor::check_control() {
  const char* state = answer_->exchange(nullptr);
  report(control_hung_, state == nullptr, "the control thread", "no call is answered");
  if (state != nullptr) {
    state_ = state;
    hooks_.ask_control([answer = answer_](const char* now) { answer->store(now); });
  }
}

void Supervisor::report(bool& was_hung, bool hung, const std::string& who, const std::string& meaning) {
  if (hung && !was_hung) {
    spdlog::error("{} hangs: {}; the watchdog isn't fed until it goes on", who, meaning);
  } else if (!hung && was_hung) {
    spdlog::warn("{} goes on", who);
  }
  was_hung = hung;
}

}  // namespace pollux::ops
