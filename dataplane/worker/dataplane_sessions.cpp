// The control thread's side of the data plane: sessions in, events out.
#include <rte_cycles.h>
#include <rte_ring_elem.h>

#include <algorithm>
#include <string>
#include <utility>

#include "dataplane/worker/both_clocks.hpp"
#include "dataplane/worker/dataplane_impl.hpp"

namespace pollux::worker {

namespace {

// Below the rings' size, so that neither posting nor giving back can find one full.
constexpr std::uint32_t kMostUnderWay = 4000;

tl::unexpected<Error> unknown_session() {
  return fail(ErrorCode::kNotFound, "SESSION_UNKNOWN", "", "there is no such session");
}

tl::unexpected<Error> busy_session() {
  return fail(ErrorCode::kUnavailable, "SESSION_BUSY", "", "a change of this session is still under way");
}

tl::unexpected<Error> busy_worker() {
  return fail(ErrorCode::kUnavailable, "WORKER_BUSY", "", "too many commands are waiting for the worker");
}

// Events come with their worker's TSC. What has passed since is short, so that it doesn't matter here that
// DPDK knows the TSC's frequency to 10 MHz only: reckoned from the start, a day would be wrong by minutes.
void stamp(std::span<Event> events) {
  const auto [now_tsc, now_ns] = both_clocks();
  const double ns_per_cycle = 1e9 / static_cast<double>(rte_get_tsc_hz());
  for (Event& event : events) {
    const auto age = static_cast<std::int64_t>(now_tsc - event.time_unix_ns);
    event.time_unix_ns = now_ns - static_cast<std::uint64_t>(
                                      static_cast<std::int64_t>(static_cast<double>(age) * ns_per_cycle));
  }
}

// rte_ring_count() for the one consumer, with an order: what is read afterwards is no older.
std::uint32_t waiting_in(const rte_ring& ring) {
  return __atomic_load_n(&ring.prod.tail, __ATOMIC_ACQUIRE) - ring.cons.tail;
}

std::uint64_t now_ms() {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                        std::chrono::steady_clock::now().time_since_epoch())
                                        .count());
}

EventType event_of(session::PlanKind kind) {
  switch (kind) {
    case session::PlanKind::kAdd:
      return EventType::kSessionLinked;
    case session::PlanKind::kUpdate:
      return EventType::kSessionUpdated;
    case session::PlanKind::kCapture:
      return EventType::kCaptureSet;
    case session::PlanKind::kDtmf:
      return EventType::kDtmfInjected;
    case session::PlanKind::kForgetKeys:
      return EventType::kKeysForgotten;
    default:
      return EventType::kSessionUnlinked;
  }
}

}  // namespace

bool DataplaneImpl::has_room(const Part& part) {
  return part.under_way.size() < kMostUnderWay;
}

// Pre: has_room().
void DataplaneImpl::post(Part& part, std::unique_ptr<session::SessionPlan> plan) {
  session::SessionPlan* const posted = plan.get();
  part.under_way.emplace(posted, std::move(plan));
  rte_ring_sp_enqueue(part.commands.get(), posted);
  if (part.wakeup != nullptr) {
    part.wakeup->wake();
  }
}

Expected<SessionHandle> DataplaneImpl::add_session(const SessionSpec& spec, std::uint64_t token) {
  if (auto checked = builder_->check(spec); !checked) {
    return tl::unexpected(checked.error());
  }
  if (linked_sessions() >= config_.max_sessions) {
    return fail(
        ErrorCode::kExhausted, "SESSIONS_EXHAUSTED", "",
        "all " + std::to_string(config_.max_sessions) +
            " sessions of memory.max_sessions are in use: use another node, end sessions, or raise it");
  }
  Part& part = *parts_[spec.worker];
  if (!has_room(part)) {
    return busy_worker();
  }
  auto record = std::make_unique<SessionRecord>();
  record->session.handle = next_handle_;
  record->session.worker = spec.worker;
  auto plan = builder_->plan(*record, spec, session::PlanKind::kAdd, token, now_ms());
  if (!plan) {
    return tl::unexpected(plan.error());
  }
  record->busy = true;
  sessions_.emplace(next_handle_, std::move(record));
  post(part, std::move(*plan));
  return next_handle_++;
}

