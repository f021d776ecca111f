// The parameters of an a=fmtp line, by codec.
#pragma once

#include <string>
#include <string_view>

#include "dataplane/base/codec_params.hpp"

namespace pollux::sdp {

// Puts what `fmtp` says into `params`, whose id says of which codec. Empty, or what is wrong.
std::string read_format_parameters(std::string_view fmtp, CodecParams& params);

}  // namespace pollux::sdp
