#include "tests/support/speech.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>

#include "dataplane/codec/resampler.hpp"

namespace pollux::test {

namespace {

constexpr std::uint32_t kRecordedRate = 16'000;
constexpr std::size_t kWavHeader = 44;
constexpr double kSpeaking = 300;  // root mean square of 20 ms

double energy(std::span<const std::int16_t> pcm) {
  double sum = 0;
  for (const std::int16_t sample : pcm) {
    sum += static_cast<double>(sample) * sample;
  }
  return sum;
}

}  // namespace

Pcm recorded_speech(std::uint32_t rate) {
  std::ifstream file(POLLUX_VECTORS "/speech/sentences.wav", std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  Pcm recorded;
  for (std::size_t at = kWavHeader; at + 1 < bytes.size(); at += 2) {
    const auto low = static_cast<std::uint8_t>(bytes[at]);
    const auto high = static_cast<std::uint8_t>(bytes[at + 1]);
    recorded.push_back(static_cast<std::int16_t>(high << 8 | low));
  }
  recorded.resize(recorded.size() / 320 * 320);
  if (rate == kRecordedRate || recorded.empty()) {
    return recorded;
  }
  auto resampler = codec::Resampler::make(kRecordedRate, rate, 1);
  Pcm out(resampler->most_samples(recorded.size()));
  out.resize(resampler->process(recorded, out));
  out.resize(recorded.size() / 320 * (rate / 50));
  return out;
}

double segmental_snr(std::span<const std::int16_t> reference, std::span<const std::int16_t> heard,
                     std::uint32_t rate) {
  const std::size_t piece = rate / 50;
  double sum = 0;
  int pieces = 0;
  bool equal = true;
  for (std::size_t at = 0; at + piece <= std::min(reference.size(), heard.size()); at += piece) {
    const auto one = reference.subspan(at, piece);
    const auto other = heard.subspan(at, piece);
    equal &= std::ranges::equal(one, other);
    if (energy(one) < kSpeaking * kSpeaking * static_cast<double>(piece)) {
      continue;
    }
    double error = 0;
    for (std::size_t i = 0; i < piece; ++i) {
      const double difference = one[i] - other[i];
      error += difference * difference;
    }
    sum += std::clamp(10 * std::log10(energy(one) / std::max(error, 1e-9)), -10.0, 35.0);
    ++pieces;
  }
  return equal ? 100 : pieces == 0 ? -10 : sum / pieces;
}

std::size_t lag_of(std::span<const std::int16_t> reference, std::span<const std::int16_t> heard,
                   std::size_t most) {
  std::size_t best = 0;
  double best_likeness = -1e300;
  for (std::size_t lag = 0; lag <= most && lag < heard.size(); ++lag) {
    const std::size_t count = std::min(reference.size(), heard.size() - lag);
    double likeness = 0;
    for (std::size_t i = 0; i < count; i += 3) {
      likeness += static_cast<double>(reference[i]) * heard[i + lag];
    }
    if (likeness > best_likeness) {
      best_likeness = likeness;
      best = lag;
    }
  }
  return best;
}

double level_db(std::span<const std::int16_t> pcm) {
  return 10 * std::log10(energy(pcm) / static_cast<double>(std::max<std::size_t>(pcm.size(), 1)) /
                             (32768.0 * 32768.0) +
                         1e-12);
}

int peak(std::span<const std::int16_t> pcm) {
  int most = 0;
  for (const std::int16_t sample : pcm) {
    most = std::max(most, std::abs(int{sample}));
  }
  return most;
}

}  // namespace pollux::test