Expected<void> DataplaneImpl::update_session(SessionHandle session, const SessionSpec& spec,
                                             std::uint64_t token) {
  const auto found = sessions_.find(session);
  if (found == sessions_.end()) {
    return unknown_session();
  }
  SessionRecord& record = *found->second;
  Part& part = *parts_[record.session.worker];
  if (record.busy) {
    return busy_session();
  }
  if (!has_room(part)) {
    return busy_worker();
  }
  if (auto checked = builder_->check(spec); !checked) {
    return checked;
  }
  if (spec.worker != record.session.worker) {
    return fail(ErrorCode::kInvalidArgument, "INVALID_FIELD", "worker", "a session stays with its worker");
  }
  auto plan = builder_->plan(record, spec, session::PlanKind::kUpdate, token, now_ms());
  if (!plan) {
    return tl::unexpected(plan.error());
  }
  record.busy = true;
  for (const session::LegPlan& leg_plan : (*plan)->legs) {
    const LegKeys* const keys = record.keys_of(leg_plan.leg);
    if (leg_plan.keeps_former_in && keys != nullptr && keys->former_until_ms != 0) {  // an overlap begins
      overlaps_.push_back({keys->former_until_ms, session});
    }
  }
  post(part, std::move(*plan));
  return {};
}

Expected<void> DataplaneImpl::remove_session(SessionHandle session, std::uint64_t token) {
  const auto found = sessions_.find(session);
  if (found == sessions_.end()) {
    return unknown_session();
  }
  SessionRecord& record = *found->second;
  Part& part = *parts_[record.session.worker];
  if (record.busy) {
    return busy_session();
  }
  if (!has_room(part)) {
    return busy_worker();
  }
  record.busy = record.removing = true;
  auto plan = std::make_unique<session::SessionPlan>();
  plan->kind = session::PlanKind::kRemove;
  plan->session = &record.session;
  for (const auto& media : record.routes()) {
    plan->closing.push_back(media->route.get());
  }
  plan->token = token;
  post(part, std::move(plan));
  return {};
}

Expected<void> DataplaneImpl::inject_dtmf(SessionHandle session, const DtmfInjection& injection,
                                          std::uint64_t token) {
  const auto found = sessions_.find(session);
  if (found == sessions_.end() || found->second->removing) {
    return unknown_session();
  }
  SessionRecord& record = *found->second;
  const auto leg = std::ranges::find(record.spec->legs, injection.leg_id, &LegSpec::id);
  if (leg == record.spec->legs.end()) {
    return fail(ErrorCode::kNotFound, "LEG_UNKNOWN", "leg_id", "the session has no such leg");
  }
  if (leg->codecs.empty()) {
    return fail(ErrorCode::kInvalidArgument, "DTMF_NO_CODECS", "leg_id",
                "the leg has no codecs: without them it isn't known how its party takes key presses");
  }
  Part& part = *parts_[record.session.worker];
  if (!has_room(part)) {
    return busy_worker();
  }
  auto plan = std::make_unique<session::SessionPlan>();
  plan->kind = session::PlanKind::kDtmf;
  plan->session = &record.session;
  plan->injection = injection;
  plan->token = token;
  post(part, std::move(plan));
  return {};
}

// Workers may look at a former one at any time, so all that ever held are kept, each once.
void DataplaneImpl::set_learning(const LearningConfig& learning) {
  auto kept = std::ranges::find_if(learning_, [&](const auto& former) { return *former == learning; });
  if (kept == learning_.end()) {
    kept = learning_.insert(kept, std::make_unique<const LearningConfig>(learning));
  }
  for (auto& part : parts_) {
    part->context.learning.store(kept->get(), std::memory_order_release);
  }
}

void DataplaneImpl::set_max_packets_per_second(std::uint32_t packets) {
  const std::uint32_t interval_us = packets == 0 ? 0 : session::PacketRate::kBurstUs / packets;
  for (auto& part : parts_) {
    part->context.packet_interval_us.store(interval_us, std::memory_order_relaxed);
  }
}

Event DataplaneImpl::complete(session::SessionPlan& under_way) {
  const auto plan = std::move(parts_[under_way.session->worker]->under_way.extract(&under_way).mapped());
  Event event;
  event.type = event_of(plan->kind);
  event.worker = plan->session->worker;
  event.session = plan->session->handle;
  event.token = plan->token;
  event.refused = plan->refused;
  event.time_unix_ns = both_clocks().unix_ns;
  for (const auto& leg : plan->removed) {
    builder_->release(*leg);
  }
  retire_keys(*sessions_.at(event.session), *plan);
  if (plan->kind == session::PlanKind::kRemove) {
    // Its ports may be used again from now on; its statistics can be read until the next call.
    for (const auto& leg : sessions_.at(event.session)->legs) {
      builder_->release_ports(*leg);
    }
    unlinked_.push_back(event.session);
  } else if (plan->kind == session::PlanKind::kAdd || plan->kind == session::PlanKind::kUpdate) {
    sessions_.at(event.session)->busy = false;
  }
  return event;
}

