// The data plane's counters as NodeService.Stats shows them.
#pragma once

#include "dataplane/api/stats.hpp"
#include "pollux/v1/node.pb.h"

namespace pollux::rpc {

void write_node_stats(const NodeStats& stats, v1::StatsResponse& response);

}  // namespace pollux::rpc
