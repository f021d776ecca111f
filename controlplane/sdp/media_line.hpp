// The m= line of a section (RFC 8866 §5.14), by its words.
#pragma once

#include <cstdint>
#include <string_view>

#include "controlplane/sdp/document.hpp"

namespace pollux::sdp {

struct MediaLine {
  std::string_view kind;
  std::uint16_t port = 0;
  std::uint32_t port_count = 1;  // "49170/2": streams on ports one after the other
  std::string_view protocol;
  std::string_view formats;  // blank where a rejected section names none
};

// Views into `line`. Error: SDP_MALFORMED.
Expected<MediaLine> read_media_line(const Line& line);

}  // namespace pollux::sdp
