// DPDK's environment: lcores, memory, drivers.
#pragma once

#include <sched.h>

#include <string>
#include <vector>

#include "dataplane/api/dataplane_config.hpp"
#include "dataplane/base/expected.hpp"

namespace pollux::io {

// Initialises EAL: lcore 0 is eal.main_cpu (the calling thread, which is pinned to it from now on), worker i
// is lcore i + 1 on its CPU. A process can do so only once: later calls reuse what there is and fail when it
// has fewer lcores than `config` has workers. Errors name the field ("eal.huge_pages").
Expected<void> init_eal(const DataplaneConfig& config);

// Whether the memory is in huge pages. Meaningful after init_eal().
bool eal_uses_huge_pages();

// The CPUs that the thread which called init_eal() could use before it was pinned. Threads made later inherit
// the pinning: give them this set, or a part of it. Before init_eal(): the calling thread's own set.
cpu_set_t original_cpu_set();

// "0000:3b:00.0" or "3b:00.0", optionally followed by ",arguments".
bool is_pci_address(const std::string& device);

// The arguments that init_eal() hands to rte_eal_init(), program name first.
std::vector<std::string> eal_arguments(const DataplaneConfig& config, bool huge_pages);

}  // namespace pollux::io
