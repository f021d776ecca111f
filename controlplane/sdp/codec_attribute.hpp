// What a=rtpmap and a=fmtp say of one audio format (RFC 8866 §6.6, §6.15), both ways.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "dataplane/base/codec_params.hpp"
#include "dataplane/base/expected.hpp"

namespace pollux::sdp {

inline constexpr std::size_t kMaxFmtpBytes = 256;

// The parts of both lines, as text has them: "opus", 48000, 2, "useinbandfec=1".
struct CodecText {
  std::string_view encoding;     // upper or lower case
  std::uint32_t clock_rate = 0;  // Hz; 0: the codec's usual one
  std::uint32_t channels = 0;    // 0: 1; Opus: 1 and 2 both mean what its rtpmap says (RFC 7587 §7)
  std::string_view fmtp;         // what follows "a=fmtp:PT "
};

// Unknown format parameters are ignored (RFC 8866 §6.15), known ones with a wrong value are not. On failure
// `field` names the part of CodecText, and the message what is allowed there. Cost is bounded by
// kMaxFmtpBytes.
Expected<CodecParams> read_codec(const CodecText& text);

// The format parameters that aren't as they would be if nothing was said; of telephone-event its events, of
// red the payload types.
std::string print_fmtp(const CodecParams& params);

// What stands behind the clock rate in a=rtpmap: 2 for Opus, whatever is inside.
std::uint32_t rtpmap_channels(const CodecParams& params);

// "PCMU, PCMA, …": the encoding names that read_codec() knows.
std::string known_encodings();

}  // namespace pollux::sdp
