#include "controlplane/ops/cpu_set.hpp"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <system_error>

namespace pollux::ops {

std::vector<unsigned> thread_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  pthread_getaffinity_np(pthread_self(), sizeof set, &set);
  std::vector<unsigned> cpus;
  for (unsigned cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set)) {
      cpus.push_back(cpu);
    }
  }
  return cpus;
}

std::vector<unsigned> control_cpus(const config::NodeConfig& config, std::span<const unsigned> allowed) {
  if (!config.control_cpus.empty()) {
    return config.control_cpus;
  }
  std::vector<unsigned> free;
  std::copy_if(allowed.begin(), allowed.end(), std::back_inserter(free), [&config](unsigned cpu) {
    const auto& workers = config.dataplane.workers;
    return std::none_of(workers.begin(), workers.end(),
                        [cpu](const WorkerConfig& w) { return w.cpu == cpu; });
  });
  return free.empty() ? std::vector<unsigned>(allowed.begin(), allowed.end()) : free;
}

Expected<void> set_thread_cpus(std::span<const unsigned> cpus) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const unsigned cpu : cpus) {
    if (cpu < CPU_SETSIZE) {
      CPU_SET(cpu, &set);
    }
  }
  if (const int error = pthread_setaffinity_np(pthread_self(), sizeof set, &set); error != 0) {
    return fail(ErrorCode::kInvalidArgument, "CPU_MISSING", "control_cpus",
                "can't run on these CPUs: " + std::generic_category().message(error));
  }
  return {};
}

}  // namespace pollux::ops
