// What decoding and encoding has been promised to sessions, by worker, and who has room for more.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "controlplane/session/load_monitor.hpp"
#include "dataplane/api/dataplane.hpp"
#include "dataplane/base/expected.hpp"

namespace pollux::control {

// Belongs to the control thread. Costs are shares of one core, as Dataplane::media_cost() gives them. Errors
// are kExhausted (MEDIA_EXHAUSTED); their message has the figures and what to do.
class MediaBudget {
 public:
  // Pre: `load` outlives this.
  MediaBudget(std::span<const WorkerInfo> workers, const LoadMonitor& load);

  // Of one worker's core, in percent.
  void set_limit(std::uint32_t percent) { limit_percent_ = percent; }

  // The worker for a new cost above 0: `own`, the session's, when it has the role media, room, and isn't
  // overloaded; else the one with the least committed. Nothing is committed yet.
  Expected<std::uint16_t> choose(double cost, std::uint16_t own) const;
  // Why `worker` can't take so much more; none: it can.
  std::optional<Error> refuse(double more, std::uint16_t worker) const;

  void commit(double cost, std::uint16_t worker) { committed_[worker] += cost; }
  void give_back(double cost, std::uint16_t worker);

  double committed(std::uint16_t worker) const { return committed_[worker]; }
  const std::vector<double>& committed() const { return committed_; }

 private:
  bool has_room(double more, std::uint16_t worker) const;

  const LoadMonitor& load_;
  std::vector<std::uint16_t> media_workers_;
  std::vector<double> committed_;  // by worker
  std::uint32_t limit_percent_ = 100;
};

}  // namespace pollux::control
