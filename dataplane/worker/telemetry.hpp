// Our part of DPDK's telemetry socket: what dpdk-telemetry.py shows under /pollux.
#pragma once

#include "dataplane/api/dataplane.hpp"

namespace pollux::worker {

// Answers from `dataplane` until hide_from_telemetry(); the last one shown is the one that answers. Any
// thread. Without a telemetry socket (eal.telemetry: false) nobody asks.
void show_in_telemetry(const Dataplane& dataplane);
// Returns when no answer reads it any more. Does nothing when another one is shown.
void hide_from_telemetry(const Dataplane& dataplane);

}  // namespace pollux::worker
