// The 48-bit packet index that SRTP counts by: rollover counter and RTP sequence number (RFC 3711 §3.3.1).
#pragma once

#include <cstdint>

namespace pollux::srtp {

using PacketIndex = std::uint64_t;  // ROC << 16 | sequence, below 2^48

inline constexpr PacketIndex kIndexEnd = PacketIndex{1} << 48;

constexpr std::uint32_t roc_of(PacketIndex index) {
  return static_cast<std::uint32_t>(index >> 16);
}

// The index nearest to `highest` that ends in `sequence` (RFC 3711 §3.3.1, Appendix A); of two as near, the
// one of the same cycle. Before the first half cycle a sequence number far ahead is taken for a jump forward,
// not for the cycle before the first: there is none, and authentication tells. kIndexEnd or above: the key is
// used up.
constexpr PacketIndex estimate_index(PacketIndex highest, std::uint16_t sequence) {
  std::int32_t ahead = static_cast<std::int16_t>(static_cast<std::uint16_t>(sequence - highest));
  if (ahead == -0x8000 && (highest & 0x8000U) == 0) [[unlikely]] {
    ahead = 0x8000;
  }
  const auto guess = static_cast<std::int64_t>(highest) + ahead;
  return guess < 0 ? PacketIndex{sequence} : static_cast<PacketIndex>(guess);
}

}  // namespace pollux::srtp
