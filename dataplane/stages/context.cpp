#include "dataplane/stages/context.hpp"

#include <rte_ring_elem.h>

namespace pollux::stages {

void raise_event(Context& context, Event event) {
  event.worker = context.worker;
  event.time_unix_ns = context.now_tsc;  // control makes wall-clock time of it
  if (rte_ring_sp_enqueue_elem(context.events, &event, sizeof event) != 0) {
    context.counters.events_lost.add(1);
  } else {
    ++context.events_raised;
  }
}

}  // namespace pollux::stages
