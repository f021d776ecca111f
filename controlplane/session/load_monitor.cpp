#include "controlplane/session/load_monitor.hpp"

#include <algorithm>

namespace pollux::control {

bool LoadMonitor::due(std::chrono::steady_clock::time_point now) {
  if (now < next_) {
    return false;
  }
  next_ = now + kInterval;
  return true;
}

// A worker that has turned no loop at all is stuck, or has lost its CPU: it must get nothing more to do.
double LoadMonitor::measure(const Worker& before, const WorkerStats& now) {
  if (now.total_cycles <= before.total_cycles) {
    return now.total_cycles == 0 ? 0.0 : 1.0;
  }
  const double busy = static_cast<double>(now.busy_cycles - std::min(now.busy_cycles, before.busy_cycles));
  return std::min(1.0, busy / static_cast<double>(now.total_cycles - before.total_cycles));
}

std::vector<LoadMonitor::Change> LoadMonitor::sample(const NodeStats& stats) {
  std::vector<Change> changes;
  double load = 0;
  std::uint64_t sessions = 0;
  for (const WorkerStats& now : stats.workers) {
    if (now.worker >= workers_.size()) {
      continue;
    }
    Worker& worker = workers_[now.worker];
    if (worker.known) {
      worker.load = measure(worker, now);
    }
    worker.known = true;
    worker.busy_cycles = now.busy_cycles;
    worker.total_cycles = now.total_cycles;
    load += worker.load;
    sessions += now.sessions;
    const double relieved = max_load_ - std::min(kRelief, max_load_ / 4);
    const bool overloaded = max_load_ < 1 && worker.load > (worker.overloaded ? relieved : max_load_);
    if (overloaded != worker.overloaded) {
      worker.overloaded = overloaded;
      changes.push_back({now.worker, overloaded});
    }
  }
  load_per_session_ = sessions == 0 ? 0 : load / static_cast<double>(sessions);
  if (stats.mbufs_total > 0) {
    free_mbufs_percent_ =
        100.0 * static_cast<double>(stats.mbufs_free) / static_cast<double>(stats.mbufs_total);
  }
  ++samples_;
  return changes;
}

std::vector<double> LoadMonitor::loads() const {
  std::vector<double> loads;
  loads.reserve(workers_.size());
  for (const Worker& worker : workers_) {
    loads.push_back(worker.load);
  }
  return loads;
}

}  // namespace pollux::control
