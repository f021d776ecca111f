#include "controlplane/cli/load.hpp"

#include "controlplane/cli/format.hpp"

namespace pollux::cli {

std::string overload_warning(const v1::WorkerCounters& worker) {
  const std::string who = "worker " + std::to_string(worker.worker()) + " is OVERLOADED (load " +
                          decimal(worker.load() * 100, 0) + " %";
  if (worker.load() >= kOverloaded) {
    return who + "): its calls lose packets; more workers, or fewer calls";
  }
  return worker.overloaded() ? who +
                                   ", limit admission.max_worker_load): it takes no new sessions; more "
                                   "workers, or fewer calls"
                             : "";
}

}  // namespace pollux::cli
