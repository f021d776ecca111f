// A leg as one command-line word → LegSpec.
#pragma once

#include <string_view>

#include "controlplane/cli/parsed.hpp"
#include "pollux/v1/session.pb.h"

namespace pollux::cli {

// "ID[,KEY=VALUE...]", e.g. "a,network=outside,remote=192.0.2.7:40000,rtcp-mux,pt=101:96@8000,sinks=b+c".
// codec, pt and sinks may be repeated or hold several values joined by '+'. Checks the form of each value and
// reports every problem; whether networks and sinks exist is for the node to say.
Parsed<v1::LegSpec> parse_leg(std::string_view text);

}  // namespace pollux::cli
