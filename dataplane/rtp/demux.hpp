// What a datagram on a media port is, from its first two octets.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pollux::rtp {

enum class PacketKind : std::uint8_t { kRtp, kRtcp, kStun, kDtls, kZrtp, kTurnChannel, kUnknown };

// RFC 7983 §7 by the first octet; RTP from RTCP by the second (RFC 5761 §4: 192..223 is an RTCP packet type,
// because RTP payload types 64..95 are never used on a port shared by both). Says nothing about validity.
// Media is tested for first: it is what nearly every packet is.
inline PacketKind demux(const std::uint8_t* payload, std::size_t length) {
  if (length < 2) [[unlikely]] {
    return PacketKind::kUnknown;
  }
  const unsigned first = payload[0];
  if ((first & 0xc0U) == 0x80U) [[likely]] {
    return (payload[1] & 0xe0U) == 0xc0U ? PacketKind::kRtcp : PacketKind::kRtp;
  }
  if (first <= 3) {
    return PacketKind::kStun;
  }
  if (first >= 20 && first <= 63) {
    return PacketKind::kDtls;
  }
  if (first >= 16 && first <= 19) {
    return PacketKind::kZrtp;
  }
  return first >= 64 && first <= 79 ? PacketKind::kTurnChannel : PacketKind::kUnknown;
}

}  // namespace pollux::rtp
