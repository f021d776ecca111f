// What the data plane reports: completed commands, and what becomes an event for clients.
#include <array>

#include "controlplane/session/session_manager.hpp"

namespace pollux::control {

namespace {

std::optional<SocketAddress> if_set(const SocketAddress& address) {
  return address == SocketAddress{} ? std::nullopt : std::optional(address);
}

}  // namespace

bool SessionManager::poll() {
  static constexpr std::size_t kBatch = 256;
  ++polls_;
  retry_backlog();
  watch_sessions();
  sample_load();
  drain_if_due();
  std::array<Event, kBatch> events;
  const std::size_t count = dataplane_.poll_events(events);
  for (std::size_t i = 0; i < count; ++i) {
    handle(events[i]);
  }
  return count > 0;
}

void SessionManager::sample_load() {
  if (!load_.due(options_.steady_now())) {
    return;
  }
  for (const LoadMonitor::Change& change : load_.sample(dataplane_.stats())) {
    LoggedEvent logged;
    logged.time = options_.system_now();
    logged.type = change.overloaded ? LogEventType::kWorkerOverloaded : LogEventType::kWorkerRelieved;
    logged.worker = change.worker;
    events_.append(std::move(logged));
  }
}

void SessionManager::handle(const Event& event) {
  switch (event.type) {
    case EventType::kPortUp:
      return log_port_event(event, LogEventType::kPortUp);
    case EventType::kPortDown:
      return log_port_event(event, LogEventType::kPortDown);
    case EventType::kDuplicateAddress:
      return log_port_event(event, LogEventType::kDuplicateAddress);
    default:
      break;
  }
  Session* session = store_.find(event.session);
  if (session == nullptr) {
    return;  // given up on when the node stopped
  }
  const bool completes = event.token == session->token;
  switch (event.type) {
    case EventType::kSessionLinked:
      return completes && session->phase == Phase::kLinking ? linked(*session) : void();
    case EventType::kSessionUpdated:
      return completes && session->phase == Phase::kUpdating ? updated(*session) : void();
    case EventType::kSessionUnlinked:
      return completes && session->phase == Phase::kUnlinking ? unlinked(*session) : void();
    case EventType::kFirstMedia:
      return log_session_event(*session, event, LogEventType::kFirstMedia);
    case EventType::kSourceLearned:
      return log_session_event(*session, event, LogEventType::kSourceLearned);
    case EventType::kSourceChanged:
      return log_session_event(*session, event, LogEventType::kSourceChanged);
    case EventType::kSourceRejected:
      return log_session_event(*session, event, LogEventType::kSourceRejected);
    case EventType::kStreamChanged:
      return log_session_event(*session, event, LogEventType::kStreamChanged);
    case EventType::kSrtpKeyExpiring:
      return log_session_event(*session, event, LogEventType::kSrtpKeyExpiring);
    case EventType::kSrtpKeyExpired:
      return log_session_event(*session, event, LogEventType::kSrtpKeyExpired);
    case EventType::kDtmfInjected:
      return dtmf_injected(*session, event);
    case EventType::kDtmf:
      return log_press(*session, event);
    case EventType::kMediaTimeout:
      return media_timeout(*session);
    case EventType::kMediaResumed:
      session->timed_out = false;
      return;
    default:
      return;
  }
}

void SessionManager::media_timeout(Session& session) {
  if (session.phase == Phase::kUpdating) {
    session.timed_out = true;  // to be ended when the update is through, unless media comes back
  } else if (session.phase == Phase::kRunning) {
    log_lifecycle(session, LogEventType::kSessionTimedOut);
    end(session, EndReason::kTimedOut);
  }
}

std::chrono::system_clock::time_point SessionManager::time_of(const Event& event) const {
  if (event.time_unix_ns == 0) {
    return options_.system_now();
  }
  return std::chrono::system_clock::time_point(
      std::chrono::duration_cast<std::chrono::system_clock::duration>(
          std::chrono::nanoseconds(static_cast<std::int64_t>(event.time_unix_ns))));
}

void SessionManager::log_session_event(const Session& session, const Event& event, LogEventType type) {
  LoggedEvent logged;
  logged.time = time_of(event);
  logged.type = type;
  logged.session_id = session.id;
  logged.leg_id = session.leg_name(event.leg_id);
  logged.rtcp = event.component == Component::kRtcp;
  logged.outgoing = event.outgoing;
  logged.from = if_set(event.from);
  logged.to = if_set(event.to);
  logged.ssrc = event.ssrc;
  events_.append(std::move(logged));
}

void SessionManager::log_port_event(const Event& event, LogEventType type) {
  LoggedEvent logged;
  logged.time = time_of(event);
  logged.type = type;
  if (event.port < options_.port_names.size()) {
    logged.port = options_.port_names[event.port];
  }
  logged.to = if_set(event.to);
  events_.append(std::move(logged));
}

void SessionManager::log_lifecycle(const Session& session, LogEventType type) {
  LoggedEvent logged;
  logged.time = options_.system_now();
  logged.type = type;
  logged.session_id = session.id;
  events_.append(std::move(logged));
}

}  // namespace pollux::control
