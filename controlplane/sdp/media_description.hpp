// What one m= section of an SDP body says of a stream (RFC 8866 §5.14, RFC 3264).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/sdp/crypto_attribute.hpp"
#include "controlplane/sdp/document.hpp"
#include "dataplane/api/session_spec.hpp"
#include "dataplane/base/ip_address.hpp"

namespace pollux::sdp {

enum class MediaKind : std::uint8_t { kAudio, kVideo, kText, kImage, kApplication, kMessage, kOther };

// "RTP/SAVPF" and its kind, by its parts.
struct RtpProfile {
  bool secure = false;    // SAVP, SAVPF (RFC 3711, RFC 5124)
  bool feedback = false;  // AVPF, SAVPF (RFC 4585)
  bool dtls = false;      // UDP/TLS/RTP/… (RFC 5764)
  friend bool operator==(const RtpProfile&, const RtpProfile&) = default;
};
// Upper or lower case; none: not RTP, or not over UDP.
std::optional<RtpProfile> parse_profile(std::string_view protocol);
std::string_view print_profile(const RtpProfile& profile);

// One number of an m= line with its a=rtpmap and a=fmtp.
struct Format {
  std::uint8_t payload_type = 0;
  std::string encoding;  // "opus"; of a static type without rtpmap RFC 3551's; empty: not known
  std::uint32_t clock_rate = 0;
  std::uint32_t channels = 1;
  std::string fmtp;  // what stands behind "a=fmtp:PT "
  // Set: audio that Pollux knows, with the number it may have (RFC 3551 §6: below 35 that of the static
  // type).
  std::optional<CodecParams> params;
  friend bool operator==(const Format&, const Format&) = default;
};

struct MediaDescription {
  MediaKind kind = MediaKind::kOther;
  std::string kind_name;              // "audio"
  std::uint16_t port = 0;             // 0: rejected or switched off
  std::string protocol;               // as written
  std::optional<RtpProfile> profile;  // none: not RTP
  std::vector<Format> formats;        // of RTP, in the order of the m= line
  // c= of the section, else the session's. Unset: zero, or not RTP and a name or multicast.
  std::optional<IpAddress> address;
  bool zero_address = false;  // 0.0.0.0 or ::, hold as in RFC 2543; `address` is unset
  bool ipv6 = false;          // family of c=, also where the address is zero
  // a=rtcp (RFC 3605); with the address of c= where it has none. Unset as well where that is zero.
  std::optional<SocketAddress> rtcp;
  bool rtcp_mux = false;
  bool rtcp_mux_only = false;
  Direction direction = Direction::kSendRecv;  // of the section, else the session's, else sendrecv
  bool direction_said = false;                 // in the section or the session
  std::uint16_t ptime_ms = 0;                  // 0: not said, or no such number; "2.5" is 3
  std::uint16_t maxptime_ms = 0;
  std::vector<CryptoAttribute> crypto;  // those that parse, usable() or not, in order
  unsigned crypto_unknown = 0;          // a=crypto lines of suites, key methods or parameters not known
  bool fingerprint = false;             // DTLS-SRTP is offered (RFC 5763), of the section or the session
  bool ice = false;
  unsigned line = 0;  // number of the m= line

  // Where media goes; none without an address or a port.
  std::optional<SocketAddress> remote_rtp() const;
  // Where RTCP goes: to the RTP port with rtcp-mux, else by a=rtcp or to the port above.
  std::optional<SocketAddress> remote_rtcp() const;
  // The same if rtcp-mux isn't agreed on.
  std::optional<SocketAddress> remote_rtcp_apart() const;
};

// One for each section, in order. Of a section with port 0 only the m= line is looked at. Errors name the
// line: SDP_MALFORMED for a number out of range, a PT that has two rtpmaps, a c= that can't be read, a crypto
// line that breaks RFC 4568's grammar; of RTP SDP_UNSUPPORTED for a host name, multicast, a count of ports,
// more than 64 formats. Unknown attributes are left alone, as are rtpmap and fmtp of numbers that m= hasn't;
// a number that m= has twice counts once.
Expected<std::vector<MediaDescription>> describe(const Document& document);

}  // namespace pollux::sdp
