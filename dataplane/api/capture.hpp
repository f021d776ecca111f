// Copies of packets for whoever looks for a fault.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "dataplane/api/drop_reason.hpp"
#include "dataplane/api/event.hpp"
#include "dataplane/api/session_spec.hpp"
#include "dataplane/base/ip_address.hpp"

namespace pollux {

inline constexpr std::size_t kMaxCaptures = 8;  // at once

using CaptureId = std::uint32_t;  // never reused while the process lives; 0 names none

// Packets that ended without a session. What is unset matches everything.
struct UnmatchedFilter {
  std::optional<IpAddress> address{};   // source or destination
  std::optional<std::uint16_t> port{};  // UDP source or destination
};

struct CaptureSpec {
  SessionHandle session = 0;           // 0: what `unmatched` says
  std::optional<std::uint16_t> leg{};  // LegSpec::id; unset: all legs, those that are added later too
  UnmatchedFilter unmatched{};
  std::uint16_t snap_length = 0xffff;  // bytes kept of each frame
  // SRTP as it is inside. Otherwise frames are as on the wire, and of what is dropped after it was opened
  // only the headers are kept.
  bool decrypted = false;
};

enum class CapturePoint : std::uint8_t {
  kReceived,  // as it came, believed; RTP and RTCP
  kSent,      // as it goes to the party
  kDropped,   // `reason` says why
};

struct CapturedPacket {
  CaptureId capture = 0;
  std::uint64_t time_unix_ns = 0;
  CapturePoint point = CapturePoint::kReceived;
  DropReason reason = DropReason::ethernet_malformed;  // valid for kDropped
  Component component = Component::kRtp;
  std::uint16_t worker = 0;
  std::uint16_t port = 0;    // index into DataplaneConfig::ports
  std::uint16_t leg_id = 0;  // valid for captures of a session
  std::uint32_t original_length = 0;
  std::vector<std::uint8_t> frame;  // from the Ethernet header on
};

// What is stage and point in one word: where in the packet's way the copy was made.
constexpr const char* capture_stage(const CapturedPacket& packet) {
  if (packet.point == CapturePoint::kSent) {
    return "tx";
  }
  return packet.component == Component::kRtcp ? "rtcp" : "rtp_receive";
}

}  // namespace pollux
