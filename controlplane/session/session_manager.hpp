// Makes, changes and ends sessions: the one owner of all control state.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/config/node_config.hpp"
#include "controlplane/session/admission.hpp"
#include "controlplane/session/capture_hub.hpp"
#include "controlplane/session/event_log.hpp"
#include "controlplane/session/load_monitor.hpp"
#include "controlplane/session/media_budget.hpp"
#include "controlplane/session/placement.hpp"
#include "controlplane/session/request_lists.hpp"
#include "controlplane/session/session_patch.hpp"
#include "controlplane/session/session_store.hpp"
#include "dataplane/api/dataplane.hpp"

namespace pollux::control {

struct ManagerOptions {
  std::vector<config::NetworkConfig> networks;
  std::vector<std::string> port_names;  // of the device ports, for events
  std::chrono::milliseconds media_timeout{60000};
  std::uint16_t jitter_window_ms = 60;
  std::chrono::milliseconds one_way_audio{10000};  // nothing heard for so long is suspicious; 0: never
  std::uint32_t max_sessions = 10000;              // that memory has been set aside for
  config::AdmissionConfig admission;
  config::SrtpPolicy srtp;
  std::size_t event_log_size = 65536;
  std::string node_run;
  // Called on the control thread with each kSessionEnded, before the log has it. May be empty.
  std::function<void(const LoggedEvent&)> on_session_ended;
  std::function<std::chrono::steady_clock::time_point()> steady_now = std::chrono::steady_clock::now;
  std::function<std::chrono::system_clock::time_point()> system_now = std::chrono::system_clock::now;
};

ManagerOptions make_manager_options(const config::NodeConfig& config, std::string node_run);

struct SessionTotals {
  std::uint64_t active = 0;
  std::uint64_t created = 0;
  std::uint64_t deleted = 0;
  std::uint64_t timed_out = 0;
  std::uint64_t refused = 0;
  std::map<std::string, std::uint64_t> refused_by_cause;  // adds up to `refused`
};

// How a drain stands.
struct DrainProgress {
  std::uint64_t sessions_left = 0;
  std::optional<std::chrono::milliseconds> time_left;  // unset: no deadline
  bool done = false;                                   // nothing left, or the deadline has come
};

struct SessionPage {
  std::vector<SessionView> sessions;
  bool more = false;  // there are sessions after the last one
  std::uint64_t total = 0;
};

struct CaptureTarget {
  SessionHandle session = 0;
  std::optional<std::uint16_t> leg;                // number in the data plane
  std::map<std::uint16_t, std::string> leg_names;  // ids by number, of all legs
};

// Threads: everything here belongs to the control thread; there is no lock inside. Callbacks are called on
// that thread, once each, possibly before the call that was given them returns. Commands to the same session
// take effect one after another in the order in which they came; different sessions don't wait for each
// other. A command that fails leaves nothing behind. No more than kMostWaiting commands wait for one session:
// who doesn't listen to answers can't fill the memory.
class SessionManager {
 public:
  static constexpr std::size_t kMostWaiting = 64;  // of each kind: to be run, to be answered together

  // Pre: `dataplane` outlives the manager.
  SessionManager(Dataplane& dataplane, ManagerOptions options);

  // Answers when media flows. Idempotent: see CreateRequest in the API. Pre: valid_session_id(id); `request`
  // has its defaults resolved and passed check_session().
  void create(const std::string& id, const SessionRequest& request, const SessionCallback& callback);
  // Answers when the data plane has taken the change.
  void update(const std::string& id, const SessionPatch& patch, const SessionCallback& callback);
  // Answers with the last state when no packet is relayed any more.
  void remove(const std::string& id, const SessionCallback& callback);
  void get(const std::string& id, const SessionCallback& callback);
  // session_dtmf.cpp: key presses for a leg, which `injection` need not name. Answers when the data plane has
  // queued them, all or none. Pre: events, duration and level are in their ranges.
  void inject_dtmf(const std::string& id, const std::string& leg_id, const DtmfInjection& injection,
                   const InjectCallback& callback);
  // What becomes of the presses of the leg's party from now on. Answers as update() does.
  void block_dtmf(const std::string& id, const std::string& leg_id, DtmfBlock block,
                  const SessionCallback& callback);
  // Up to `max` running sessions with ids above `after`, in order of id.
  SessionPage list(std::string_view after, std::size_t max);

