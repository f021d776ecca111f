#include "tests/bench/sound.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "dataplane/codec/codec.hpp"
#include "tests/bench/bench_net.hpp"

namespace pollux::bench {

namespace {
constexpr std::uint32_t kSeconds = 4;
constexpr double kPauseFrom = 3.2;
constexpr double kPauseTo = 3.7;
constexpr double kSyllablesPerSecond = 4;
}  // namespace

std::vector<std::int16_t> speech(std::uint32_t rate) {
  std::vector<std::int16_t> pcm(std::size_t{rate} * kSeconds);
  std::uint32_t seed = 1;
  double phase = 0;
  for (std::size_t i = 0; i < pcm.size(); ++i) {
    const double t = static_cast<double>(i) / rate;
    const double pitch = 125 + 25 * std::sin(2 * M_PI * 0.7 * t) + 8 * std::sin(2 * M_PI * 5 * t);
    phase += 2 * M_PI * pitch / rate;
    // Two formants that move: harmonics count by their distance from them.
    const double first = 500 + 250 * std::sin(2 * M_PI * 1.3 * t);
    const double second = 1600 + 600 * std::sin(2 * M_PI * 0.9 * t);
    double voice = 0;
    for (int harmonic = 1; harmonic * pitch < 3600; ++harmonic) {
      const double hz = harmonic * pitch;
      const double weight =
          1 / (1 + std::pow((hz - first) / 150, 2)) + 0.4 / (1 + std::pow((hz - second) / 200, 2));
      voice += weight * std::sin(harmonic * phase);
    }
    seed = seed * 1'664'525 + 1'013'904'223;
    const double noise = static_cast<double>(seed >> 16) / 32768 - 1;
    const double syllable = std::fmod(t * kSyllablesPerSecond, 1.0);
    const bool consonant = syllable < 0.2;
    const bool pause = t >= kPauseFrom && t < kPauseTo;
    const double envelope = pause ? 0 : std::sin(M_PI * std::min(1.0, syllable / 0.9));
    const double value = consonant ? 900 * noise : 4500 * voice * envelope;
    pcm[i] = static_cast<std::int16_t>(std::clamp((pause ? 0 : value) + 12 * noise, -32000.0, 32000.0));
  }
  return pcm;
}

Recording record(const CodecParams& params) {
  const std::uint32_t rate = codec::pcm_rate(params, 48'000);
  auto encoder = codec::Encoder::make(params, rate, 1);
  if (!encoder) {
    die("no encoder for " + std::string(codec_facts(params.id).name));
  }
  const std::vector<std::int16_t> pcm = speech(rate);
  const std::size_t length = std::size_t{rate} * kPacketMs / 1000;
  std::vector<std::uint8_t> out(codec::kMostPayloadBytes);
  Recording recording;
  for (std::size_t at = 0; at + length <= pcm.size(); at += length) {
    const codec::Chunks chunks = encoder->encode(std::span(pcm).subspan(at, length), out);
    if (chunks.size() != 1) {
      die("a party would have been silent");
    }
    recording.emplace_back(out.begin(), out.begin() + chunks[0].bytes);
  }
  return recording;
}

}  // namespace pollux::bench
