// A format of a leg as one command-line word → Codec.
#pragma once

#include <string_view>

#include "controlplane/cli/parsed.hpp"
#include "pollux/v1/session.pb.h"

namespace pollux::cli {

// "NAME[:PT][/RATE[/CHANNELS]][;FMTP]", e.g. "PCMA", "G729;annexb=no", "opus:96/48000/2;useinbandfec=1". PT
// may be left out where RFC 3551 gives the codec one. Whether the node knows the codec is for the node to
// say.
Parsed<v1::Codec> parse_codec(std::string_view text);

}  // namespace pollux::cli
