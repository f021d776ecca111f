// Where the log goes and how much of it.
#pragma once

#include <string>

#include "controlplane/config/node_config.hpp"
#include "dataplane/base/expected.hpp"

namespace pollux::ops {

// Where the process's log goes, in which form, and from which level on. May be called again, while others
// log. On error, which names log.file, nothing has changed.
Expected<void> set_up_logging(const config::LogConfig& config);

// Opens the log file anew, if there is one. Error: it goes on with the old one.
Expected<void> reopen_log();

// To be called now and then: logs how many messages were left out as repeated.
void tell_suppressed();

// The log file for a crash handler; async-signal-safe. -1: none.
int log_file_fd();

// The EAL argument that sets DPDK's own log to this level.
std::string eal_log_argument(config::LogLevel level);

}  // namespace pollux::ops
