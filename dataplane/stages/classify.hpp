// Ethernet, 802.1Q, IPv4/IPv6 and UDP: finds the endpoint of each packet and tells RTP from RTCP from the
// rest.
#pragma once

#include "dataplane/stages/context.hpp"

namespace pollux::stages {

// Takes all of `mbufs` (at most kBatch, received on `port_id`): media goes to `rtp` and `rtcp`, which must be
// empty; what belongs to another worker or to the host thread is passed on; the rest is dropped by reason.
void classify(Context& context, std::uint16_t port_id, rte_mbuf** mbufs, std::uint16_t count, MediaBatch& rtp,
              MediaBatch& rtcp);

}  // namespace pollux::stages
