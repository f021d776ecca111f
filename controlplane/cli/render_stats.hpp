// The node's counters as text.
#pragma once

#include <string>

#include "controlplane/cli/style.hpp"
#include "pollux/v1/node.pb.h"

namespace pollux::cli {

// The snapshot before this one and the time between them, for rates.
struct Previous {
  const v1::StatsResponse* stats = nullptr;  // null: there was none, no rates
  double seconds = 0;
};

std::string render_stats(const v1::StatsResponse& stats, Previous previous, const Style& style);

// Only the drops: each reason by worker, with what it means.
std::string render_drops(const v1::StatsResponse& stats, Previous previous, const Style& style);

}  // namespace pollux::cli
