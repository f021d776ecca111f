// Checked reading of hostile bytes: the length is tested first, then the field is read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/base/byte_order.hpp"

namespace pollux {

// Reads big-endian fields from the front. After the first read past the end every read yields 0 and ok() is
// false: a parser may read a whole header and test once.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  bool ok() const { return ok_; }
  std::size_t left() const { return bytes_.size(); }

  std::uint8_t u8() { return take(1) ? last_[0] : std::uint8_t{0}; }
  std::uint16_t u16() { return take(2) ? load_be16(last_) : std::uint16_t{0}; }
  std::uint32_t u32() { return take(4) ? load_be32(last_) : std::uint32_t{0}; }
  // Empty when fewer than `length` bytes are left.
  std::span<const std::uint8_t> bytes(std::size_t length) {
    return take(length) ? std::span<const std::uint8_t>(last_, length) : std::span<const std::uint8_t>();
  }
  void skip(std::size_t length) { take(length); }

 private:
  bool take(std::size_t length) {
    if (!ok_ || length > bytes_.size()) {
      ok_ = false;
      bytes_ = {};
      return false;
    }
    last_ = bytes_.data();
    bytes_ = bytes_.subspan(length);
    return true;
  }

  std::span<const std::uint8_t> bytes_;
  const std::uint8_t* last_ = nullptr;
  bool ok_ = true;
};

}  // namespace pollux
