// A data plane in memory: takes commands, acknowledges them when it is told to, fails when it is told to.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "dataplane/api/dataplane.hpp"

namespace pollux::test {

class FakeDataplane final : public Dataplane {
  template <typename Function>
  auto with_lock(Function function) const {
    const std::lock_guard lock(mutex_);
    return function();
  }

 public:
  using OwnerOf = std::function<std::uint16_t(const IpAddress&, std::uint16_t)>;

  explicit FakeDataplane(std::size_t workers = 1, OwnerOf owner = {}) : owner_(std::move(owner)) {
    for (std::size_t i = 0; i < workers; ++i) {
      workers_.push_back({static_cast<std::uint16_t>(i), static_cast<unsigned>(i), {}});
    }
  }

  // --- what a test controls; any thread ---

  // Off: acknowledgements are kept until release_acks().
  void set_auto_ack(bool on) {
    with_lock([&] { auto_ack_ = on; });
  }
  void release_acks() {
    with_lock([&] {
      std::move(held_.begin(), held_.end(), std::back_inserter(events_));
      held_.clear();
    });
  }
  // The next `count` commands of any kind fail with `error`.
  void fail_next(Error error, int count = 1) {
    with_lock([&] {
      failure_ = std::move(error);
      failures_ = count;
    });
  }
  // Commands to this worker find its mailbox full.
  void set_worker_busy(std::uint16_t worker, bool busy) {
    with_lock([&] { busy ? void(busy_.insert(worker)) : void(busy_.erase(worker)); });
  }
  void inject(Event event) {
    with_lock([&] { events_.push_back(event); });
  }
  void set_roles(std::size_t worker, WorkerRoles roles) { workers_[worker].roles = roles; }
  void set_stats(SessionHandle session, SessionStats stats) {
    with_lock([&] { stats_[session] = std::move(stats); });
  }
  void set_node_stats(NodeStats stats) {
    with_lock([&] { node_stats_ = std::move(stats); });
  }

  // --- what a test looks at; any thread ---

  std::size_t sessions() const {
    return with_lock([&] { return sessions_.size(); });
  }
  std::optional<SessionSpec> spec(SessionHandle session) const {
    return with_lock([&]() -> std::optional<SessionSpec> {
      const auto found = sessions_.find(session);
      return found == sessions_.end() ? std::nullopt : std::optional(found->second);
    });
  }
  SessionHandle last_handle() const {
    return with_lock([&] { return last_handle_; });
  }
  // Captures that run.
  std::map<CaptureId, CaptureSpec> captures() const {
    return with_lock([&] { return captures_; });
  }
  // A copy to be taken with take_captured().
  void inject_captured(CapturedPacket packet) {
    with_lock([&] { captured_.push_back(std::move(packet)); });
  }
  // Injected ones that nobody has taken yet.
  std::size_t captured_left() const {
    return with_lock([&] { return captured_.size(); });
  }
  std::optional<LearningConfig> learning() const {
    return with_lock([&] { return learning_; });
  }
  std::optional<std::uint32_t> max_packets_per_second() const {
    return with_lock([&] { return max_packets_per_second_; });
  }
  // Those that were taken, in order.
  std::vector<std::pair<SessionHandle, DtmfInjection>> injections() const {
    return with_lock([&] { return injections_; });
  }
  // The queue of every leg is full, or not.
  void set_dtmf_queue_full(bool full) {
    with_lock([&] { dtmf_queue_full_ = full; });
  }
  // Commands taken, of all kinds.
  std::size_t commands() const {
    return with_lock([&] { return commands_; });
  }
  // Breaches of the contract by the caller, such as a port taken twice. Must stay empty.
  std::vector<std::string> complaints() const {
    return with_lock([&] { return complaints_; });
  }

  // --- Dataplane ---

  Expected<SessionHandle> add_session(const SessionSpec& spec, std::uint64_t token) override {
    const std::lock_guard lock(mutex_);
    if (auto error = next_failure(spec.worker)) {
      return tl::unexpected<Error>(std::move(*error));
    }
    ++last_handle_;
    check(spec, last_handle_);
    sessions_[last_handle_] = spec;
    acknowledge(EventType::kSessionLinked, last_handle_, token);
    return last_handle_;
  }

