// Where the log goes and how much of it.
#pragma once

#include <string>

#include "controlplane/config/node_config.hpp"

namespace pollux::ops {

// The process's log goes to stderr, from this level on.
void set_up_logging(config::LogLevel level);

// The EAL argument that sets DPDK's own log to this level.
std::string eal_log_argument(config::LogLevel level);

}  // namespace pollux::ops
