// Something like speech to try codecs with, and how like it comes back.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/base/codec_params.hpp"
#include "dataplane/codec/types.hpp"

namespace pollux::codec {

using Pcm = std::vector<Sample>;
using Bytes = std::vector<std::uint8_t>;

inline CodecParams params_of(CodecId id) {
  CodecParams params;
  params.id = id;
  params.clock_rate = id == CodecId::kOpus ? 48'000 : 8'000;
  return params;
}

// Repeatable noise, -1..1.
class Noise {
 public:
  double operator()() {
    seed_ = seed_ * 1'664'525 + 1'013'904'223;
    return static_cast<double>(static_cast<std::int32_t>(seed_)) / 2147483648.0;
  }

 private:
  std::uint32_t seed_ = 4711;
};

// A voice: glottal pulses of 110 to 150 Hz through three formants that move, swelling and fading three times
// a second, and faint noise. Scaled to `peak`.
inline Pcm speech(std::uint32_t rate, unsigned ms, double peak = 12000) {
  std::vector<double> voice(std::size_t{rate} * ms / 1000);
  Noise noise;
  struct Formant {
    double hz, bandwidth, before = 0, before_that = 0;
  } formants[] = {{500, 80}, {1500, 120}, {2500, 160}};
  double phase = 0;
  double most = 1;
  for (std::size_t i = 0; i < voice.size(); ++i) {
    const double t = static_cast<double>(i) / rate;
    phase += (130 + 20 * std::sin(2 * M_PI * 0.7 * t)) / rate;
    phase -= std::floor(phase);
    const double open = phase < 0.4 ? std::sin(M_PI * phase / 0.4) : 0;
    double sound = open * open + 0.001 * noise();
    for (Formant& formant : formants) {
      const double hz = formant.hz * (1 + 0.15 * std::sin(2 * M_PI * 1.1 * t));
      const double radius = std::exp(-M_PI * formant.bandwidth / rate);
      const double next = sound + 2 * radius * std::cos(2 * M_PI * hz / rate) * formant.before -
                          radius * radius * formant.before_that;
      formant.before_that = formant.before;
      formant.before = next;
      sound = next * (1 - radius);
    }
    voice[i] = sound * (0.6 + 0.4 * std::sin(2 * M_PI * 3 * t));
    most = i == 0 ? 1e-9 : std::max(most, std::abs(voice[i]));
  }
  Pcm pcm(voice.size());
  std::transform(voice.begin(), voice.end(), pcm.begin(),
                 [&](double sound) { return static_cast<Sample>(std::lround(sound * peak / most)); });
  return pcm;
}

inline Pcm white_noise(std::uint32_t rate, unsigned ms, double rms) {
  Pcm pcm(std::size_t{rate} * ms / 1000);
  Noise noise;
  for (Sample& sample : pcm) {
    sample = static_cast<Sample>(std::lround(rms * std::sqrt(3.0) * noise()));
  }
  return pcm;
}

inline Pcm sine(std::uint32_t rate, unsigned ms, double hz, double peak = 8000) {
  Pcm pcm(std::size_t{rate} * ms / 1000);
  for (std::size_t i = 0; i < pcm.size(); ++i) {
    pcm[i] = static_cast<Sample>(std::lround(peak * std::sin(2 * M_PI * hz * static_cast<double>(i) / rate)));
  }
  return pcm;
}

// The same in both channels.
inline Pcm doubled(const Pcm& pcm) {
  Pcm both;
  for (const Sample sample : pcm) {
    both.insert(both.end(), 2, sample);
  }
  return both;
}

inline double rms(std::span<const Sample> pcm) {
  double power = 0;
  for (const Sample sample : pcm) {
    power += static_cast<double>(sample) * sample;
  }
  return pcm.empty() ? 0 : std::sqrt(power / static_cast<double>(pcm.size()));
}

// RFC 3389's level of a signal; 0 is full scale.
inline double dbov(std::span<const Sample> pcm) {
  return 20 * std::log10(rms(pcm) / 32768 + 1e-9);
}

// Mean over pieces of 20 ms, after the first 100 ms, of signal over error, where `out` lags by `lag` samples;
// each piece counts -10 to 60 dB.
inline double segmental_snr(const Pcm& in, const Pcm& out, std::uint32_t rate, std::size_t lag) {
  const std::size_t piece = rate / 50;
  double sum = 0;
  int pieces = 0;
  for (std::size_t at = 5 * piece; at + piece <= in.size() && at + piece + lag <= out.size(); at += piece) {
    double signal = 1;
    double error = 1e-3;
    for (std::size_t i = at; i < at + piece; ++i) {
      const double difference = in[i] - out[i + lag];
      signal += static_cast<double>(in[i]) * in[i];
      error += difference * difference;
    }
    sum += std::clamp(10 * std::log10(signal / error), -10.0, 60.0);
    ++pieces;
  }
  return pieces == 0 ? -10 : sum / pieces;
}

// By which `out` lags behind `in`: where they are most alike.
inline std::size_t best_lag(const Pcm& in, const Pcm& out, std::uint32_t rate, std::size_t most) {
  std::size_t best = 0;
  double best_snr = -100;
  for (std::size_t lag = 0; lag <= most; ++lag) {
    if (const double snr = segmental_snr(in, out, rate, lag); snr > best_snr) {
      best_snr = snr;
      best = lag;
    }
  }
  return best;
}

}  // namespace pollux::codec
