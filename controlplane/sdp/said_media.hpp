// What a party said last of a section, without its keys: a plain value that can be kept.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/sdp/media_description.hpp"

namespace pollux::sdp {

struct SaidMedia {
  bool on = false;  // its port isn't 0
  std::string kind_name;
  MediaKind kind = MediaKind::kOther;
  std::string protocol;
  std::optional<RtpProfile> profile;
  std::vector<Format> formats;  // no number twice; params only where a leg may have them under that number
  std::string format_list;      // as it stands in the m= line
  bool zero_address = false;
  Direction direction = Direction::kSendRecv;
  bool direction_said = false;
  bool rtcp_mux = false;
  bool rtcp_mux_only = false;
  std::uint16_t ptime_ms = 0;
  std::vector<std::string> feedback;  // what stands behind "a=rtcp-fb:"
  bool has_mid = false;

  // What the party does: who can't be sent to only sends.
  Direction effective_direction() const;
};

constexpr bool sends(Direction direction) {
  return direction == Direction::kSendRecv || direction == Direction::kSendOnly;
}
constexpr bool receives(Direction direction) {
  return direction == Direction::kSendRecv || direction == Direction::kRecvOnly;
}
constexpr Direction direction_of(bool sends, bool receives) {
  return sends ? (receives ? Direction::kSendRecv : Direction::kSendOnly)
               : (receives ? Direction::kRecvOnly : Direction::kInactive);
}

// `known_codecs`: SdpOptions::known_codecs.
SaidMedia said_media(const MediaDescription& media, const Section& section, std::uint32_t known_codecs);

}  // namespace pollux::sdp
