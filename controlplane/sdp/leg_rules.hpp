// What a leg may be (controlplane/session checks the same): where SDP asks for more, the nearest that is
// allowed.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "controlplane/sdp/media_description.hpp"
#include "controlplane/sdp/media_leg.hpp"

namespace pollux::sdp {

// Whether a leg may have a format under such a number (RFC 3551 §6, RFC 5761 §4).
bool number_allowed(std::uint8_t payload_type, const CodecParams& params);

// Without what can't be in a list: more than there is room for, red without its events, no audio (then
// empty).
std::vector<CodecFormat> leg_list(std::span<const CodecFormat> formats);

// The nearest whole number of frames; 0 stays 0. Pre: `codecs` is a leg_list().
std::uint16_t leg_ptime(std::uint16_t wish_ms, std::span<const CodecFormat> codecs);

// What of the policy the leg's codecs allow; `who` is for the warnings.
DtmfPolicy leg_dtmf(const DtmfPolicy& wish, std::span<const CodecFormat> codecs, const std::string& who,
                    std::vector<std::string>& warnings);

// Whether media can be sent there: one host's address that others have.
bool sendable(const IpAddress& address);

}  // namespace pollux::sdp
