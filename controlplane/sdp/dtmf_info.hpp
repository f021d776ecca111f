// Key presses as bodies of SIP INFO: application/dtmf-relay and application/dtmf, which no RFC describes but
// every endpoint knows (the INFO methods of RFC 2976 and RFC 6086 carry them).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "dataplane/base/expected.hpp"

namespace pollux::sdp {

inline constexpr std::size_t kMaxInfoBytes = 256;
inline constexpr std::uint32_t kUsualInfoDurationMs = 160;  // where the body tells none, or 0

struct InfoPress {
  std::uint8_t event = 0;  // RFC 4733 §3.2: a digit or flash
  std::uint32_t duration_ms = kUsualInfoDurationMs;
  friend bool operator==(const InfoPress&, const InfoPress&) = default;
};

// Reads what endpoints really send: names and letters in upper or lower case, blanks, lines that end in CR,
// LF or both, events as numbers, lines that it doesn't know. On failure `field` is "content_type" or "body",
// and the message names the line. Cost is bounded by kMaxInfoBytes.
Expected<InfoPress> read_info(std::string_view content_type, std::string_view body);

// application/dtmf-relay: "Signal=5\r\nDuration=160\r\n". Flash is "Signal=16", which most understand.
// Pre: a digit or flash.
std::string print_dtmf_relay(const InfoPress& press);
// application/dtmf: "5". Flash: empty, it has none. Pre: a digit or flash.
std::string print_dtmf(const InfoPress& press);

}  // namespace pollux::sdp
