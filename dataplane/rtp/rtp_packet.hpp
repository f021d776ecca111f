// The RTP header (RFC 3550 §5.1): checked reading, and writing of its fields in place.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dataplane/base/byte_order.hpp"

namespace pollux::rtp {

inline constexpr std::size_t kFixedHeaderLength = 12;  // bytes
inline constexpr std::size_t kSequenceOffset = 2;
inline constexpr std::size_t kTimestampOffset = 4;
inline constexpr std::size_t kSsrcOffset = 8;

struct RtpHeader {
  std::uint32_t timestamp = 0;
  std::uint32_t ssrc = 0;
  std::uint16_t sequence = 0;
  std::uint16_t header_length = 0;   // bytes: 12, the CSRC list and the extension
  std::uint16_t payload_length = 0;  // bytes, without padding
  std::uint8_t payload_type = 0;     // 0..127
  bool marker = false;
  std::uint8_t padding = 0;  // bytes at the end, their count octet included
};

namespace detail {

// CSRCs, extension, padding: RFC 3550 §5.1, §5.3.1, A.1. Pre: the fixed header fits.
inline bool parse_variable_part(const std::uint8_t* bytes, std::size_t length, bool encrypted,
                                RtpHeader& out) {
  std::size_t header = kFixedHeaderLength + std::size_t{4} * (bytes[0] & 0x0fU);
  if ((bytes[0] & 0x10U) != 0) {
    if (length < header + 4) {
      return false;
    }
    header += std::size_t{4} + std::size_t{4} * load_be16(bytes + header + 2);
  }
  if (length < header) {
    return false;
  }
  std::size_t padding = 0;
  if ((bytes[0] & 0x20U) != 0 && !encrypted) {
    // The count includes itself: an octet must be there, and 0 contradicts itself.
    padding = length > header ? bytes[length - 1] : 0;
    if (padding == 0 || padding > length - header) {
      return false;
    }
  }
  out.header_length = static_cast<std::uint16_t>(header);
  out.payload_length = static_cast<std::uint16_t>(length - header - padding);
  out.padding = static_cast<std::uint8_t>(padding);
  return true;
}

}  // namespace detail

// False when the bytes contradict themselves: version, or a length that doesn't fit (RFC 3550 A.1); `out` is
// then meaningless. An empty payload is legal. Doesn't tell RTP from RTCP: demux() did. Of an `encrypted`
// packet the padding can't be seen: it counts as payload, as does what SRTP adds.
inline bool parse_rtp(const std::uint8_t* bytes, std::size_t length, RtpHeader& out, bool encrypted = false) {
  if (length < kFixedHeaderLength || length > 0xffff) [[unlikely]] {
    return false;
  }
  const std::uint8_t first = bytes[0];
  if (first == 0x80) [[likely]] {  // version 2, no CSRC, no extension, no padding
    out.header_length = kFixedHeaderLength;
    out.payload_length = static_cast<std::uint16_t>(length - kFixedHeaderLength);
    out.padding = 0;
  } else if ((first & 0xc0U) != 0x80U || !detail::parse_variable_part(bytes, length, encrypted, out)) {
    return false;
  }
  out.marker = (bytes[1] & 0x80U) != 0;
  out.payload_type = bytes[1] & 0x7fU;
  out.sequence = load_be16(bytes + kSequenceOffset);
  out.timestamp = load_be32(bytes + kTimestampOffset);
  out.ssrc = load_be32(bytes + kSsrcOffset);
  return true;
}

// Pre, of each: `bytes` is a packet that parse_rtp() accepted.
inline void set_payload_type(std::uint8_t* bytes, std::uint8_t payload_type) {
  bytes[1] = static_cast<std::uint8_t>((bytes[1] & 0x80U) | (payload_type & 0x7fU));
}
inline void set_marker(std::uint8_t* bytes, bool marker) {
  bytes[1] = static_cast<std::uint8_t>((bytes[1] & 0x7fU) | (marker ? 0x80U : 0U));
}
inline void set_sequence(std::uint8_t* bytes, std::uint16_t sequence) {
  store_be16(bytes + kSequenceOffset, sequence);
}
inline void set_timestamp(std::uint8_t* bytes, std::uint32_t timestamp) {
  store_be32(bytes + kTimestampOffset, timestamp);
}
inline void set_ssrc(std::uint8_t* bytes, std::uint32_t ssrc) {
  store_be32(bytes + kSsrcOffset, ssrc);
}

}  // namespace pollux::rtp