  // Takes what the data plane reports and hands over what it couldn't take before. False when there was
  // nothing.
  bool poll();
  // Commands that wait for the data plane.
  std::size_t under_way() const { return under_way_; }

  // session_drain.cpp: how an operator empties a node. Refuses new sessions from now on; those that exist go
  // on and may be changed. When `deadline` is over they are ended (END_REASON_DRAINED) or, without
  // `end_sessions`, left alone. Called again: the new deadline holds. Nothing of it while the node stops.
  void drain(std::optional<std::chrono::milliseconds> deadline, bool end_sessions);
  // Takes new sessions again; error: kUnavailable (NODE_STOPPING). Sessions being ended are ended.
  Expected<void> undrain();
  bool draining() const { return draining_; }
  DrainProgress drain_progress() const;

  // What a reloaded configuration changes; for sessions created or changed from now on.
  void set_media_timeout(std::chrono::milliseconds media_timeout) {
    media_timeout_.store(media_timeout, std::memory_order_relaxed);
  }
  void set_jitter_window(std::uint16_t ms) { jitter_window_ms_.store(ms, std::memory_order_relaxed); }
  void set_one_way_audio(std::chrono::milliseconds silence) { one_way_audio_ = silence; }
  void set_srtp_policy(const config::SrtpPolicy& policy);
  void log_config_reloaded() { log_node_event(LogEventType::kConfigReloaded); }

  // Refuses new sessions and changes from now on and ends all sessions. Poll on until drained().
  void begin_stop();
  bool drained() const { return stopping_ && store_.size() == 0; }
  bool stopping() const { return stopping_; }
  // Gives up on what is still under way and answers everybody who waits. Returns the number of sessions left.
  std::size_t abandon();

  // What a capture of the session, or of one leg of it (empty: all), needs to know. Error: kNotFound
  // (SESSION_UNKNOWN), or kInvalidArgument for a leg that it hasn't.
  tl::expected<CaptureTarget, Failure> capture_target(const std::string& id, const std::string& leg_id) const;
  CaptureHub& captures() { return captures_; }
  bool allows_decrypted_capture() const { return allow_decrypted_capture_; }

  // New limits for what comes from now on; what there is stays.
  void set_limits(const config::AdmissionConfig& limits);
  std::uint32_t session_limit() const { return admission_.session_limit(); }
  // Share of the last second in which each worker found work, 0..1.
  std::vector<double> worker_loads() const { return load_.loads(); }
  bool worker_overloaded(std::uint16_t worker) const { return load_.overloaded(worker); }
  // What its sessions' decoding and encoding is reckoned to cost each worker, as shares of one core.
  const std::vector<double>& media_committed() const { return media_budget_.committed(); }

  EventLog& events() { return events_; }
  SessionTotals totals() const;
  const std::vector<std::string>& port_names() const { return options_.port_names; }
  PortUse port_use(std::size_t network) const { return placement_.use(network); }
  std::vector<AddressPortUse> address_port_uses() const { return placement_.address_uses(); }
  // Somebody else who is called with each kSessionEnded, as ManagerOptions::on_session_ended is: not to call
  // back from there.
  void on_session_ended(std::function<void(const LoggedEvent&)> listener) {
    end_listeners_.push_back(std::move(listener));
  }
  // Any thread.
  NodeDefaults defaults() const {
    return {options_.networks, media_timeout_.load(std::memory_order_relaxed),
            allow_null_cipher_.load(std::memory_order_relaxed),
            jitter_window_ms_.load(std::memory_order_relaxed), dataplane_.codec_costs()};
  }

