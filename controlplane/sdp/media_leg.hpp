// What the relay has to be for the parties of one m= section.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/api/session_spec.hpp"
#include "dataplane/base/ip_address.hpp"

namespace pollux::sdp {

enum class Side : std::uint8_t { kCaller, kCallee };  // kCaller made the first offer of the dialog
constexpr Side other(Side side) {
  return side == Side::kCaller ? Side::kCallee : Side::kCaller;
}
constexpr std::size_t index_of(Side side) {
  return static_cast<std::size_t>(side);
}

// What the relay has to be for one party of one section: becomes a leg of the session.
struct MediaLeg {
  std::string network;  // empty: the only one
  AddressFamily family = AddressFamily::kIpv4;
  std::optional<SocketAddress> remote_rtp;  // unset: not known yet, or on hold by 0.0.0.0
  std::optional<SocketAddress> remote_rtcp;
  bool rtcp_mux = false;          // agreed with this party: RTCP comes and goes on the RTP port
  bool rtcp_mux_offered = false;  // a leg that may come to be mux: needs both ports till then
  Direction direction = Direction::kSendRecv;
  // Empty: opaque. Both legs of a section have some, or none. Each list begins with what is sent to the
  // party.
  std::vector<CodecFormat> codecs;
  std::uint16_t ptime_ms = 0;
  std::optional<std::uint16_t> jitter_window_ms;
  SrtpParamsRef srtp_receive, srtp_send;
  LearningMode learning = LearningMode::kHeuristic;
  SourcePolicy source_policy = SourcePolicy::kStrictSource;
  std::optional<std::uint8_t> dscp;
  DtmfPolicy dtmf;
  bool rtcp_xr = false;
  friend bool operator==(const MediaLeg&, const MediaLeg&) = default;
};

struct SectionLegs {
  // Unset: nothing of the section is relayed (switched off by its offer or by Pollux, or passed by). Of one
  // that an answer rejects the legs stay till the next offer, inactive: another answer to the same offer may
  // take it, from a fork or after an early one.
  std::optional<std::array<MediaLeg, 2>> sides;  // by Side
};

// Where a party finds the relay.
struct LocalMedia {
  SocketAddress rtp;
  SocketAddress rtcp;
};
using SectionPorts = std::array<std::optional<LocalMedia>, 2>;  // by Side; unset: the section has no legs

}  // namespace pollux::sdp