void DataplaneImpl::retire_keys(SessionRecord& record, const session::SessionPlan& plan) {
  if (record.keys == nullptr) {
    return;
  }
  // A capture's plan, or one that forgets keys, may be completed while an update that removes legs is still
  // under way: the worker has these legs, and their keys, until that one is back.
  for (const session::LegPlan& leg_plan : plan.legs) {
    if (LegKeys* const keys = record.keys_of(leg_plan.leg); keys != nullptr) {
      keys_->retire(*keys, leg_plan, record.keys->retired);
    }
  }
  if (plan.kind == session::PlanKind::kUpdate) {
    for (auto& [leg, keys] : record.keys->removed) {
      keys_->retire_all(keys, record.keys->retired);
    }
    record.keys->removed.clear();
  }
}

bool DataplaneImpl::forget_former(SessionRecord& record, std::size_t leg) {
  Part& part = *parts_[record.session.worker];
  if (!has_room(part)) {
    return false;
  }
  auto plan = std::make_unique<session::SessionPlan>();
  plan->kind = session::PlanKind::kForgetKeys;
  plan->session = &record.session;
  plan->legs.emplace_back().leg = record.legs[leg].get();
  record.keys->legs[leg].former_until_ms = 0;
  post(part, std::move(plan));
  return true;
}

// The overlap is the same for all, so that they end in the order in which they began. One that can't be ended
// now is looked at again.
void DataplaneImpl::end_overlaps() {
  const std::uint64_t now = now_ms();
  std::vector<Overlap> later;
  while (!overlaps_.empty() && overlaps_.front().until_ms <= now) {
    const Overlap overlap = overlaps_.front();
    overlaps_.pop_front();
    const auto found = sessions_.find(overlap.session);
    if (found == sessions_.end()) {
      continue;
    }
    SessionRecord& record = *found->second;
    bool again = record.busy;
    const std::span<const LegKeys> keys = record.leg_keys();
    for (std::size_t i = 0; i < keys.size() && !again; ++i) {
      const std::uint64_t until = keys[i].former_until_ms;
      again = until != 0 && until <= now && !forget_former(record, i);
    }
    if (again && !record.removing) {
      later.push_back(overlap);
    }
  }
  overlaps_.insert(overlaps_.begin(), later.begin(), later.end());
}

void DataplaneImpl::forget_unlinked() {
  for (const SessionHandle handle : unlinked_) {
    const auto found = sessions_.find(handle);
    for (const auto& leg : found->second->legs) {
      builder_->release_endpoints(*leg);
    }
    for (LegKeys& keys : found->second->leg_keys()) {
      keys_->release(keys);
    }
    sessions_.erase(found);
  }
  unlinked_.clear();
}

// In the order in which the worker did things: a completed command has its place behind the events raised
// before it and before those raised after.
std::size_t DataplaneImpl::poll_part(Part& part, std::span<Event> events) {
  std::size_t count = 0;
  while (count < events.size()) {
    // Counted before the look at the commands: of these events none was raised after a command not seen yet.
    std::uint64_t before = waiting_in(*part.events);
    if (part.completed_next == nullptr) {
      void* plan = nullptr;
      if (rte_ring_sc_dequeue(part.completed.get(), &plan) == 0) {
        part.completed_next = static_cast<session::SessionPlan*>(plan);
      }
    }
    if (part.completed_next != nullptr) {
      before = part.completed_next->events_before - part.events_taken;
      if (before == 0) {
        events[count++] = complete(*std::exchange(part.completed_next, nullptr));
        continue;
      }
    }
    const auto room = static_cast<unsigned>(std::min<std::uint64_t>(events.size() - count, before));
    const unsigned taken =
        rte_ring_sc_dequeue_burst_elem(part.events.get(), &events[count], sizeof(Event), room, nullptr);
    if (taken == 0) {
      break;
    }
    stamp(events.subspan(count, taken));
    part.events_taken += taken;
    count += taken;
  }
  return count;
}

// By the last telling a worker's clock is off by 0.2 ms at the most when the next one comes.
void DataplaneImpl::tell_time() {
  const std::uint64_t now_tsc = rte_rdtsc();
  if (time_told_tsc_ != 0 && now_tsc - time_told_tsc_ < rte_get_tsc_hz() / 10) {
    return;
  }
  time_told_tsc_ = now_tsc;
  const Moment now = both_clocks();
  for (auto& part : parts_) {
    part->context.unix_offset_ns.store(static_cast<std::int64_t>(now.unix_ns) - part->context.tsc_ns(now.tsc),
                                       std::memory_order_relaxed);
  }
}

std::size_t DataplaneImpl::poll_events(std::span<Event> events) {
  forget_unlinked();
  retry_stopped_captures();
  end_overlaps();
  tell_time();
  std::size_t count = 0;
  for (auto& part : parts_) {
    count += poll_part(*part, events.subspan(count));
  }
  const std::span<Event> left = events.subspan(count);
  return count + rte_ring_sc_dequeue_burst_elem(host_events_.get(), left.data(), sizeof(Event),
                                                static_cast<unsigned>(left.size()), nullptr);
}

}  // namespace pollux::worker
