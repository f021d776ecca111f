// RTCP (RFC 3550 §6): checking compound packets, translating them for rewritten streams, saying BYE.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "dataplane/rtp/stream_rewriter.hpp"

namespace pollux::rtp {

enum class RtcpType : std::uint8_t {
  kSr = 200,     // sender report
  kRr = 201,     // receiver report
  kSdes = 202,   // source description
  kBye = 203,    //
  kApp = 204,    //
  kRtpFb = 205,  // transport feedback (RFC 4585 §6.2)
  kPsFb = 206,   // payload-specific feedback (RFC 4585 §6.3)
  kXr = 207,     // extended reports (RFC 3611)
};

enum class ReducedSize : bool { kRefused, kAllowed };

// One packet of a compound. `bytes` is the whole packet, header and padding included.
struct RtcpPacket {
  std::uint8_t type = 0;
  std::uint8_t count = 0;   // RC, SC, FMT or subtype: the low five bits of the first octet
  std::size_t padding = 0;  // bytes at the end of `bytes`
  std::span<const std::uint8_t> bytes;
};

// Walks a compound packet; stops at the first thing that doesn't fit.
class RtcpReader {
 public:
  explicit RtcpReader(std::span<const std::uint8_t> compound) : rest_(compound) {}
  // False at the end; ok() says whether it was a clean one.
  bool next(RtcpPacket& out);
  bool ok() const { return ok_; }

 private:
  std::span<const std::uint8_t> rest_;
  bool ok_ = true;
};

// RFC 3550 A.2: version 2 throughout, an SR or RR without padding first (any RTCP packet with
// ReducedSize::kAllowed, RFC 5506), padding in the last packet only, and lengths that add up to the
// datagram's. Besides, each packet of a known type has room for its SSRCs and for the report blocks that it
// announces.
bool validate_rtcp(std::span<const std::uint8_t> compound, ReducedSize reduced_size = ReducedSize::kRefused);

// SSRC of who sent the compound: that of its first packet. Pre: validate_rtcp(). An empty SDES or BYE has
// none: 0.
std::uint32_t rtcp_sender_ssrc(std::span<const std::uint8_t> compound);

// How an RTCP packet that party A sent is made to fit what party B gets. nullptr: that direction isn't
// rewritten.
struct RtcpMapping {
  const StreamRewriter* forward = nullptr;  // of the egress to B: what B knows A's streams by
  const StreamRewriter* reverse = nullptr;  // of the egress to A: what A knows B's streams by
  std::uint32_t source_id = 0;              // StreamSource::id of A's packets in `forward`
  std::uint32_t packets_sent = 0;  // RTP packets and payload octets that really went to B, for the SR
  std::uint32_t octets_sent = 0;
};

// Translates in place; the new length, at most the old one: report blocks and NACKs about what was sent
// before the present source began go away, since they don't concern it. 0: nothing is left to be sent,
// because it came from a source that no longer feeds the stream. What isn't known, SSRCs or packet types,
// passes unchanged. Pre: validate_rtcp(compound).
std::size_t translate_rtcp(std::span<std::uint8_t> compound, const RtcpMapping& mapping);

// Writes the compound RR (empty), SDES (CNAME), BYE (RFC 3550 §6.1, §6.6) by which `ssrc`, and with it the
// streams `more`, leaves. 0, and nothing of use written, when `out` is too small. Pre: at most 30 in `more`;
// texts beyond 255 bytes are cut, an empty reason is left out.
std::size_t write_bye(std::span<std::uint8_t> out, std::uint32_t ssrc, std::span<const std::uint32_t> more,
                      std::string_view cname, std::string_view reason);

}  // namespace pollux::rtp
