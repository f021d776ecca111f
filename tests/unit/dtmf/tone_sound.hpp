// Key presses as audio, made sample by sample, and what a detector says of it.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "dataplane/base/dtmf_params.hpp"
#include "dataplane/dtmf/tone_detector.hpp"
#include "dataplane/dtmf/tone_generator.hpp"

namespace pollux::dtmf::test {

using Pcm = std::vector<std::int16_t>;
using Sound = std::vector<double>;

inline constexpr std::size_t kMs = 8;  // samples
inline constexpr double kNoNoise = 200;

struct Press {
  std::uint8_t event = 5;
  double low_dbm0 = -10;
  double high_dbm0 = -10;
  double low_drift = 0;  // 0.015: faster by 1.5 %
  double high_drift = 0;
  std::size_t from = 800;  // samples
  std::size_t length = 400;
  std::size_t ramp = 0;  // at both ends, inside `length`
};

inline double peak_of(double dbm0) {
  return 32'768 * std::pow(10, (dbm0 - 3.14) / 20);
}

// Into `sound`, which grows to 100 ms behind it.
inline void add(Sound& sound, const Press& press) {
  const ToneFrequencies hz = tone_frequencies(press.event);
  if (sound.size() < press.from + press.length + 100 * kMs) {
    sound.resize(press.from + press.length + 100 * kMs);
  }
  for (std::size_t i = 0; i < press.length; ++i) {
    const double t = static_cast<double>(press.from + i) / kDetectorRate;
    const double low = std::sin(2 * M_PI * hz.low * (1 + press.low_drift) * t + press.event);
    const double high = std::sin(2 * M_PI * hz.high * (1 + press.high_drift) * t + 2.0 * press.event);
    const std::size_t edge = std::min(i, press.length - 1 - i);
    const double shape =
        edge >= press.ramp
            ? 1
            : (1 - std::cos(M_PI * (static_cast<double>(edge) + 0.5) / static_cast<double>(press.ramp))) / 2;
    sound[press.from + i] += shape * (peak_of(press.low_dbm0) * low + peak_of(press.high_dbm0) * high);
  }
}

// White, over all of it; `snr_db` below `power`.
inline void add_noise(Sound& sound, double power, double snr_db, unsigned seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<double> normal(0, std::sqrt(power * std::pow(10, -snr_db / 10)));
  for (double& sample : sound) {
    sample += normal(generator);
  }
}

inline Pcm to_pcm(const Sound& sound) {
  Pcm pcm;
  pcm.reserve(sound.size());
  for (const double sample : sound) {
    pcm.push_back(static_cast<std::int16_t>(std::lrint(std::clamp(sample, -32'768.0, 32'767.0))));
  }
  return pcm;
}

inline Pcm sound_of(const Press& press, double snr_db = kNoNoise) {
  Sound sound;
  add(sound, press);
  if (snr_db < kNoNoise) {
    const double power = (std::pow(peak_of(press.low_dbm0), 2) + std::pow(peak_of(press.high_dbm0), 2)) / 2;
    add_noise(sound, power, snr_db, static_cast<unsigned>(press.from * 16 + press.event));
  }
  return to_pcm(sound);
}

inline std::vector<ToneChange> hear(ToneDetector& detector, std::span<const std::int16_t> pcm,
                                    std::size_t packet = 20 * kMs) {
  std::vector<ToneChange> heard;
  while (!pcm.empty()) {
    ToneChanges changes;
    const auto part = pcm.first(std::min(packet, pcm.size()));
    detector.take(part, changes);
    heard.insert(heard.end(), changes.begin(), changes.end());
    pcm = pcm.subspan(part.size());
  }
  return heard;
}

inline std::vector<ToneChange> hear(const Pcm& pcm) {
  return hear(*ToneDetector::make(), pcm);
}

// The digits that were pressed.
inline std::string digits(const std::vector<ToneChange>& heard) {
  std::string letters;
  for (const ToneChange& change : heard) {
    if (change.on) {
      letters += dtmf_letter(change.event);
    }
  }
  return letters;
}

inline std::string digit(std::uint8_t event) {
  return {dtmf_letter(event)};
}

}  // namespace pollux::dtmf::test