  Expected<void> update_session(SessionHandle session, const SessionSpec& spec,
                                std::uint64_t token) override {
    const std::lock_guard lock(mutex_);
    if (auto error = next_failure(spec.worker)) {
      return tl::unexpected<Error>(std::move(*error));
    }
    if (!sessions_.contains(session)) {
      return fail(ErrorCode::kNotFound, "UNKNOWN", "", "no such session");
    }
    if (sessions_[session].worker != spec.worker) {
      complaints_.push_back("an update changes the worker");
    }
    if (sessions_[session].media_worker != spec.media_worker && media_cost(sessions_[session]) > 0) {
      complaints_.push_back("an update changes the media worker of a session that has media paths");
    }
    give_back(sessions_[session]);
    check(spec, session);
    sessions_[session] = spec;
    acknowledge(EventType::kSessionUpdated, session, token);
    return {};
  }

  Expected<void> remove_session(SessionHandle session, std::uint64_t token) override {
    const std::lock_guard lock(mutex_);
    if (auto error = next_failure(sessions_.contains(session) ? sessions_.at(session).worker : 0)) {
      return tl::unexpected<Error>(std::move(*error));
    }
    if (!sessions_.contains(session)) {
      return fail(ErrorCode::kNotFound, "UNKNOWN", "", "no such session");
    }
    acknowledge(EventType::kSessionUnlinked, session, token);
    return {};
  }

  std::size_t poll_events(std::span<Event> events) override {
    const std::lock_guard lock(mutex_);
    for (const SessionHandle session : std::exchange(unlinked_, {})) {
      sessions_.erase(session);
      stats_.erase(session);
    }
    std::size_t count = 0;
    while (count < events.size() && !events_.empty()) {
      events[count] = events_.front();
      events_.pop_front();
      if (events[count].type == EventType::kSessionUnlinked) {
        unlinked_.push_back(events[count].session);
        give_back(sessions_[events[count].session]);
      }
      ++count;
    }
    return count;
  }

  Expected<SessionStats> session_stats(SessionHandle session) const override {
    const std::lock_guard lock(mutex_);
    if (!sessions_.contains(session)) {
      return fail(ErrorCode::kNotFound, "UNKNOWN", "", "no such session");
    }
    if (const auto found = stats_.find(session); found != stats_.end()) {
      return found->second;
    }
    SessionStats stats;
    for (const LegSpec& leg : sessions_.at(session).legs) {
      LegStats leg_stats;
      leg_stats.id = leg.id;
      leg_stats.rtp.destination = leg.remote_rtp;
      stats.legs.push_back(leg_stats);
    }
    return stats;
  }

  void set_learning(const LearningConfig& learning) override {
    with_lock([&] { learning_ = learning; });
  }

  void set_max_packets_per_second(std::uint32_t packets) override {
    with_lock([&] { max_packets_per_second_ = packets; });
  }

  Expected<void> inject_dtmf(SessionHandle session, const DtmfInjection& injection,
                             std::uint64_t token) override {
    const std::lock_guard lock(mutex_);
    if (auto error = next_failure(sessions_.contains(session) ? sessions_.at(session).worker : 0)) {
      return tl::unexpected<Error>(std::move(*error));
    }
    if (!sessions_.contains(session)) {
      return fail(ErrorCode::kNotFound, "SESSION_UNKNOWN", "", "no such session");
    }
    const auto& legs = sessions_.at(session).legs;
    const auto leg = std::ranges::find(legs, injection.leg_id, &LegSpec::id);
    if (leg == legs.end()) {
      return fail(ErrorCode::kNotFound, "LEG_UNKNOWN", "leg_id", "no such leg");
    }
    if (leg->codecs.empty()) {
      return fail(ErrorCode::kInvalidArgument, "DTMF_NO_CODECS", "leg_id", "the leg has no codecs");
    }
    if (injection.events.empty()) {
      complaints_.push_back("an injection without presses");
    }
    injections_.emplace_back(session, injection);
    acknowledge(EventType::kDtmfInjected, session, token, dtmf_queue_full_);
    return {};
  }

  Expected<CaptureId> start_capture(const CaptureSpec& spec) override {
    const std::lock_guard lock(mutex_);
    if (spec.session != 0 && !sessions_.contains(spec.session)) {
      return fail(ErrorCode::kNotFound, "SESSION_UNKNOWN", "", "no such session");
    }
    if (captures_.size() >= kMaxCaptures) {
      return fail(ErrorCode::kExhausted, "CAPTURES_EXHAUSTED", "", "too many captures");
    }
    captures_[++last_capture_] = spec;
    return last_capture_;
  }
  void stop_capture(CaptureId capture) override {
    with_lock([&] { captures_.erase(capture); });
  }
  std::size_t take_captured(std::vector<CapturedPacket>& packets, std::size_t most) override {
    const std::lock_guard lock(mutex_);
    const std::size_t count = std::min(most, captured_.size());
    std::move(captured_.begin(), captured_.begin() + static_cast<std::ptrdiff_t>(count),
              std::back_inserter(packets));
    captured_.erase(captured_.begin(), captured_.begin() + static_cast<std::ptrdiff_t>(count));
    return count;
  }

