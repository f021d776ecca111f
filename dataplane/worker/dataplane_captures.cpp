// Captures: begun and ended by the control thread, copies taken by whoever writes them down.
#include <rte_cycles.h>
#include <rte_mbuf.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <string>

#include "dataplane/worker/dataplane_impl.hpp"

namespace pollux::worker {

namespace {

constexpr unsigned kCaptureMbufs = 4096;  // for all workers: copies that nobody has taken yet
constexpr unsigned kCaptureRing = 2048;
constexpr unsigned kCaptureCache = 64;

static_assert(sizeof(stages::CaptureMark) % RTE_MBUF_PRIV_ALIGN == 0);

std::uint64_t unix_ns_of(std::uint64_t tsc) {
  const auto now_ns = static_cast<double>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                              std::chrono::system_clock::now().time_since_epoch())
                                              .count());
  // What has passed since is short, so that it doesn't matter that the TSC's frequency isn't known exactly.
  const auto age = static_cast<double>(static_cast<std::int64_t>(rte_rdtsc() - tsc));
  return static_cast<std::uint64_t>(now_ns - age * 1e9 / static_cast<double>(rte_get_tsc_hz()));
}

}  // namespace

Expected<void> DataplaneImpl::make_capture_slots() {
  const std::string name = unique_name("capts");
  capture_mempool_ =
      rte_pktmbuf_pool_create_by_ops(name.c_str(), kCaptureMbufs, kCaptureCache, sizeof(stages::CaptureMark),
                                     RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY, "ring_mt_rts");
  if (capture_mempool_ == nullptr) {
    return no_memory("captures");
  }
  for (auto& part : parts_) {
    part->captured = make_ring("capt", kCaptureRing, RING_F_SP_ENQ | RING_F_SC_DEQ);
    if (!part->captured) {
      return no_memory("captures");
    }
    part->context.capture.pool = capture_mempool_;
    part->context.capture.ring = part->captured.get();
  }
  return {};
}

Expected<CaptureId> DataplaneImpl::start_capture(const CaptureSpec& spec) {
  if (captures_.size() >= kMaxCaptures) {
    return fail(ErrorCode::kExhausted, "CAPTURES_EXHAUSTED", "",
                std::to_string(kMaxCaptures) + " captures are running, as many as possible: end one of them");
  }
  return spec.session == 0 ? start_unmatched_capture(spec) : start_session_capture(spec);
}

Expected<CaptureId> DataplaneImpl::start_session_capture(const CaptureSpec& spec) {
  const auto found = sessions_.find(spec.session);
  if (found == sessions_.end() || found->second->removing) {
    return fail(ErrorCode::kNotFound, "SESSION_UNKNOWN", "", "there is no such session");
  }
  const auto same = [&](const auto& capture) { return capture.second == spec.session; };
  if (std::any_of(captures_.begin(), captures_.end(), same)) {
    return fail(ErrorCode::kAlreadyExists, "CAPTURE_EXISTS", "", "the session is being captured already");
  }
  session::CaptureOrder order;
  order.id = last_capture_ + 1;
  order.snap_length = spec.snap_length;
  order.decrypted = spec.decrypted;
  order.all_legs = !spec.leg;
  order.leg_id = spec.leg.value_or(0);
  if (!post_capture(spec.session, order)) {
    return fail(ErrorCode::kUnavailable, "WORKER_BUSY", "", "too many commands are waiting for the worker");
  }
  captures_.emplace(++last_capture_, spec.session);
  return last_capture_;
}

Expected<CaptureId> DataplaneImpl::start_unmatched_capture(const CaptureSpec& spec) {
  stages::UnmatchedOrder order;
  order.id = ++last_capture_;
  order.snap_length = spec.snap_length;
  order.any_address = !spec.unmatched.address;
  order.any_port = !spec.unmatched.port;
  order.address = spec.unmatched.address.value_or(IpAddress{});
  order.port = spec.unmatched.port.value_or(0);
  // A free slot in one worker is free in all.
  const std::uint32_t taken = parts_.front()->context.capture.unmatched.load(std::memory_order_relaxed);
  const auto slot = static_cast<unsigned>(std::countr_one(taken));
  for (auto& part : parts_) {
    stages::CaptureSlots& slots = part->context.capture;
    slots.orders[slot].store(order);
    slots.unmatched.store(taken | (1U << slot), std::memory_order_release);
  }
  captures_.emplace(order.id, 0);
  return order.id;
}

bool DataplaneImpl::post_capture(SessionHandle session, const session::CaptureOrder& order) {
  SessionRecord& record = *sessions_.at(session);
  session::Session& target = record.session;
  if (record.removing) {
    return true;  // the worker may have heard its last of the session; the capture ends with it
  }
  Part& part = *parts_[target.worker];
  if (!has_room(part)) {
    return false;
  }
  auto plan = std::make_unique<session::SessionPlan>();
  plan->kind = session::PlanKind::kCapture;
  plan->session = &target;
  plan->capture = order;
  post(part, std::move(plan));
  return true;
}

void DataplaneImpl::stop_capture(CaptureId capture) {
  const auto found = captures_.find(capture);
  if (found == captures_.end()) {
    return;
  }
  const SessionHandle session = found->second;
  captures_.erase(found);
  if (session != 0) {
    if (sessions_.contains(session) && !post_capture(session, {})) {
      captures_to_stop_.push_back(session);
    }
    return;
  }
  for (auto& part : parts_) {
    stages::CaptureSlots& slots = part->context.capture;
    for (unsigned slot = 0; slot < kMaxCaptures; ++slot) {
      if (slots.orders[slot].load().id == capture) {
        slots.unmatched.fetch_and(~(1U << slot), std::memory_order_release);
      }
    }
  }
}

void DataplaneImpl::retry_stopped_captures() {
  std::erase_if(captures_to_stop_, [this](SessionHandle session) {
    const auto again = [session](const auto& capture) { return capture.second == session; };
    return !sessions_.contains(session) || std::any_of(captures_.begin(), captures_.end(), again) ||
           post_capture(session, {});
  });
}

std::size_t DataplaneImpl::take_captured(std::vector<CapturedPacket>& packets, std::size_t most) {
  std::size_t count = 0;
  for (auto& part : parts_) {
    void* copy = nullptr;
    while (count < most && rte_ring_sc_dequeue(part->captured.get(), &copy) == 0) {
      auto* const mbuf = static_cast<rte_mbuf*>(copy);
      const auto& mark = *static_cast<const stages::CaptureMark*>(rte_mbuf_to_priv(mbuf));
      CapturedPacket packet;
      packet.capture = mark.capture;
      packet.time_unix_ns = unix_ns_of(mark.tsc);
      packet.point = mark.point;
      packet.reason = mark.reason;
      packet.component = mark.component;
      packet.worker = mark.worker;
      packet.port = port_index(mark.port_id);
      packet.leg_id = mark.leg_id;
      packet.original_length = mark.original_length;
      packet.frame.reserve(mbuf->pkt_len);
      for (const rte_mbuf* segment = mbuf; segment != nullptr; segment = segment->next) {
        const auto* const bytes = rte_pktmbuf_mtod(segment, const std::uint8_t*);
        packet.frame.insert(packet.frame.end(), bytes, bytes + segment->data_len);
      }
      rte_pktmbuf_free(mbuf);
      packets.push_back(std::move(packet));
      ++count;
    }
  }
  return count;
}

}  // namespace pollux::worker
