#include "dataplane/stages/context.hpp"

#include <rte_ring_elem.h>

#include "dataplane/api/crash_context.hpp"

namespace pollux {

CrashContext crash_context() noexcept {
  const stages::Whereabouts at = stages::whereabouts;
  if (at.worker == 0) {
    return {};
  }
  // The names are literals: their ends are marked.
  const char* stage = at.stage == 0 ? "none" : stages::kStages[at.stage - 1U].name.data();
  return {true, static_cast<std::uint16_t>(at.worker - 1), stage};
}

}  // namespace pollux

namespace pollux::stages {

constinit thread_local Whereabouts whereabouts;

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
