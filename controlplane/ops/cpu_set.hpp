// On which CPUs the threads of the control plane run.
#pragma once

#include <span>
#include <vector>

#include "controlplane/config/node_config.hpp"
#include "dataplane/base/expected.hpp"

namespace pollux::ops {

// CPUs the calling thread may run on, ascending.
std::vector<unsigned> thread_cpus();

// The configured CPUs or, where none are, those of `allowed` that no worker uses or, if there are none,
// `allowed`.
std::vector<unsigned> control_cpus(const config::NodeConfig& config, std::span<const unsigned> allowed);

// Moves the calling thread to these CPUs; threads it makes from now on inherit them.
Expected<void> set_thread_cpus(std::span<const unsigned> cpus);

}  // namespace pollux::ops
