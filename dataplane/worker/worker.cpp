#include "dataplane/worker/worker.hpp"

#include <rte_cycles.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "dataplane/stages/classify.hpp"
#include "dataplane/stages/dtmf.hpp"
#include "dataplane/stages/dtmf_send.hpp"
#include "dataplane/stages/forward_delay.hpp"
#include "dataplane/stages/handoff.hpp"
#include "dataplane/stages/punt.hpp"
#include "dataplane/stages/repacketize.hpp"
#include "dataplane/stages/rtcp.hpp"
#include "dataplane/stages/rtcp_report.hpp"
#include "dataplane/stages/rtp_receive.hpp"
#include "dataplane/stages/rtp_send.hpp"
#include "dataplane/stages/rx.hpp"
#include "dataplane/stages/srtp_unprotect.hpp"
#include "dataplane/stages/transcode.hpp"
#include "dataplane/stages/tx.hpp"
#include "dataplane/worker/idle.hpp"

namespace pollux::worker {

namespace {

// Per loop, for decoding and encoding.
constexpr double kSharedMediaBudgetMs = 0.2;
constexpr double kMediaBudgetMs = 1;

session::Session& session_of(session::Timer& timer) {
  return *reinterpret_cast<session::Session*>(reinterpret_cast<std::byte*>(&timer) -
                                              offsetof(session::Session, media_timer));
}

session::Leg& leg_of(session::Timer& timer) {
  return *reinterpret_cast<session::Leg*>(reinterpret_cast<std::byte*>(&timer) -
                                          offsetof(session::Leg, report.timer));
}

// What a timer's object will need: of the one after the next the object itself, of the next one what it
// points to.
void approach(session::Timer* next, session::Timer* after) {
  if (after != nullptr && after->kind == session::TimerKind::kDtmfSend) {
    session::dtmf_leg_of(*after).prefetch();
  }
  if (next->kind == session::TimerKind::kDtmfSend) {
    const session::Endpoint& endpoint = *session::dtmf_leg_of(*next).rtp;
    __builtin_prefetch(endpoint.v4_header);
    __builtin_prefetch(&endpoint.tx_packets, 1);
  } else if (next->kind == session::TimerKind::kMediaRoute) {
    __builtin_prefetch(&session::media_route_of(*next).path);
  }
}

}  // namespace

Worker::Worker(stages::Context& context, const WorkerConfig& config, Mailbox mailbox,
               std::vector<io::RxQueue> rx_queues, std::uint32_t commands_per_loop, bool send_bye,
               std::uint64_t now_tsc, double cycles_per_ms, std::uint64_t random_seed)
    : context_(context),
      config_(config),
      mailbox_(mailbox),
      rx_queues_(std::move(rx_queues)),
      commands_per_loop_(commands_per_loop),
      send_bye_(send_bye),
      cycles_per_ms_(cycles_per_ms),
      start_tsc_(now_tsc),
      random_(random_seed),
      wheel_(0) {
  context_.dtmf.random = XorShift(random_seed ^ 0x5a5a5a5a5a5a5a5aU);
  context_.wheel = &wheel_;
  // A worker that relays as well looks after its queues between two pieces of work; any looks after its
  // timers.
  context_.media.burst = config_.roles.relay ? 1 : stages::MediaStages::kMostBurst;
  context_.media.budget_cycles = static_cast<std::uint64_t>(
      (config_.roles.relay ? kSharedMediaBudgetMs : kMediaBudgetMs) * cycles_per_ms_);
}

void Worker::run() {
  Idle idle(config_, interrupts_, wheel_);
  idle.prepare_thread();
  while (!stopping_.load(std::memory_order_relaxed)) {
    idle.after_turn(run_once(rte_rdtsc()));
  }
  ended_.store(true, std::memory_order_release);
}

bool Worker::run_once(std::uint64_t now_tsc) {
  context_.now_tsc = now_tsc;
  context_.now_us =
      static_cast<std::uint64_t>(static_cast<double>(now_tsc - start_tsc_) * 1000 / cycles_per_ms_);
  context_.now_ms = context_.now_us / 1000;
  context_.sample_cycles = ++loop_count_ % stages::kSampleEvery == 0;

  bool busy = context_.worker == 0 && stages::send_host_frames(context_) != 0;
  busy |= poll_queues();
  busy |= poll_handoff();
  busy |= stages::take_transcoded(context_);
  busy |= stages::transcode(context_);
  busy |= take_commands();
  wheel_.advance(
      context_.now_ms, [this](session::Timer& timer) { expire(timer); }, approach);
  busy |= stages::media_is_due(context_);  // for transcode() in the next turn: no nap before that
  stages::send_inserted(context_);
  stages::send_made(context_);
  stages::retry_media_orders(context_);
  see_to_closed();
  busy |= stages::flush_all_tx(context_);

  stages::WorkerCounters& counters = context_.counters;
  counters.loops.add(1);
  const std::uint64_t end = rte_rdtsc();
  if (busy) {
    counters.busy_loops.add(1);
    counters.busy_cycles.add(end - now_tsc);
    const std::int64_t ns = end > now_tsc ? context_.tsc_ns(end - now_tsc) : 0;
    counters.loop_time.add(static_cast<std::uint64_t>(ns));
  }
  if (!busy && context_.media.spare != nullptr) {
    rte_pktmbuf_free(std::exchange(context_.media.spare, nullptr));
  }
  counters.total_cycles.set(end - start_tsc_);
  return busy;
}

bool Worker::poll_queues() {
  std::array<rte_mbuf*, stages::kBatch> mbufs;
  bool busy = false;
  for (const io::RxQueue& queue : rx_queues_) {
    const std::uint16_t count = stages::receive(context_, queue.port_id, queue.queue, mbufs.data());
    if (count != 0) {
      process(queue.port_id, mbufs.data(), count);
      busy = true;
    }
  }
  return busy;
}

bool Worker::poll_handoff() {
  if (context_.handoff.size() < 2) {
    return false;
  }
  std::array<rte_mbuf*, stages::kBatch> mbufs;
  const std::uint16_t count = stages::take_handoff(context_, mbufs.data(), stages::kBatch);
  // Runs of packets from one device port go on together.
  for (std::uint16_t first = 0; first < count;) {
    std::uint16_t last = first;
    while (last < count && mbufs[last]->port == mbufs[first]->port) {
      ++last;
    }
    if (context_.sample_cycles) {
      stages::set_passed_arrival(context_, mbufs[first]->hash.usr);
    }
    process(mbufs[first]->port, &mbufs[first], static_cast<std::uint16_t>(last - first));
    first = last;
  }
  return count != 0;
}

void Worker::process(std::uint16_t port_id, rte_mbuf** mbufs, std::uint16_t count) {
  stages::classify(context_, port_id, mbufs, count, rtp_, rtcp_);
  stages::srtp_unprotect(context_, rtp_);
  stages::rtp_receive(context_, rtp_);
  stages::srtp_unprotect_rtcp(context_, rtcp_);
  stages::rtcp(context_, rtcp_);
  if (context_.sample_cycles) {
    stages::set_arrival(context_, 0);
  }
}

bool Worker::take_commands() {
  std::uint32_t taken = 0;
  void* command = nullptr;
  while (taken < commands_per_loop_ && rte_ring_sc_dequeue(mailbox_.commands, &command) == 0) {
    carry_out(*static_cast<session::SessionPlan*>(command));
    ++taken;
  }
  context_.counters.commands.add(taken);
  return taken != 0;
}

void Worker::expire(session::Timer& timer) {
  switch (timer.kind) {
    case session::TimerKind::kSession:
      check_media(session_of(timer));
      break;
    case session::TimerKind::kMediaRoute: {
      session::MediaRoute& route = session::media_route_of(timer);
      route.in_line ? stages::run_path(context_, route) : stages::run_later(context_, route);
      break;
    }
    case session::TimerKind::kReport:
      report(leg_of(timer));
      break;
    case session::TimerKind::kDtmf:
      stages::expire_dtmf(context_, session::dtmf_leg_of(timer));
      break;
    case session::TimerKind::kDtmfSend:
      stages::dtmf_send(context_, session::dtmf_leg_of(timer));
      break;
  }
}

// A leg whose reports go on keeps its time: an update is no reason for one.
void Worker::time_reports(session::Session& session) {
  for (session::Leg* leg : session.legs) {
    session::ReportState& state = leg->report;
    if (!state.on) {
      wheel_.disarm(state.timer);
    } else if (!state.timer.armed()) {
      state.interval.begin(context_.now_ms, random_);
      wheel_.arm(state.timer, state.interval.due_ms());
    }
  }
}

void Worker::report(session::Leg& leg) {
  session::ReportState& state = leg.report;
  if (state.interval.expire(context_.now_ms, random_)) {
    stages::rtcp_report(context_, leg);
  }
  wheel_.arm(state.timer, state.interval.due_ms());
}

// The timer is armed for the moment at which the session would be silent for too long if nothing came; most
// times something has, and it is armed again from there.
void Worker::check_media(session::Session& session) {
  std::uint64_t last_tsc = session.linked_tsc;
  for (const session::Leg* leg : session.legs) {
    last_tsc = std::max({last_tsc, leg->rtp->last_rx_tsc.get(), leg->rtcp->last_rx_tsc.get()});
  }
  const auto last_ms =
      static_cast<std::uint64_t>(static_cast<double>(last_tsc - start_tsc_) / cycles_per_ms_);
  const std::uint64_t due_ms = last_ms + session.media_timeout_ms;
  Event event;
  event.session = session.handle;
  if (due_ms > context_.now_ms) {
    if (session.silent) {
      session.silent = false;
      event.type = EventType::kMediaResumed;
      stages::raise_event(context_, event);
    }
    wheel_.arm(session.media_timer, due_ms);
    return;
  }
  if (!session.silent) {
    session.silent = true;
    event.type = EventType::kMediaTimeout;
    stages::raise_event(context_, event);
  }
  wheel_.arm(session.media_timer, context_.now_ms + session.media_timeout_ms);
}

}  // namespace pollux::worker
