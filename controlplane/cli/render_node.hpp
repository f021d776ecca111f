// What the node is, as text.
#pragma once

#include <string>

#include "controlplane/cli/style.hpp"
#include "pollux/v1/node.pb.h"

namespace pollux::cli {

// `now_seconds` since 1970 serves the age.
std::string render_node(const v1::InfoResponse& info, double now_seconds, const Style& style);

std::string render_ports(const v1::PortsResponse& ports, const Style& style);

// `dry_run`: nothing was done yet.
std::string render_reload(const v1::ReloadResponse& response, bool dry_run, const Style& style);

}  // namespace pollux::cli
