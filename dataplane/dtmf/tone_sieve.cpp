#include "dataplane/dtmf/tone_sieve.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "dataplane/dtmf/tone_generator.hpp"

namespace pollux::dtmf {
namespace {

constexpr std::size_t kTones = 4;     // of either kind
constexpr std::size_t kLength = 112;  // a block, with zeros up to whole vectors of 16
constexpr double kUnit = 512;         // the greatest for which no sum overflows
constexpr float kLeastShare = 0.78F;
constexpr int kEnergyShift = 6;
// Digits of which one has each low tone, and one each high tone.
constexpr std::array<std::uint8_t, kTones> kRows = {1, 4, 7, 0};
constexpr std::array<std::uint8_t, kTones> kColumns = {1, 2, 3, 13};

struct Waves {
  alignas(32) std::array<std::int16_t, kLength> cosine{};
  alignas(32) std::array<std::int16_t, kLength> sine{};
};

Waves waves_of(double hz) {
  Waves waves;
  for (std::size_t i = 0; i < kDetectorBlock; ++i) {
    const double angle = 2 * M_PI * hz * static_cast<double>(i) / kDetectorRate;
    waves.cosine[i] = static_cast<std::int16_t>(std::lrint(kUnit * std::cos(angle)));
    waves.sine[i] = static_cast<std::int16_t>(std::lrint(kUnit * std::sin(angle)));
  }
  return waves;
}

struct Tables {
  std::array<Waves, kTones> low;
  std::array<Waves, kTones> high;
  Tables() {
    for (std::size_t i = 0; i < kTones; ++i) {
      low[i] = waves_of(tone_frequencies(kRows[i]).low);
      high[i] = waves_of(tone_frequencies(kColumns[i]).high);
    }
  }
};
const Tables kTables;

// Written so that compilers make of it a multiply-add of pairs.
std::int32_t product(const std::int16_t* a, const std::int16_t* b) {
  std::int32_t sum = 0;
  for (std::size_t i = 0; i < kLength; ++i) {
    sum += a[i] * b[i];
  }
  return sum;
}

float most_power(const std::array<Waves, kTones>& tones, const std::int16_t* pcm) {
  float most = 0;
  for (const Waves& tone : tones) {
    const auto real = static_cast<float>(product(tone.cosine.data(), pcm));
    const auto imaginary = static_cast<float>(product(tone.sine.data(), pcm));
    most = std::max(most, real * real + imaginary * imaginary);
  }
  return most;
}

}  // namespace

// A sine wave of amplitude A that fits a tone has a power of (A * n / 2)^2 here, of an energy of A^2 * n / 2.
bool may_hold_tones(std::span<const std::int16_t, kDetectorBlock> pcm) {
  alignas(32) std::array<std::int16_t, kLength> padded{};
  std::memcpy(padded.data(), pcm.data(), pcm.size_bytes());
  std::uint32_t energy = 0;
  for (const std::int16_t sample : padded) {
    energy += static_cast<std::uint32_t>(sample * sample) >> kEnergyShift;
  }
  const float power = most_power(kTables.low, padded.data()) + most_power(kTables.high, padded.data());
  constexpr auto kScale = static_cast<float>(kUnit * kUnit * kDetectorBlock / 2 * (1 << kEnergyShift));
  return power > kLeastShare * kScale * static_cast<float>(energy);
}

}  // namespace pollux::dtmf
