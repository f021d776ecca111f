// Steering by DPDK's RSS and rte_flow calls.
#pragma once

#include <memory>

#include "dataplane/io/steering.hpp"

namespace pollux::io {

// `port_rss`: the device was configured with RTE_ETH_RSS_L4_DST_ONLY. Rules that are left go when the object
// does, which must be before the device is stopped.
std::unique_ptr<SteeringDevice> make_ethdev_steering(std::uint16_t port_id, bool port_rss);

}  // namespace pollux::io
