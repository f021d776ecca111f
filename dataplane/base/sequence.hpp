// Serial-number arithmetic (RFC 1982 style) for RTP sequence numbers (16 bit) and timestamps (32 bit). The
// only place where these are compared.
#pragma once

#include <cstdint>

namespace pollux {

// Signed distance from `from` to `to`: positive when `to` is later. Exactly half a circle away reads as
// negative.
constexpr std::int16_t sequence_distance(std::uint16_t from, std::uint16_t to) {
  return static_cast<std::int16_t>(static_cast<std::uint16_t>(to - from));
}
constexpr std::int32_t timestamp_distance(std::uint32_t from, std::uint32_t to) {
  return static_cast<std::int32_t>(to - from);
}
constexpr bool sequence_newer(std::uint16_t candidate, std::uint16_t than) {
  return sequence_distance(than, candidate) > 0;
}

// The extended sequence number (cycles << 16 | sequence) nearest to `highest` that ends in `sequence` (RFC
// 3550 A.1). Never below zero: near the start a "previous cycle" reads as the current one.
constexpr std::uint32_t extend_sequence(std::uint32_t highest, std::uint16_t sequence) {
  const std::int64_t guess =
      static_cast<std::int64_t>(highest) + sequence_distance(static_cast<std::uint16_t>(highest), sequence);
  return static_cast<std::uint32_t>(guess < 0 ? guess + 0x10000 : guess);
}

}  // namespace pollux
