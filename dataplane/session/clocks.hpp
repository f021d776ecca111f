// The RTP clock rates Pollux knows, each by a small index.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

namespace pollux::session {

inline constexpr std::array<std::uint32_t, 12> kClockRates = {8000,  11025, 12000, 16000, 22050, 24000,
                                                              32000, 44100, 48000, 90000, 96000, 192000};

constexpr std::optional<std::uint8_t> clock_index(std::uint32_t rate) {
  for (std::uint8_t i = 0; i < kClockRates.size(); ++i) {
    if (kClockRates[i] == rate) {
      return i;
    }
  }
  return std::nullopt;
}

// Clock of a payload type nobody described: RFC 3551 §6 for the static ones, 8000 Hz for the rest.
constexpr std::uint32_t default_clock_rate(std::uint8_t payload_type) {
  switch (payload_type) {
    case 6:
      return 16000;
    case 10:
    case 11:
      return 44100;
    case 14:
    case 25:
    case 26:
    case 28:
    case 31:
    case 32:
    case 33:
    case 34:
      return 90000;
    case 16:
      return 11025;
    case 17:
      return 22050;
    default:
      return 8000;
  }
}

}  // namespace pollux::session
