// What the node counts, at one moment: read once per scrape.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/config/node_config.hpp"
#include "controlplane/session/control_thread.hpp"
#include "dataplane/api/dataplane.hpp"

namespace pollux::metrics {

// What the control thread alone knows.
struct ControlSnapshot {
  struct Network {
    std::string name;
    control::PortUse ports;
  };
  control::SessionTotals sessions;
  std::uint32_t session_limit = 0;
  std::vector<double> loads;            // by worker
  std::vector<bool> overloaded;         // by worker
  std::vector<double> media_committed;  // by worker
  std::vector<Network> networks;
  std::array<std::uint64_t, control::kLogEventTypeCount> events{};
  std::size_t watchers = 0;
};

struct NodeSnapshot {
  NodeStats stats;
  std::optional<ControlSnapshot> control;  // unset: the control thread didn't answer in time
};

// Control thread only. Cost: O(workers + networks), whatever the number of sessions.
ControlSnapshot take_control_snapshot(control::SessionManager& manager);

// Any thread but the control thread. Waits for the control thread no longer than `patience`.
NodeSnapshot take_snapshot(control::ControlThread& control, const Dataplane& dataplane,
                           std::chrono::milliseconds patience);

}  // namespace pollux::metrics
