// How busy the workers are, and how much packet memory is left: what placement and admission decide by.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "dataplane/api/stats.hpp"

namespace pollux::control {

// Belongs to the control thread. A worker's load is the share of the time between two samples in which its
// loop found work. Overload has hysteresis, lest sessions be refused and let in by turns.
class LoadMonitor {
 public:
  static constexpr std::chrono::milliseconds kInterval{1000};  // between two samples
  // Overload ends when the load is so far below the limit; a quarter of the limit where that is less, lest a
  // low limit never be met again.
  static constexpr double kRelief = 0.1;

  explicit LoadMonitor(std::size_t workers) : workers_(workers) {}

  // Above `share` (0..1) of its time a worker counts as overloaded, from the next sample on; 1: never.
  void set_max_load(double share) { max_load_ = share; }

  // Whether kInterval has gone by since the last time the answer was yes.
  bool due(std::chrono::steady_clock::time_point now);

  struct Change {
    std::uint16_t worker = 0;
    bool overloaded = false;
  };
  // Takes the counters, and tells whose overload has begun or ended. The first sample only says where the
  // counters stand. Workers beyond those told of at construction are ignored.
  std::vector<Change> sample(const NodeStats& stats);

  double load(std::uint16_t worker) const { return workers_[worker].load; }
  bool overloaded(std::uint16_t worker) const { return workers_[worker].overloaded; }
  std::vector<double> loads() const;
  // What one session adds to a worker's load, by the last sample; 0 while there is none to learn it from.
  double load_per_session() const { return load_per_session_; }
  std::uint64_t samples() const { return samples_; }

  // Percent of the packet buffers; 100 before the first sample.
  double free_mbufs_percent() const { return free_mbufs_percent_; }

 private:
  struct Worker {
    std::uint64_t busy_cycles = 0;
    std::uint64_t total_cycles = 0;
    double load = 0;
    bool known = false;
    bool overloaded = false;
  };
  static double measure(const Worker& before, const WorkerStats& now);

  std::vector<Worker> workers_;
  double max_load_ = 1;
  double load_per_session_ = 0;
  double free_mbufs_percent_ = 100;
  std::uint64_t samples_ = 0;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace pollux::control
