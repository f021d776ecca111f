// `polluxctl node ...` and `polluxctl stats`. Each returns the exit code.
#pragma once

#include "controlplane/cli/command_context.hpp"

namespace pollux::cli {

int node_info(const CommandContext& context);
int node_ports(const CommandContext& context);
int node_drain(const CommandContext& context);
int node_undrain(const CommandContext& context);
int node_reload(const CommandContext& context);
int show_stats(const CommandContext& context);

}  // namespace pollux::cli
