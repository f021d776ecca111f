// The a=fmtp lines of what carries key presses: telephone-event (RFC 4733 §2.4.1) and red (RFC 2198 §5).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "dataplane/base/codec_params.hpp"

namespace pollux::sdp {

inline constexpr std::uint8_t kMaxRedundancy = 7;  // earlier events that a packet may repeat

using EventSet = std::array<std::uint64_t, 2>;  // as CodecParams::events

// "0-15,66": numbers and ranges up, each 0..255, of which those above 127 are left out. Empty, or what is
// wrong.
std::string read_events(std::string_view list, EventSet& events);
std::string print_events(const EventSet& events);

// "101/101/101": one payload type, the events' own, once for each event in a packet. Empty, or what is wrong.
std::string read_redundancy(std::string_view list, CodecParams& params);
std::string print_redundancy(const CodecParams& params);

}  // namespace pollux::sdp