 private:
  // session_manager.cpp: the commands
  void join_or_refuse(Session& session, const SessionRequest& request, const SessionCallback& callback);
  // Both refuse with SESSION_BUSY when too many wait already.
  void enqueue(Session& session, const SessionCallback& callback, std::function<void()> command);
  void join(Session& session, const SessionCallback& callback);
  void refuse(const SessionCallback& callback, Failure failure);
  void count_refusal(const Error& error, std::uint64_t times = 1);
  SessionView view(const Session& session) const;

  // session_drain.cpp
  void drain_if_due();
  void end_running(EndReason reason);
  void log_node_event(LogEventType type);

  // session_update.cpp
  void start_update(Session& session, SessionRequest merged, const SessionCallback& callback);
  Expected<void> place_added_legs(const Session& session, PendingUpdate& update);
  Expected<void> commit_media(const Session& session, PendingUpdate& update);
  double media_cost(const SessionRequest& request, std::span<const PlacedLeg> legs) const;

  // session_commands.cpp: a command's way through the data plane. Those that take a Session& may erase it.
  void set_phase(Session& session, Phase phase);
  void submit(Session& session);
  Expected<void> try_submit(Session& session);
  bool may_pass(const Error& error) const;
  void retry_backlog();
  void retry(std::deque<Session*>& backlog);
  void expire(std::deque<Session*>& backlog);
  void end(Session& session, EndReason reason);
  void command_failed(Session& session, Error error);
  void linked(Session& session);
  void updated(Session& session);
  void settle(Session& session);
  void unlinked(Session& session);
  void answer(std::vector<SessionCallback> waiters, const SessionResult& result);
  void run_queue(const std::string& id);
  void forget(Session& session);

  // session_dtmf.cpp
  void dtmf_injected(Session& session, const Event& event);
  void fail_injections(std::vector<PendingInjection> injections, const Failure& failure);
  void log_press(const Session& session, const Event& event);

  // session_watching.cpp
  void watch_sessions();
  void begin_watch(Session& session);
  void watch(Session& session);
  LegView view_leg(const Session& session, std::size_t leg, const SessionStats& stats) const;
  void log_end(const Session& session, const SessionView& last);

  // session_events.cpp
  void handle(const Event& event);
  void media_timeout(Session& session);
  std::chrono::system_clock::time_point time_of(const Event& event) const;
  void log_session_event(const Session& session, const Event& event, LogEventType type);
  void log_port_event(const Event& event, LogEventType type);
  void sample_load();
  void log_lifecycle(const Session& session, LogEventType type);

  Dataplane& dataplane_;
  const ManagerOptions options_;
  LoadMonitor load_;
  Admission admission_;
  Placement placement_;
  MediaBudget media_budget_;
  SessionStore store_;
  RequestLists request_lists_;
  EventLog events_;
  std::vector<std::function<void(const LoggedEvent&)>> end_listeners_;
  // By worker: their commands found it unable to take them. One worker that hangs holds up no other.
  std::vector<std::deque<Session*>> backlog_;
  std::chrono::steady_clock::time_point next_expiry_;  // of those who wait behind the first
  WatchSchedule watch_schedule_;
  CaptureHub captures_;
  std::uint64_t polls_ = 0;
  std::uint64_t memory_back_ = 0;  // the poll after which the data plane has freed what ended last
  std::uint64_t last_token_ = 0;
  std::size_t under_way_ = 0;
  std::uint64_t linking_ = 0;                             // sessions that don't count as existing yet
  std::atomic<std::chrono::milliseconds> media_timeout_;  // written by: control; read by: gRPC
  std::atomic<std::uint16_t> jitter_window_ms_;           // written by: control; read by: gRPC
  std::atomic<bool> allow_null_cipher_;                   // written by: control; read by: gRPC
  bool allow_decrypted_capture_;
  bool draining_ = false;
  std::optional<std::chrono::steady_clock::time_point> drain_deadline_;
  bool drain_ends_sessions_ = false;
  // Set: every session is to end, also those that are being made or changed, as soon as they can.
  std::chrono::milliseconds one_way_audio_;
  EndReason end_all_ = EndReason::kNone;
  bool stopping_ = false;
  bool abandoned_ = false;
  SessionTotals totals_;
};

}  // namespace pollux::control
