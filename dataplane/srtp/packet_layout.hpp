// Where the parts of SRTP and SRTCP packets lie (RFC 3711 §3.1, §3.4, RFC 7714 §8, §9).
#pragma once

#include <cstddef>
#include <cstdint>

#include "dataplane/base/byte_order.hpp"

namespace pollux::srtp {

inline constexpr std::size_t kRtpHeaderLength = 12;  // fixed part
inline constexpr std::size_t kRtcpHeaderLength = 8;  // in the clear: common header and sender's SSRC
inline constexpr std::size_t kRtcpIndexLength = 4;   // E flag and index
inline constexpr std::uint32_t kEncryptedFlag = 0x80000000U;

// Length of an RTP header with CSRCs and extension, which SRTP leaves in the clear; 0 when it contradicts the
// packet's length or version. Looks at nothing else: padding may be encrypted.
inline std::size_t rtp_header_length(const std::uint8_t* bytes, std::size_t length) {
  if (length < kRtpHeaderLength || (bytes[0] & 0xc0U) != 0x80U) {
    return 0;
  }
  if ((bytes[0] & 0x1fU) == 0) [[likely]] {
    return kRtpHeaderLength;
  }
  std::size_t header = kRtpHeaderLength + std::size_t{4} * (bytes[0] & 0x0fU);
  if ((bytes[0] & 0x10U) != 0) {
    if (length < header + 4) {
      return 0;
    }
    header += std::size_t{4} + std::size_t{4} * load_be16(bytes + header + 2);
  }
  return header <= length ? header : 0;
}

// Whether the bytes can be an SRTCP packet that nobody here has the key of: a header, an index, and a tag of
// four bytes at the least.
inline bool plausible_srtcp(const std::uint8_t* bytes, std::size_t length) {
  return length >= kRtcpHeaderLength + kRtcpIndexLength + 4 && (bytes[0] & 0xc0U) == 0x80U;
}

}  // namespace pollux::srtp
