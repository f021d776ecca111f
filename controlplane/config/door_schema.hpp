// The keys of the section grpc: who may reach this node, and how much they may ask.
#pragma once

#include "controlplane/config/node_config.hpp"
#include "controlplane/config/section.hpp"

namespace pollux::config {

Section<DoorConfig> grpc_section();

}  // namespace pollux::config
