// How fast the node's counters grow.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/cli/durations.hpp"
#include "pollux/v1/node.pb.h"

namespace pollux::cli {

struct PortRate {
  std::string port;
  double rx_packets = 0;  // all per second
  double tx_packets = 0;
  double rx_bits = 0;
  double tx_bits = 0;
  double rx_missed = 0;
};

struct DropRate {
  std::string reason;
  std::string help;
  double packets = 0;  // per second
};

struct WorkerRate {
  std::uint32_t worker = 0;
  double packets = 0;                      // received, per second
  std::optional<DurationQuantiles> delay;  // of packets meanwhile
  std::optional<DurationQuantiles> loop;   // of loops with work
};

struct Rates {
  bool known = false;               // false: there was no snapshot before, or the node has restarted since
  std::vector<PortRate> ports;      // in the order of the later snapshot
  std::vector<WorkerRate> workers;  // so are these
  std::vector<DropRate> drops;      // over workers and host; those above zero, the fastest first
};

// `seconds`: between the two.
Rates rates_between(const v1::StatsResponse& before, const v1::StatsResponse& now, double seconds);

}  // namespace pollux::cli
