// Takes packets from a device queue.
#pragma once

#include "dataplane/stages/context.hpp"

namespace pollux::stages {

// Up to kBatch packets; 0 when the queue is empty. What is gathered for devices from now on leaves because of
// them, until set_arrival() says otherwise.
std::uint16_t receive(Context& context, std::uint16_t port_id, std::uint16_t queue, rte_mbuf** mbufs);

}  // namespace pollux::stages
