// A command's way through the data plane: handed over, acknowledged or failed, answered, and then the next
// one.
#include <spdlog/spdlog.h>

#include <utility>

#include "controlplane/session/session_failures.hpp"
#include "controlplane/session/session_manager.hpp"
#include "controlplane/session/spec_builder.hpp"

namespace pollux::control {

namespace {

// How long a command waits for a worker whose mailbox is full.
constexpr std::chrono::seconds kPatience{2};
constexpr std::chrono::milliseconds kExpiryInterval{100};  // between two looks for those whose time is over

Failure to_failure(Error error) {
  switch (error.code) {
    case ErrorCode::kInvalidArgument: {
      // What only the data plane can know, such as an address that no port has.
      const std::string field = error.field.empty() ? "spec" : "spec." + error.field;
      return invalid_fields({{field, std::move(error.message)}});
    }
    case ErrorCode::kExhausted:
      return make_failure(error.code,
                          error.cause == "MEMORY_EXHAUSTED" || error.cause == "SRTP_CONTEXTS_EXHAUSTED" ||
                                  error.cause == "MEDIA_EXHAUSTED"
                              ? error.cause
                              : "SESSIONS_EXHAUSTED",
                          std::move(error.message));
    case ErrorCode::kUnavailable:
      return make_failure(error.code, "NODE_BUSY", "the worker takes no more commands now: try again");
    default:
      return make_failure(ErrorCode::kInternal, "INTERNAL", std::move(error.message));
  }
}

}  // namespace

void SessionManager::set_phase(Session& session, Phase phase) {
  if (session.busy()) {
    --under_way_;
  }
  if (session.phase == Phase::kLinking) {
    --linking_;
  }
  session.phase = phase;
  if (session.busy()) {
    ++under_way_;
  }
}

void SessionManager::submit(Session& session) {
  session.token = ++last_token_;
  session.give_up = session.phase == Phase::kUnlinking ? std::chrono::steady_clock::time_point::max()
                                                       : options_.steady_now() + kPatience;
  auto& backlog = backlog_[session.worker];
  if (!backlog.empty()) {
    backlog.push_back(&session);
    return;
  }
  if (auto taken = try_submit(session); !taken) {
    if (may_pass(taken.error())) {
      backlog.push_back(&session);
    } else {
      command_failed(session, std::move(taken.error()));
    }
  }
}

Expected<void> SessionManager::try_submit(Session& session) {
  if (session.phase == Phase::kUnlinking) {
    return dataplane_.remove_session(session.handle, session.token);
  }
  if (session.phase == Phase::kUpdating) {
    const PendingUpdate& update = *session.update;
    return dataplane_.update_session(
        session.handle, build_spec(*update.request, update.legs, {session.worker, update.media_worker}),
        session.token);
  }
  auto handle = dataplane_.add_session(
      build_spec(*session.request, session.legs, {session.worker, session.media_worker}), session.token);
  if (!handle) {
    return tl::unexpected<Error>(std::move(handle.error()));
  }
  store_.set_handle(session, *handle);
  return {};
}

// Whether a later try may do: a full mailbox will be emptied, and what the last sessions had comes back with
// the poll that follows the report of their end.
bool SessionManager::may_pass(const Error& error) const {
  return error.code == ErrorCode::kUnavailable ||
         (error.code == ErrorCode::kExhausted && polls_ < memory_back_);
}

void SessionManager::retry_backlog() {
  const auto now = options_.steady_now();
  const bool look_behind = now >= next_expiry_;
  if (look_behind) {
    next_expiry_ = now + kExpiryInterval;
  }
  for (auto& backlog : backlog_) {
    retry(backlog);
    if (look_behind) {
      expire(backlog);
    }
  }
}

void SessionManager::retry(std::deque<Session*>& backlog) {
  while (!backlog.empty()) {
    Session& session = *backlog.front();
    auto taken = try_submit(session);
    if (!taken && may_pass(taken.error()) && options_.steady_now() < session.give_up) {
      return;
    }
    backlog.pop_front();
    if (!taken) {
      command_failed(session, std::move(taken.error()));
    }
  }
}

// The first may wait for ever, since a session has to end some time; those behind it need an answer all the
// same. Failing lets others join at the end only.
void SessionManager::expire(std::deque<Session*>& backlog) {
  for (std::size_t i = 0; i < backlog.size();) {
    Session& session = *backlog[i];
    if (options_.steady_now() < session.give_up) {
      ++i;
      continue;
    }
    backlog.erase(backlog.begin() + static_cast<std::ptrdiff_t>(i));
    command_failed(session, Error{ErrorCode::kUnavailable, "WORKER_BUSY", {}, "the worker is busy"});
  }
}

void SessionManager::end(Session& session, EndReason reason) {
  session.end_reason = reason;
  set_phase(session, Phase::kUnlinking);
  submit(session);
}

void SessionManager::command_failed(Session& session, Error error) {
  if (session.phase == Phase::kUnlinking) {
    // The data plane doesn't know it: it is gone, which is what was asked for.
    spdlog::error("session {}: the data plane can't end it: {}", session.id, error.message);
    return unlinked(session);
  }
  const SessionResult failure = tl::unexpected(to_failure(std::move(error)));
  auto waiters = session.waiters.take_all();
  if (session.phase == Phase::kUpdating) {
    for (const PortLease& lease : session.update->added) {
      placement_.release(lease);
    }
    media_budget_.give_back(session.update->media_added, session.update->media_worker);
    session.update.reset();
    set_phase(session, Phase::kRunning);
    answer(std::move(waiters), failure);
    return settle(session);
  }
  count_refusal(failure.error().error, waiters.size());
  auto queued = session.queued.take_all();
  forget(session);
  answer(std::move(waiters), failure);
  for (const auto& command : queued) {
    command();
  }
}

void SessionManager::linked(Session& session) {
  session.create_time = options_.system_now();
  set_phase(session, Phase::kRunning);
  ++totals_.created;
  log_lifecycle(session, LogEventType::kSessionStarted);
  begin_watch(session);
  auto waiters = session.waiters.take_all();
  if (end_all_ != EndReason::kNone) {
    answer(std::move(waiters), tl::unexpected(make_failure(ErrorCode::kUnavailable, "NODE_DRAINING",
                                                           "this node ends its sessions")));
    return end(session, end_all_);
  }
  const std::string id = session.id;
  answer(std::move(waiters), view(session));
  run_queue(id);
}

void SessionManager::updated(Session& session) {
  const auto update = std::exchange(session.update, nullptr);
  session.request = update->request;
  session.legs = update->legs;
  if (update->media_cost < session.media_cost) {
    media_budget_.give_back(session.media_cost - update->media_cost, session.media_worker);
  }
  session.media_cost = update->media_cost;
  session.media_worker = update->media_worker;
  for (const PortLease& lease : update->removed) {
    placement_.release(lease);
  }
  memory_back_ = polls_ + 2;
  set_phase(session, Phase::kRunning);
  answer(session.waiters.take_all(), view(session));
  settle(session);
}

// After an update, whether or not it succeeded: what had to wait for it.
void SessionManager::settle(Session& session) {
  const bool timed_out = std::exchange(session.timed_out, false);
  if (end_all_ != EndReason::kNone) {
    return end(session, end_all_);
  }
  if (timed_out && session.request->media_timeout != std::chrono::milliseconds{0}) {
    return media_timeout(session);
  }
  run_queue(std::string(session.id));
}

void SessionManager::unlinked(Session& session) {
  const SessionView last = view(session);
  if (session.end_reason == EndReason::kTimedOut) {
    ++totals_.timed_out;
  } else {
    ++totals_.deleted;
  }
  log_end(session, last);
  memory_back_ = polls_ + 2;
  auto waiters = session.waiters.take_all();
  auto queued = session.queued.take_all();
  forget(session);
  answer(std::move(waiters), last);
  for (const auto& command : queued) {
    command();
  }
}

// Gives back all that the session holds.
void SessionManager::forget(Session& session) {
  for (const PlacedLeg& leg : session.legs) {
    placement_.release(leg.lease);
  }
  placement_.session_gone(session.worker);
  media_budget_.give_back(session.media_cost, session.media_worker);
  set_phase(session, Phase::kRunning);
  auto injections = session.injections.take_all();
  const Failure gone = unknown_session(session.id);
  store_.erase(session);
  fail_injections(std::move(injections), abandoned_ ? node_draining() : gone);
}

void SessionManager::answer(std::vector<SessionCallback> waiters, const SessionResult& result) {
  for (const auto& waiter : waiters) {
    waiter(result);
  }
}

// Commands that waited; as soon as one keeps the data plane busy, the rest waits on. A command that fails at
// once gets here again from within: then the loop further out goes on, lest the stack grow with the queue.
void SessionManager::run_queue(const std::string& id) {
  Session* session = store_.find(id);
  if (session == nullptr || session->running_queue) {
    return;
  }
  while (session != nullptr && !session->busy() && !session->queued.empty()) {
    session->running_queue = true;
    session->queued.take(session->queued.begin())();
    session = store_.find(id);  // the command may have erased it
  }
  if (session != nullptr) {
    session->running_queue = false;
  }
}

void SessionManager::begin_stop() {
  stopping_ = true;
  end_running(EndReason::kNodeStopped);
}

std::size_t SessionManager::abandon() {
  stopping_ = abandoned_ = true;
  const std::size_t left = store_.size();
  for (auto& backlog : backlog_) {
    backlog.clear();
  }
  const SessionResult failure = tl::unexpected(
      make_failure(ErrorCode::kUnavailable, "NODE_DRAINING", "this node stops without an answer"));
  std::vector<Session*> sessions;
  store_.visit("", [&sessions](Session& session) {
    sessions.push_back(&session);
    return true;
  });
  std::vector<std::function<void()>> queued;
  for (Session* session : sessions) {
    answer(session->waiters.take_all(), failure);
    std::ranges::move(session->queued.take_all(), std::back_inserter(queued));
    if (session->update) {
      for (const PortLease& lease : session->update->added) {
        placement_.release(lease);
      }
      media_budget_.give_back(session->update->media_added, session->update->media_worker);
    }
    forget(*session);
  }
  for (const auto& command : queued) {
    command();  // refused, as all commands are from now on
  }
  return left;
}

}  // namespace pollux::control
