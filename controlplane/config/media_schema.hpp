// The keys of the sections learning and srtp: whose media is believed, and how it is protected.
#pragma once

#include "controlplane/config/node_config.hpp"
#include "controlplane/config/section.hpp"

namespace pollux::config {

Section<LearningConfig> learning_section();
// Goes to dataplane.srtp and srtp.
Section<NodeConfig> srtp_section();

}  // namespace pollux::config