  double media_cost(const SessionSpec& spec) const override {
    return cost_of ? cost_of(spec) : media_cost_of_all;
  }
  std::span<const CodecCost> codec_costs() const override { return costs; }
  std::uint16_t port_owner(const IpAddress& local, std::uint16_t port) const override {
    return owner_ ? owner_(local, port) : static_cast<std::uint16_t>(port / 2 % workers_.size());
  }
  std::span<const WorkerInfo> workers() const override { return workers_; }
  NodeStats stats() const override {
    return with_lock([&] { return node_stats_; });
  }

  // Set before the first command. What each session is said to cost; `cost_of` instead where it is set.
  double media_cost_of_all = 0;
  std::function<double(const SessionSpec&)> cost_of;
  std::vector<CodecCost> costs = costs_of_all_codecs();

 private:
  static std::vector<CodecCost> costs_of_all_codecs() {
    std::vector<CodecCost> all;
    for (const CodecFacts& facts : kCodecs) {
      if (facts.audio) {
        all.push_back({facts.id, 0.001, 0.002});
      }
    }
    return all;
  }

  std::optional<Error> next_failure(std::uint16_t worker) {
    ++commands_;
    if (busy_.contains(worker)) {
      return Error{ErrorCode::kUnavailable, "WORKER_BUSY", "", "busy"};
    }
    return failures_ > 0 ? (--failures_, std::optional(failure_)) : std::nullopt;
  }

  void acknowledge(EventType type, SessionHandle session, std::uint64_t token, bool refused = false) {
    Event event;
    event.refused = refused;
    event.type = type;
    event.session = session;
    event.token = token;
    if (auto_ack_) {
      events_.push_back(event);
    } else {
      held_.push_back(event);
    }
  }

  void check(const SessionSpec& spec, SessionHandle self) {
    if (spec.media_worker >= workers_.size() ||
        (media_cost(spec) > 0 && !workers_[spec.media_worker].roles.media)) {
      complaints_.push_back("media worker " + std::to_string(spec.media_worker) + " can't transcode");
    }
    std::set<std::uint16_t> ids;
    for (const LegSpec& leg : spec.legs) {
      if (!ids.insert(leg.id).second) {
        complaints_.push_back("two legs with one id");
      }
      for (const std::uint16_t port : {leg.local_rtp_port, leg.local_rtcp_port}) {
        if (port_owner(leg.local_address, port) != spec.worker) {
          complaints_.push_back("port " + std::to_string(port) + " of another worker");
        }
      }
      take(leg.local_address, leg.local_rtp_port, self);
      if (!leg.rtcp_mux()) {
        take(leg.local_address, leg.local_rtcp_port, self);
      }
    }
  }

  void take(const IpAddress& address, std::uint16_t port, SessionHandle session) {
    if (!taken_.emplace(std::pair(address, port), session).second) {
      complaints_.push_back("port " + std::to_string(port) + " taken twice");
    }
  }

  void give_back(const SessionSpec& spec) {
    for (const LegSpec& leg : spec.legs) {
      taken_.erase({leg.local_address, leg.local_rtp_port});
      taken_.erase({leg.local_address, leg.local_rtcp_port});
    }
  }

  mutable std::mutex mutex_;
  OwnerOf owner_;
  std::vector<WorkerInfo> workers_;
  std::map<SessionHandle, SessionSpec> sessions_;
  std::map<SessionHandle, SessionStats> stats_;
  NodeStats node_stats_;
  std::map<std::pair<IpAddress, std::uint16_t>, SessionHandle> taken_;
  std::deque<Event> events_;
  std::vector<Event> held_;
  std::vector<SessionHandle> unlinked_;  // reported; dead at the next poll
  SessionHandle last_handle_ = 0;
  std::size_t commands_ = 0;
  Error failure_;
  int failures_ = 0;
  std::set<std::uint16_t> busy_;
  std::vector<std::pair<SessionHandle, DtmfInjection>> injections_;
  bool dtmf_queue_full_ = false;
  std::map<CaptureId, CaptureSpec> captures_;
  CaptureId last_capture_ = 0;
  std::deque<CapturedPacket> captured_;
  std::optional<LearningConfig> learning_;
  std::optional<std::uint32_t> max_packets_per_second_;
  bool auto_ack_ = true;
  std::vector<std::string> complaints_;
};

}  // namespace pollux::test
