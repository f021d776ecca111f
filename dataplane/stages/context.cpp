#include "dataplane/stages/context.hpp"

#include <rte_ring_elem.h>

namespace pollux::stages {

void raise_event(Context& context, Event event) {
  event.worker = context.worker;
  event.time_unix_ns =
      context.wall_clock_offset_ns +
      static_cast<std::uint64_t>(static_cast<double>(context.now_tsc) * context.ns_per_cycle);
  if (rte_ring_sp_enqueue_elem(context.events, &event, sizeof event) != 0) {
    context.counters.events_lost.add(1);
  }
}

}  // namespace pollux::stages
