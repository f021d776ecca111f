// Passes packets to the worker that owns their port, where the device delivered them to another.
#pragma once

#include "dataplane/stages/context.hpp"

namespace pollux::stages {

// Gathers the packet for `owner`; flush_handoff() sends it. Order within a port's queue is kept.
void hand_off(Context& context, std::uint16_t owner, rte_mbuf* mbuf);

// Sends what has been gathered; what doesn't fit the owner's ring is dropped as handoff_full.
void flush_handoff(Context& context);

// Takes up to `count` packets that others handed to this worker.
std::uint16_t take_handoff(Context& context, rte_mbuf** mbufs, std::uint16_t count);

}  // namespace pollux::stages
