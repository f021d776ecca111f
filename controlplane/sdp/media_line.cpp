#include "controlplane/sdp/media_line.hpp"

#include "controlplane/sdp/text_number.hpp"
#include "controlplane/sdp/words.hpp"

namespace pollux::sdp {

Expected<MediaLine> read_media_line(const Line& line) {
  std::string_view rest(line.value);
  MediaLine media;
  media.kind = take_word(rest);
  const std::string_view ports = take_word(rest);
  media.protocol = take_word(rest);
  media.formats = trim(rest);
  if (media.protocol.empty()) {
    return line_error(kSdpMalformed, line,
                      "must be m=, the kind of media, a port, a protocol and formats, as in "
                      "m=audio 49170 RTP/AVP 8 0");
  }
  const auto slash = ports.find('/');
  const auto port = number(ports.substr(0, slash), 0, 65535);
  if (!port) {
    return line_error(kSdpMalformed, line, "the port must be 0..65535");
  }
  media.port = static_cast<std::uint16_t>(*port);
  if (slash != std::string_view::npos) {
    const auto count = number(ports.substr(slash + 1), 1, 65535);
    if (!count) {
      return line_error(kSdpMalformed, line, "the number of ports, behind the slash, must be 1..65535");
    }
    media.port_count = *count;
  }
  if (media.port != 0 && media.formats.empty()) {
    return line_error(kSdpMalformed, line, "must name at least one format behind the protocol");
  }
  return media;
}

}  // namespace pollux::sdp
