// Integers as they lie on the wire: big-endian, unaligned, no implicit conversion.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace pollux {

namespace detail {
constexpr std::uint16_t swap(std::uint16_t value) {
  return __builtin_bswap16(value);
}
constexpr std::uint32_t swap(std::uint32_t value) {
  return __builtin_bswap32(value);
}
constexpr std::uint64_t swap(std::uint64_t value) {
  return __builtin_bswap64(value);
}
static_assert(std::endian::native == std::endian::little, "Pollux is built for x86-64");

template <typename T>
class __attribute__((packed)) BigEndian {
 public:
  constexpr BigEndian() = default;
  constexpr explicit BigEndian(T host) : raw_(swap(host)) {}
  constexpr T host() const { return swap(raw_); }
  constexpr T raw() const { return raw_; }  // as it lies in memory; for comparing and check sums
  static constexpr BigEndian from_raw(T raw) {
    BigEndian value;
    value.raw_ = raw;
    return value;
  }
  friend constexpr bool operator==(BigEndian a, BigEndian b) { return a.raw_ == b.raw_; }

 private:
  T raw_ = 0;
};
}  // namespace detail

using be16 = detail::BigEndian<std::uint16_t>;
using be32 = detail::BigEndian<std::uint32_t>;
using be64 = detail::BigEndian<std::uint64_t>;
static_assert(sizeof(be16) == 2 && sizeof(be32) == 4 && alignof(be32) == 1);

// Pre: `at` points to at least sizeof(T) bytes. Any alignment.
inline std::uint16_t load_be16(const std::uint8_t* at) {
  std::uint16_t raw;
  std::memcpy(&raw, at, sizeof raw);
  return detail::swap(raw);
}
inline std::uint32_t load_be32(const std::uint8_t* at) {
  std::uint32_t raw;
  std::memcpy(&raw, at, sizeof raw);
  return detail::swap(raw);
}
inline void store_be16(std::uint8_t* at, std::uint16_t value) {
  const std::uint16_t raw = detail::swap(value);
  std::memcpy(at, &raw, sizeof raw);
}
inline void store_be32(std::uint8_t* at, std::uint32_t value) {
  const std::uint32_t raw = detail::swap(value);
  std::memcpy(at, &raw, sizeof raw);
}

}  // namespace pollux
