// The Internet check sum (RFC 1071) and its incremental update (RFC 1624).
//
// Partial sums are kept as native-order sums of 16-bit words as they lie in memory: one's-complement addition
// doesn't care about byte order as long as it is the same throughout (RFC 1071 §2.B).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace pollux {

// Sum of `length` bytes at `data`, to be folded later. An odd last byte counts as the first of a word.
// Pre: at most 64 KiB in all go into one sum.
inline std::uint64_t checksum_add(std::uint64_t sum, const void* data, std::size_t length) {
  const auto* at = static_cast<const std::uint8_t*>(data);
  while (length >= 4) {
    std::uint32_t word;
    std::memcpy(&word, at, 4);
    sum += word;
    at += 4;
    length -= 4;
  }
  if (length >= 2) {
    std::uint16_t word;
    std::memcpy(&word, at, 2);
    sum += word;
    at += 2;
    length -= 2;
  }
  return length != 0 ? sum + *at : sum;
}

inline std::uint16_t checksum_fold(std::uint64_t sum) {
  sum = (sum & 0xffffffffU) + (sum >> 32);
  sum = (sum & 0xffffffffU) + (sum >> 32);
  sum = (sum & 0xffffU) + (sum >> 16);
  sum = (sum & 0xffffU) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

// The field's value for a sum over everything it covers, the field itself taken as zero.
inline std::uint16_t checksum_finish(std::uint64_t sum) {
  return static_cast<std::uint16_t>(~checksum_fold(sum));
}

// The field's new value when covered words whose sum was `removed` become words whose sum is `added` (RFC
// 1624 eqn. 3). Both sums unfolded.
inline std::uint16_t checksum_update(std::uint16_t field, std::uint64_t removed, std::uint64_t added) {
  const std::uint64_t sum = static_cast<std::uint16_t>(~field) +
                            std::uint64_t{static_cast<std::uint16_t>(~checksum_fold(removed))} +
                            checksum_fold(added);
  return static_cast<std::uint16_t>(~checksum_fold(sum));
}

}  // namespace pollux
