#include "controlplane/sdp/said_media.hpp"

#include <algorithm>

#include "controlplane/sdp/leg_rules.hpp"
#include "controlplane/sdp/media_line.hpp"
#include "controlplane/sdp/words.hpp"

namespace pollux::sdp {

namespace {

constexpr std::size_t kMaxFeedback = 256;  // lines; what an answer repeats of more is left out

std::vector<Format> formats_of(const MediaDescription& media, std::uint32_t known_codecs) {
  std::vector<Format> formats;
  for (const Format& format : media.formats) {
    if (std::ranges::find(formats, format.payload_type, &Format::payload_type) != formats.end()) {
      continue;
    }
    Format& one = formats.emplace_back(format);
    if (one.params && (!number_allowed(one.payload_type, *one.params) ||
                       (known_codecs >> static_cast<unsigned>(one.params->id) & 1U) == 0)) {
      one.params.reset();
    }
  }
  return formats;
}

}  // namespace

Direction SaidMedia::effective_direction() const {
  return zero_address ? direction_of(sends(direction), false) : direction;
}

SaidMedia said_media(const MediaDescription& media, const Section& section, std::uint32_t known_codecs) {
  SaidMedia said;
  said.on = media.port != 0;
  said.kind_name = media.kind_name;
  said.kind = media.kind;
  said.protocol = media.protocol;
  said.profile = media.profile;
  said.formats = formats_of(media, known_codecs);
  said.zero_address = media.zero_address;
  said.direction = media.direction;
  said.direction_said = media.direction_said;
  said.rtcp_mux = media.rtcp_mux;
  said.rtcp_mux_only = media.rtcp_mux_only;
  said.ptime_ms = media.ptime_ms;
  for (const Line& line : section.lines) {
    if (line.type == 'm') {
      if (const auto parts = read_media_line(line)) {
        said.format_list = trim(parts->formats);
      }
    } else if (line.is_attribute("rtcp-fb") && said.feedback.size() < kMaxFeedback) {
      said.feedback.emplace_back(line.attribute_value());
    } else if (line.is_attribute("mid")) {
      said.has_mid = true;
    }
  }
  return said;
}

}  // namespace pollux::sdp
