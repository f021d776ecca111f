// Passes ARP, ND and ICMP to the host thread, and sends what it answers.
#pragma once

#include "dataplane/stages/context.hpp"

namespace pollux::stages {

// Gives a received frame to the host thread, or drops it as punt_full: a flood costs media nothing.
void punt(Context& context, rte_mbuf* mbuf, io::PuntKind kind);

// Gives a complete frame whose next hop isn't resolved yet to the host thread, which queues it and asks.
// Pre: mbuf->port is the outgoing DPDK port.
void punt_unresolved(Context& context, session::Endpoint& endpoint, rte_mbuf* mbuf);

// Sends frames that the host thread made. Called by worker 0 only. Says how many.
std::uint16_t send_host_frames(Context& context);

}  // namespace pollux::stages
