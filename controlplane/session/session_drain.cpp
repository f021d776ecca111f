// A node that is being emptied, and what a reloaded configuration changes.
#include <algorithm>
#include <utility>

#include "controlplane/session/session_manager.hpp"

namespace pollux::control {

namespace {
// After the deadline: how long sessions that are being ended may take before the drain counts as done.
constexpr std::chrono::seconds kEndPatience{2};
}  // namespace

void SessionManager::drain(std::optional<std::chrono::milliseconds> deadline, bool end_sessions) {
  if (stopping_) {
    return;
  }
  drain_deadline_.reset();
  if (deadline) {
    drain_deadline_ = options_.steady_now() + *deadline;
  }
  drain_ends_sessions_ = end_sessions;
  end_all_ = EndReason::kNone;
  if (!std::exchange(draining_, true)) {
    log_node_event(LogEventType::kNodeDraining);
  }
}

Expected<void> SessionManager::undrain() {
  if (stopping_) {
    return fail(ErrorCode::kUnavailable, "NODE_STOPPING", "",
                "this node is stopping and takes no sessions again: start it anew");
  }
  drain_deadline_.reset();
  end_all_ = EndReason::kNone;
  if (std::exchange(draining_, false)) {
    log_node_event(LogEventType::kNodeUndrained);
  }
  return {};
}

DrainProgress SessionManager::drain_progress() const {
  DrainProgress progress;
  progress.sessions_left = store_.size();
  progress.done = progress.sessions_left == 0;
  if (drain_deadline_) {
    const auto left = *drain_deadline_ - options_.steady_now();
    progress.time_left = std::max(std::chrono::ceil<std::chrono::milliseconds>(left), {});
    progress.done |= left <= (drain_ends_sessions_ ? -kEndPatience : std::chrono::seconds{0});
  }
  return progress;
}

void SessionManager::drain_if_due() {
  if (draining_ && drain_ends_sessions_ && drain_deadline_ && end_all_ == EndReason::kNone && !stopping_ &&
      options_.steady_now() >= *drain_deadline_) {
    end_running(EndReason::kDrained);
  }
}

// Those that are being made or changed follow when the data plane has answered.
void SessionManager::end_running(EndReason reason) {
  end_all_ = reason;
  std::vector<std::string> running;
  store_.visit("", [&running](Session& session) {
    if (session.phase == Phase::kRunning) {
      running.push_back(session.id);
    }
    return true;
  });
  for (const std::string& id : running) {
    if (Session* session = store_.find(id)) {
      end(*session, reason);
    }
  }
}

void SessionManager::log_node_event(LogEventType type) {
  LoggedEvent logged;
  logged.time = options_.system_now();
  logged.type = type;
  events_.append(std::move(logged));
}

}  // namespace pollux::control
