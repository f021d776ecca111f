#include "dataplane/stages/handoff.hpp"

#include <rte_prefetch.h>

#include "dataplane/stages/forward_delay.hpp"

namespace pollux::stages {

namespace {

void flush_one(Context& context, std::uint16_t owner) {
  HandoffBuffer& buffer = context.handoff[owner];
  if (buffer.count == 0) {
    return;
  }
  const StageTimer timer(context, Stage::handoff, buffer.count);
  const unsigned sent = rte_ring_mp_enqueue_burst(
      buffer.ring, reinterpret_cast<void**>(buffer.packets.data()), buffer.count, nullptr);
  wake(context, owner);
  context.counters.handed_off.add(sent);
  for (unsigned i = sent; i < buffer.count; ++i) {
    drop(context, buffer.packets[i], DropReason::handoff_full);
  }
  buffer.count = 0;
}

}  // namespace

void hand_off(Context& context, std::uint16_t owner, rte_mbuf* mbuf) {
  HandoffBuffer& buffer = context.handoff[owner];
  mbuf->hash.usr = arrival_mark(context);
  buffer.packets[buffer.count++] = mbuf;
  context.handoff_pending = true;
  if (buffer.count == kBatch) {
    flush_one(context, owner);
  }
}

void flush_handoff(Context& context) {
  if (!context.handoff_pending) {
    return;
  }
  context.handoff_pending = false;
  for (std::uint16_t owner = 0; owner < context.handoff.size(); ++owner) {
    flush_one(context, owner);
  }
}

std::uint16_t take_handoff(Context& context, rte_mbuf** mbufs, std::uint16_t count) {
  return static_cast<std::uint16_t>(rte_ring_sc_dequeue_burst(
      context.handoff[context.worker].ring, reinterpret_cast<void**>(mbufs), count, nullptr));
}

}  // namespace pollux::stages
