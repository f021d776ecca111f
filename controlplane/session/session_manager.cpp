#include "controlplane/session/session_manager.hpp"

#include "controlplane/session/session_failures.hpp"

namespace pollux::control {

ManagerOptions make_manager_options(const config::NodeConfig& config, std::string node_run) {
  ManagerOptions options;
  options.networks = config.networks;
  for (const PortConfig& port : config.dataplane.ports) {
    options.port_names.push_back(port.name);
  }
  options.media_timeout = config.timeouts.media;
  options.jitter_window_ms = static_cast<std::uint16_t>(config.media.jitter_window.count());
  options.one_way_audio = config.timeouts.one_way_audio;
  options.max_sessions = config.dataplane.max_sessions;
  options.admission = config.admission;
  options.srtp = config.srtp;
  options.event_log_size = config.event_log_size;
  options.node_run = std::move(node_run);
  return options;
}

SessionManager::SessionManager(Dataplane& dataplane, ManagerOptions options)
    : dataplane_(dataplane),
      options_(std::move(options)),
      load_(dataplane.workers().size()),
      admission_(options_.admission, options_.max_sessions, load_),
      placement_(options_.networks, dataplane, load_),
      media_budget_(dataplane.workers(), load_),
      events_(options_.event_log_size, options_.node_run),
      backlog_(dataplane.workers().size()),
      captures_(dataplane),
      media_timeout_(options_.media_timeout),
      jitter_window_ms_(options_.jitter_window_ms),
      allow_null_cipher_(options_.srtp.allow_null_cipher),
      allow_decrypted_capture_(options_.srtp.allow_decrypted_capture),
      one_way_audio_(options_.one_way_audio) {
  set_limits(options_.admission);
}

void SessionManager::set_limits(const config::AdmissionConfig& limits) {
  admission_.set_limits(limits);
  media_budget_.set_limit(limits.max_media_load);
}

void SessionManager::set_srtp_policy(const config::SrtpPolicy& policy) {
  allow_null_cipher_.store(policy.allow_null_cipher, std::memory_order_relaxed);
  allow_decrypted_capture_ = policy.allow_decrypted_capture;
}

void SessionManager::create(const std::string& id, const SessionRequest& request,
                            const SessionCallback& callback) {
  if (stopping_) {
    return refuse(callback, node_draining());
  }
  if (Session* existing = store_.find(id)) {
    return join_or_refuse(*existing, request, callback);
  }
  if (draining_) {
    return refuse(callback, node_draining());
  }
  if (auto refused = admission_.refuse_session(store_.size())) {
    return refuse(callback, Failure{std::move(*refused), {}});
  }
  const config::AdmissionConfig& limits = admission_.limits();
  auto place = placement_.place(request.legs, {limits.max_worker_load, limits.reserved_ports});
  if (!place) {
    return refuse(callback, Failure{std::move(place.error()), {}});
  }
  std::vector<PlacedLeg> legs;
  for (const PortLease& lease : place->leases) {
    legs.push_back({static_cast<std::uint16_t>(legs.size() + 1), lease});
  }
  const double cost = media_cost(request, legs);
  const auto media_worker = cost > 0 ? media_budget_.choose(cost, place->worker) : place->worker;
  if (!media_worker) {
    for (const PortLease& lease : place->leases) {
      placement_.release(lease);
    }
    placement_.session_gone(place->worker);
    return refuse(callback, Failure{media_worker.error(), {}});
  }
  media_budget_.commit(cost, *media_worker);
  Session& session = store_.add(id);
  session.request = request_lists_.keep(request);
  session.worker = place->worker;
  session.media_cost = cost;
  session.media_worker = *media_worker;
  session.last_leg_number = static_cast<std::uint16_t>(legs.size());
  session.legs = std::move(legs);
  session.waiters.push_back(callback);
  ++under_way_;  // a session is made in Phase::kLinking
  ++linking_;
  submit(session);
}

void SessionManager::join_or_refuse(Session& session, const SessionRequest& request,
                                    const SessionCallback& callback) {
  // What a session that is being changed or ended will be like isn't known yet, nor behind a queue.
  if (session.busy() && (session.phase != Phase::kLinking || !session.queued.empty())) {
    return enqueue(session, callback,
                   [this, id = session.id, request, callback] { create(id, request, callback); });
  }
  if (*session.request != request) {
    return refuse(callback, make_failure(ErrorCode::kAlreadyExists, "SESSION_ID_CONFLICT",
                                         "session " + shown(session.id) +
                                             " exists with another spec: use Update, or another session_id"));
  }
  if (session.busy()) {
    join(session, callback);
  } else {
    callback(view(session));
  }
}

void SessionManager::update(const std::string& id, const SessionPatch& patch,
                            const SessionCallback& callback) {
  if (stopping_) {
    return callback(tl::unexpected(node_draining()));
  }
  Session* session = store_.find(id);
  if (session == nullptr) {
    return callback(tl::unexpected(unknown_session(id)));
  }
  if (session->busy()) {
    return enqueue(*session, callback, [this, id, patch, callback] { update(id, patch, callback); });
  }
  Violations violations;
  SessionRequest merged =
      apply_patch(*session->request, patch, session->legs_with_one_port(), defaults(), violations);
  if (!violations.empty()) {
    return callback(tl::unexpected(invalid_fields(std::move(violations))));
  }
  if (merged == *session->request) {
    return callback(view(*session));
  }
  start_update(*session, std::move(merged), callback);
}

void SessionManager::remove(const std::string& id, const SessionCallback& callback) {
  if (abandoned_) {
    return callback(tl::unexpected(node_draining()));
  }
  Session* session = store_.find(id);
  if (session == nullptr) {
    return callback(tl::unexpected(unknown_session(id)));
  }
  if (session->phase == Phase::kUnlinking && session->queued.empty()) {
    return join(*session, callback);  // a repeated Delete gets the same answer
  }
  if (session->busy()) {
    return enqueue(*session, callback, [this, id, callback] { remove(id, callback); });
  }
  session->waiters.push_back(callback);
  end(*session, EndReason::kDeleted);
}

void SessionManager::get(const std::string& id, const SessionCallback& callback) {
  if (abandoned_) {
    return callback(tl::unexpected(node_draining()));
  }
  Session* session = store_.find(id);
  if (session == nullptr) {
    return callback(tl::unexpected(unknown_session(id)));
  }
  if (session->phase == Phase::kLinking) {
    return enqueue(*session, callback, [this, id, callback] { get(id, callback); });
  }
  callback(view(*session));
}

void SessionManager::enqueue(Session& session, const SessionCallback& callback,
                             std::function<void()> command) {
  if (session.queued.size() >= kMostWaiting) {
    return callback(tl::unexpected(busy_session(session.id)));
  }
  session.queued.push_back(std::move(command));
}

void SessionManager::join(Session& session, const SessionCallback& callback) {
  if (session.waiters.size() >= kMostWaiting) {
    return callback(tl::unexpected(busy_session(session.id)));
  }
  session.waiters.push_back(callback);
}

SessionPage SessionManager::list(std::string_view after, std::size_t max) {
  SessionPage page;
  page.total = store_.size() - linking_;
  store_.visit(after, [&](Session& session) {
    if (session.phase == Phase::kLinking) {
      return true;
    }
    if (page.sessions.size() == max) {
      page.more = true;
      return false;
    }
    page.sessions.push_back(view(session));
    return true;
  });
  return page;
}

void SessionManager::refuse(const SessionCallback& callback, Failure failure) {
  count_refusal(failure.error);
  callback(tl::unexpected(std::move(failure)));
}

tl::expected<CaptureTarget, Failure> SessionManager::capture_target(const std::string& id,
                                                                    const std::string& leg_id) const {
  const Session* session = store_.find(id);
  if (session == nullptr || session->phase == Phase::kLinking) {
    return tl::unexpected(unknown_session(id));
  }
  CaptureTarget target;
  target.session = session->handle;
  for (std::size_t i = 0; i < session->legs.size(); ++i) {
    const std::string& name = session->request->legs[i].id;
    target.leg_names[session->legs[i].number] = name;
    if (!leg_id.empty() && name == leg_id) {
      target.leg = session->legs[i].number;
    }
  }
  if (!leg_id.empty() && !target.leg) {
    return tl::unexpected(
        invalid_fields({{"leg_id", "session " + shown(id) + " has no leg " + shown(leg_id)}}));
  }
  return target;
}

void SessionManager::count_refusal(const Error& error, std::uint64_t times) {
  totals_.refused += times;
  totals_.refused_by_cause[error.cause] += times;
}

SessionTotals SessionManager::totals() const {
  SessionTotals totals = totals_;
  totals.active = store_.size() - linking_;
  return totals;
}

SessionView SessionManager::view(const Session& session) const {
  SessionView view{session.id, session.request, session.create_time, session.worker, {}};
  view.media_cost = session.media_cost;
  view.media_worker = session.media_worker;
  const SessionStats stats = dataplane_.session_stats(session.handle).value_or(SessionStats{});
  for (std::size_t i = 0; i < session.legs.size(); ++i) {
    view.legs.push_back(view_leg(session, i, stats));
  }
  return view;
}

}  // namespace pollux::control
