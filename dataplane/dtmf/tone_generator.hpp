// DTMF tones as audio (ITU-T Q.23).
#pragma once

#include <array>
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
inline constexpr double kFullScaleDbm0 = 3.14;  // of a sine wave (G.711)

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
  // A vector that turns by `turn` with each sample; its imaginary part is the tone.
  struct Oscillator {
    double real = 0;
    double imaginary = 0;
    double turn_real = 1;
    double turn_imaginary = 0;
    void start(double hz, double rate, double amplitude);
    double next();
    void settle();
    double amplitude = 0;
  };
  double ramp(std::uint32_t at) const;  // 0..1, `at` samples from the silent end

  std::array<Oscillator, 2> oscillators_;
  std::uint32_t ramp_samples_ = 40;
  std::uint32_t made_ = 0;  // samples, up to ramp_samples_
};

}  // namespace pollux::dtmf
