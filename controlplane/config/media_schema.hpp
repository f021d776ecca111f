// The keys of the sections learning, srtp and media: whose media is believed, how it is protected, and how
// it is handled where Pollux decodes it.
#pragma once

#include "controlplane/config/node_config.hpp"
#include "controlplane/config/section.hpp"

namespace pollux::config {

Section<LearningConfig> learning_section();
// Goes to dataplane.srtp and srtp.
Section<NodeConfig> srtp_section();
Section<NodeConfig> media_section();

}  // namespace pollux::config
