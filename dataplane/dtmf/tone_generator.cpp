#include "dataplane/dtmf/tone_generator.hpp"

#include <algorithm>
#include <cmath>

namespace pollux::dtmf {
namespace {

constexpr std::array<double, 4> kLow = {697, 770, 852, 941};
constexpr std::array<double, 4> kHigh = {1209, 1336, 1477, 1633};
// Where on the keypad a digit is, row * 4 + column: 0..9, *, #, A..D.
constexpr std::array<std::uint8_t, kDtmfDigits> kPlace = {13, 0,  1,  2,  4, 5, 6,  8,
                                                          9,  10, 12, 14, 3, 7, 11, 15};
constexpr double kFullScale = 32'767;
constexpr std::uint32_t kRampsPerSecond = 200;

double peak_of(double dbm0) {
  return kFullScale * std::pow(10, (dbm0 - kFullScaleDbm0) / 20);
}

}  // namespace

ToneFrequencies tone_frequencies(std::uint8_t event) {
  const std::uint8_t place = kPlace[event % kDtmfDigits];
  return {kLow[place / 4], kHigh[place % 4]};
}

void ToneGenerator::Oscillator::start(double hz, double rate, double peak) {
  const double step = 2 * M_PI * hz / rate;
  *this = {peak, 0, std::cos(step), std::sin(step), peak};
}

double ToneGenerator::Oscillator::next() {
  const double value = imaginary;
  imaginary = imaginary * turn_real + real * turn_imaginary;
  real = real * turn_real - value * turn_imaginary;
  return value;
}

// Rounding makes the vector longer or shorter, by less than 1e-12 in a packet.
void ToneGenerator::Oscillator::settle() {
  const double length = std::sqrt(real * real + imaginary * imaginary);
  if (length > 0) {
    real *= amplitude / length;
    imaginary *= amplitude / length;
  }
}

void ToneGenerator::begin(std::uint8_t event, std::uint32_t rate, std::uint8_t level) {
  ramp_samples_ = rate / kRampsPerSecond;
  made_ = 0;
  if (event == kBlockToneEvent) {
    oscillators_[0].start(kBlockTone, rate, peak_of(-level));
    oscillators_[1].start(kBlockTone, rate, 0);
    return;
  }
  const ToneFrequencies hz = tone_frequencies(event);
  oscillators_[0].start(hz.low, rate, peak_of(-level - kDtmfTwistDb / 2.0));
  oscillators_[1].start(hz.high, rate, peak_of(-level + kDtmfTwistDb / 2.0));
}

double ToneGenerator::ramp(std::uint32_t at) const {
  return at >= ramp_samples_ ? 1 : (1 - std::cos(M_PI * (at + 0.5) / ramp_samples_)) / 2;
}

void ToneGenerator::make(std::span<std::int16_t> pcm, bool last) {
  for (std::size_t i = 0; i < pcm.size(); ++i) {
    double value = oscillators_[0].next() + oscillators_[1].next();
    if (made_ < ramp_samples_) {
      value *= ramp(made_++);
    }
    const std::size_t left = pcm.size() - 1 - i;
    if (last && left < ramp_samples_) {
      value *= ramp(static_cast<std::uint32_t>(left));
    }
    pcm[i] = static_cast<std::int16_t>(std::lrint(std::clamp(value, -kFullScale - 1, kFullScale)));
  }
  oscillators_[0].settle();
  oscillators_[1].settle();
}

}  // namespace pollux::dtmf
