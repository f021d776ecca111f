// Checks of a configuration as a whole: values that are right each by itself, but don't fit together.
#pragma once

#include "controlplane/config/node_config.hpp"
#include "controlplane/config/read_context.hpp"

namespace pollux::config {

// Tells errors and warnings to `context`. Values that have been complained about already are not looked at.
void check_meaning(const NodeConfig& config, ReadContext& context);

// The parts, each in its own file.
void check_ports(const NodeConfig& config, ReadContext& context);
void check_interfaces(const NodeConfig& config, ReadContext& context);
void check_networks(const NodeConfig& config, ReadContext& context);
void check_cpus(const NodeConfig& config, ReadContext& context);
void check_doors(const NodeConfig& config, ReadContext& context);
void check_metrics(const NodeConfig& config, ReadContext& context);
void check_admission(const NodeConfig& config, ReadContext& context);

}  // namespace pollux::config
