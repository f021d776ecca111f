// The node's counters as Prometheus wants them, read when it asks.
#pragma once

#include <prometheus/collectable.h>

#include <chrono>
#include <string>
#include <vector>

#include "controlplane/metrics/node_snapshot.hpp"

namespace pollux::metrics {

struct BuildInfo {
  std::string version;
  std::string dpdk;
  std::string grpc;
  std::chrono::system_clock::time_point start_time;
};

// Thread-safe. Labels come from the configuration and from lists in the code: nothing that a caller or a
// packet can choose.
class NodeMetrics final : public prometheus::Collectable {
 public:
  static constexpr std::chrono::milliseconds kPatience{1000};

  // Pre: `control` and `dataplane` outlive this.
  NodeMetrics(control::ControlThread& control, const Dataplane& dataplane, BuildInfo build)
      : control_(control), dataplane_(dataplane), build_(std::move(build)) {}

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  control::ControlThread& control_;
  const Dataplane& dataplane_;
  const BuildInfo build_;
};

std::vector<prometheus::MetricFamily> node_families(const NodeSnapshot& snapshot, const BuildInfo& build);

}  // namespace pollux::metrics
