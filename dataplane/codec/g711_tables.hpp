// The values of G.711, worked out by the compiler. Internal to the codec room.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "dataplane/codec/types.hpp"

namespace pollux::codec::detail {

// Even bits of A-law are inverted on the wire (G.711 table 1a, note 2).
inline constexpr unsigned kAlawMask = 0x55;

// In the middle of its interval, as 16 bits of which the lower three are 0 but for the half step.
constexpr Sample alaw_value(std::uint8_t octet) {
  const unsigned code = octet ^ kAlawMask;
  const int segment = code >> 4 & 7;
  const int step = static_cast<int>(code & 15);
  const int magnitude = segment == 0 ? step * 16 + 8 : (step * 16 + 0x108) << (segment - 1);
  return static_cast<Sample>((code & 0x80) != 0 ? magnitude : -magnitude);
}

constexpr Sample ulaw_value(std::uint8_t octet) {
  const unsigned code = ~unsigned{octet};
  const int segment = code >> 4 & 7;
  const int step = static_cast<int>(code & 15);
  const int magnitude = ((step * 8 + 0x84) << segment) - 0x84;
  return static_cast<Sample>((code & 0x80) != 0 ? -magnitude : magnitude);
}

// 12 bits of magnitude, of negative samples in one's complement: a step at 0 is half as wide below it.
constexpr std::uint8_t alaw_octet(Sample sample) {
  const auto sign = static_cast<unsigned>(sample >> 15) & 0x80;
  const auto magnitude = static_cast<unsigned>(sample ^ (sample >> 15)) >> 4;
  const auto width = static_cast<unsigned>(std::bit_width(magnitude | 16U));
  const unsigned segment = width - 5 + (magnitude > 15 ? 1 : 0);
  const unsigned step = magnitude >> (width - 5);
  return static_cast<std::uint8_t>(((segment << 4) | (step & 15) | (sign ^ 0x80)) ^ kAlawMask);
}

// 13 bits of magnitude with a bias of 33, which makes all segments alike; clipped at the top.
constexpr std::uint8_t ulaw_octet(Sample sample) {
  const auto sign = static_cast<unsigned>(sample >> 15) & 0x80;
  const unsigned biased = (static_cast<unsigned>(sample ^ (sample >> 15)) >> 2) + 33;
  const unsigned magnitude = biased < 0x1fff ? biased : 0x1fff;
  const auto segment = static_cast<unsigned>(std::bit_width(magnitude)) - 6;
  const unsigned step = magnitude >> (segment + 1) & 15;
  return static_cast<std::uint8_t>(~((segment << 4) | step | sign));
}

template <auto kOf, typename T>
constexpr std::array<T, 256> table() {
  std::array<T, 256> values{};
  for (unsigned i = 0; i < 256; ++i) {
    values[i] = kOf(static_cast<std::uint8_t>(i));
  }
  return values;
}

constexpr std::uint8_t ulaw_of_alaw(std::uint8_t octet) {
  return ulaw_octet(alaw_value(octet));
}
constexpr std::uint8_t alaw_of_ulaw(std::uint8_t octet) {
  return alaw_octet(ulaw_value(octet));
}

inline constexpr auto kAlawValues = table<alaw_value, Sample>();
inline constexpr auto kUlawValues = table<ulaw_value, Sample>();
inline constexpr auto kUlawOfAlaw = table<ulaw_of_alaw, std::uint8_t>();
inline constexpr auto kAlawOfUlaw = table<alaw_of_ulaw, std::uint8_t>();

}  // namespace pollux::codec::detail
