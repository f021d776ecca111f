// Makes a section for one party out of the other one's: lines that nobody needs to change stay as they are.
#pragma once

#include <optional>

#include "controlplane/sdp/document.hpp"
#include "controlplane/sdp/media_leg.hpp"
#include "controlplane/sdp/section_plan.hpp"

namespace pollux::sdp {

enum class RtcpAttribute : std::uint8_t { kPort, kFull, kNone };

struct SectionPlace {
  std::optional<LocalMedia> local;  // set where the plan relays
  RtcpAttribute rtcp = RtcpAttribute::kPort;
  LineEnd line_end = LineEnd::kCrLf;
  // c= for a section that isn't relayed and has none, where the session's was another one; nullptr: no need.
  const Line* connection = nullptr;
};

// Pre: `body` has an m= line.
Section write_section(const Section& body, const SectionPlan& plan, const SectionPlace& place);

// "IN IP4 192.0.2.1"
std::string print_connection(const IpAddress& address);

// ICE, DTLS keys and capabilities (RFC 8839, RFC 8842, RFC 5939): they are between a party and the relay,
// which has none of them.
bool is_hop_attribute(const Line& line);

}  // namespace pollux::sdp
