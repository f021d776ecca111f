// The hash by which devices spread packets over their receive queues (RSS).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace pollux::io {

// Each bit that is set in the input adds (XOR) the 32 bits of the key that begin at the bit's own place. So
// the hash of several fields is the XOR of the hashes of each with the others zero. Thread: any. Cost: a
// step for each bit.
class Toeplitz {
 public:
  // Beyond its end the key counts as zero.
  explicit Toeplitz(std::span<const std::uint8_t> key) : key_(key.begin(), key.end()) {}

  std::uint32_t hash(std::span<const std::uint8_t> input) const {
    std::uint32_t hash = 0;
    for (std::size_t bit = 0; bit < input.size() * 8; ++bit) {
      if ((input[bit / 8] >> (7 - bit % 8) & 1) != 0) {
        hash ^= key_at(bit);
      }
    }
    return hash;
  }
  // Of an input in which nothing is set but a port, in network order, `place` bytes from its start.
  std::uint32_t hash_port(std::uint16_t port, std::size_t place) const {
    std::uint32_t hash = 0;
    for (unsigned bit = 0; bit < 16; ++bit) {
      if ((port >> (15 - bit) & 1) != 0) {
        hash ^= key_at(place * 8 + bit);
      }
    }
    return hash;
  }

 private:
  // The 32 bits from `bit` on.
  std::uint32_t key_at(std::size_t bit) const {
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < 5; ++i) {
      const std::size_t at = bit / 8 + i;
      bytes = bytes << 8 | (at < key_.size() ? key_[at] : 0);
    }
    return static_cast<std::uint32_t>(bytes >> (8 - bit % 8));
  }

  std::vector<std::uint8_t> key_;
};

}  // namespace pollux::io
