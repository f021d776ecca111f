// DTMF tones as audio (ITU-T Q.23).
#pragma once

#include <cstdint>
#include <span>

#include "dataplane/base/dtmf_params.hpp"

namespace pollux::dtmf {

// Frequencies of a digit in Hz. Pre: is_digit(event).
struct ToneFrequencies {
  double low = 0;
  double high = 0;
};
ToneFrequencies tone_frequencies(std::uint8_t event);

inline constexpr double kBlockTone = 1000;  // Hz: what stands for a blocked digit
inline constexpr std::uint8_t kBlockToneEvent = 0xff;

// Both frequencies exact to ±0.1 %, ramped in and out over 5 ms. Level: the low tone `kDtmfTwistDb / 2` below
// -level dBm0, the high one as much above (0 dBm0 as G.711 has it: a full-scale sine is +3.14 dBm0). No
// memory is taken; one thread.
class ToneGenerator {
 public:
  // `event`: a digit or kBlockToneEvent. `rate`: Hz, 8000..48000. `level`: -dBm0, 0..kMaxDtmfLevel.
  void begin(std::uint8_t event, std::uint32_t rate, std::uint8_t level);
  // The next samples of the tone. With `last` its final 5 ms ramp down (all of it, where it is shorter).
  void make(std::span<std::int16_t> pcm, bool last);

 private:
  // (the implementer's)
};

}  // namespace pollux::dtmf
