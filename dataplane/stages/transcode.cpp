#include "dataplane/stages/transcode.hpp"

#include <rte_ring_elem.h>

#include "dataplane/stages/repacketize.hpp"

namespace pollux::stages {

namespace {

constexpr std::uint32_t kReasonMask = 0xffff'0000;

bool enqueue(Context& context, const std::vector<rte_ring*>& rings, std::uint16_t worker, MediaWork work) {
  const bool taken = rte_ring_mp_enqueue_elem(rings[worker], &work, sizeof work) == 0;
  wake(context, worker);
  return taken;
}

void remember(session::MediaRoute*& list, session::MediaRoute& route) {
  route.next = list;
  list = &route;
}

void closed(Context& context, session::MediaRoute& route) {
  context.wheel->disarm(route.timer);
  if (route.worker == context.worker) {
    remember(context.media.closed, route);
  } else {
    return_from_media(context, {nullptr, &route});
  }
}

// The route may be gone when this returns.
void finish(Context& context, session::MediaRoute& route) {
  route.path->close();
  run_path(context, route);
  closed(context, route);
}

void run(Context& context, const MediaWork& work) {
  if (work.mbuf == nullptr) {
    finish(context, *work.route);
    return;
  }
  const std::uint64_t start = rte_rdtsc();
  run_media(context, *work.route, work.mbuf);
  work.route->busy_cycles.add(rte_rdtsc() - start);
}

// One of the routes whose timers have gone off. False: there is none.
bool run_due(Context& context) {
  if (!media_is_due(context)) {
    return false;
  }
  session::MediaRoute& route = session::media_route_of(*context.media.due.next);
  session::TimingWheel::disarm(route.timer);
  const StageTimer timer(context, Stage::transcode, 1);
  const std::uint64_t start = rte_rdtsc();
  run_path(context, route);
  route.busy_cycles.add(rte_rdtsc() - start);
  return true;
}

void retry(Context& context, session::MediaRoute*& list, const std::vector<rte_ring*>& rings, bool to_media) {
  while (list != nullptr) {
    session::MediaRoute& route = *list;
    session::MediaRoute* const next = route.next;
    if (!enqueue(context, rings, to_media ? route.media_worker : route.worker, {nullptr, &route})) {
      return;
    }
    list = next;
  }
}

}  // namespace

void hand_to_media(Context& context, std::span<MediaWork> work) {
  for (std::size_t first = 0; first < work.size();) {
    const std::uint16_t to = work[first].route->media_worker;
    std::size_t last = first;
    while (last < work.size() && work[last].route->media_worker == to) {
      ++last;
    }
    const auto count = static_cast<unsigned>(last - first);
    const unsigned taken = rte_ring_mp_enqueue_burst_elem(context.media.to_media[to], &work[first],
                                                          sizeof(MediaWork), count, nullptr);
    wake(context, to);
    for (std::size_t i = first + taken; i < last; ++i) {
      blame(context, *work[i].route->source, DropReason::media_overloaded);
      rte_pktmbuf_free(work[i].mbuf);
    }
    first = last;
  }
}

void return_from_media(Context& context, MediaWork work) {
  if (enqueue(context, context.media.from_media, work.route->worker, work)) {
    return;
  }
  if (work.mbuf == nullptr) {
    remember(context.media.answer_later, *work.route);
  } else {
    drop(context, work.mbuf, DropReason::media_overloaded);
  }
}

bool transcode(Context& context) {
  rte_ring* const ring = context.media.to_media[context.worker];
  std::array<MediaWork, MediaStages::kMostBurst> work;
  const std::uint64_t start = rte_rdtsc();
  bool any = false;
  do {
    const bool due = run_due(context);
    const unsigned count =
        rte_ring_sc_dequeue_burst_elem(ring, work.data(), sizeof(MediaWork), context.media.burst, nullptr);
    any |= due || count != 0;
    if (count == 0) {
      if (due) {
        continue;
      }
      break;
    }
    const StageTimer timer(context, Stage::transcode, count);
    for (unsigned i = 0; i < count; ++i) {
      run(context, work[i]);
    }
  } while (rte_rdtsc() - start < context.media.budget_cycles);
  if (any) {
    send_made(context);
  }
  return any;
}

bool take_transcoded(Context& context) {
  std::array<MediaWork, kBatch> work;
  const unsigned count = rte_ring_sc_dequeue_burst_elem(context.media.from_media[context.worker], work.data(),
                                                        sizeof(MediaWork), kBatch, nullptr);
  for (unsigned i = 0; i < count; ++i) {
    if (rte_mbuf* const mbuf = work[i].mbuf; mbuf != nullptr) {
      if ((mbuf->packet_type & kReasonMask) == kRefused) [[unlikely]] {
        blame(context, *work[i].route->source, static_cast<DropReason>(mbuf->packet_type & ~kReasonMask));
        rte_pktmbuf_free(mbuf);
      } else {
        deliver(context, *work[i].route, mbuf);
      }
    } else {
      remember(context.media.closed, *work[i].route);
    }
  }
  if (count != 0) {
    send_made(context);
  }
  return count != 0;
}

void run_later(Context& context, session::MediaRoute& route) {
  session::append(context.media.due, route.timer);
}

void close_route(Context& context, session::MediaRoute& route) {
  if (route.in_line) {
    finish(context, route);
    send_made(context);
  } else if (!enqueue(context, context.media.to_media, route.media_worker, {nullptr, &route})) {
    remember(context.media.close_later, route);
  }
}

void retry_media_orders(Context& context) {
  retry(context, context.media.close_later, context.media.to_media, true);
  retry(context, context.media.answer_later, context.media.from_media, false);
}

}  // namespace pollux::stages
