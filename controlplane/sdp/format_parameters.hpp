// The parameters of an a=fmtp line, by codec.
#pragma once

#include <string>
#include <string_view>

#include "controlplane/sdp/codec_attribute.hpp"

namespace pollux::sdp {

// Puts what `fmtp` says into `codec`, whose params.id says of which codec. Empty, or what is wrong.
std::string read_format_parameters(std::string_view fmtp, CodecAttribute& codec);

}  // namespace pollux::sdp
