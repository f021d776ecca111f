#include "dataplane/codec/cost.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>

#include "dataplane/codec/codec.hpp"
#include "dataplane/codec/resampler.hpp"

namespace pollux::codec {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint32_t kPackets = 10;
constexpr std::uint32_t kPacketMs = 20;
constexpr double kSeconds = kPackets * kPacketMs / 1000.0;
constexpr int kRuns = 3;

// Voiced, with a pitch that moves and formants by beating, and some noise.
std::vector<Sample> speech(std::uint32_t rate) {
  std::vector<Sample> pcm(rate * kPackets * kPacketMs / 1000);
  std::uint32_t seed = 1;
  double phase = 0;
  for (std::size_t i = 0; i < pcm.size(); ++i) {
    const double t = static_cast<double>(i) / rate;
    phase += 2 * M_PI * (130 + 30 * std::sin(2 * M_PI * 3 * t)) / rate;
    double voice = 0;
    for (int harmonic = 1; harmonic <= 12; ++harmonic) {
      voice += std::sin(harmonic * phase) / harmonic;
    }
    seed = seed * 1'664'525 + 1'013'904'223;
    pcm[i] = static_cast<Sample>(5000 * voice + static_cast<double>(seed >> 24) - 128);
  }
  return pcm;
}

struct Recording {
  std::vector<std::vector<std::uint8_t>> payloads;
  double seconds = 0;
};

// New encoders and decoders each time: all runs do the same work.
std::optional<Recording> encode(const CodecParams& params, std::uint32_t rate,
                                const std::vector<Sample>& pcm) {
  auto encoder = Encoder::make(params, rate, 1);
  if (!encoder) {
    return std::nullopt;
  }
  Recording recording;
  std::vector<std::uint8_t> out(kMostPayloadBytes);
  const std::size_t length = pcm.size() / kPackets;
  for (std::size_t i = 0; i < kPackets; ++i) {
    const auto start = Clock::now();
    const Chunks chunks = encoder->encode(std::span(pcm).subspan(i * length, length), out);
    recording.seconds += std::chrono::duration<double>(Clock::now() - start).count();
    const std::size_t bytes = chunks.empty() ? 0 : chunks[0].bytes;
    recording.payloads.emplace_back(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(bytes));
  }
  return recording;
}

double decode(const CodecParams& params, std::uint32_t rate, const Recording& recording) {
  auto decoder = Decoder::make(params, rate, 1);
  std::vector<Sample> out(kMostPcmSamples);
  const auto start = Clock::now();
  for (const auto& payload : recording.payloads) {
    if (decoder) {
      decoder->decode(payload, out);
    }
  }
  return std::chrono::duration<double>(Clock::now() - start).count();
}

struct ResamplingCost {
  std::uint32_t from_hz = 0;
  std::uint32_t to_hz = 0;
  double share = 0;
};

std::vector<ResamplingCost> measure_resampling() {
  std::vector<ResamplingCost> costs;
  for (const std::uint32_t from : {8'000U, 16'000U, 48'000U}) {
    const std::vector<Sample> pcm = speech(from);
    for (const std::uint32_t to : {8'000U, 16'000U, 48'000U}) {
      if (from == to) {
        continue;
      }
      ResamplingCost cost{from, to, 1};
      std::vector<Sample> out(kMostPcmSamples);
      for (int run = 0; run < kRuns; ++run) {
        auto resampler = Resampler::make(from, to, 1);
        if (!resampler) {
          break;
        }
        const std::size_t length = pcm.size() / kPackets;
        const auto start = Clock::now();
        for (std::size_t i = 0; i < kPackets; ++i) {
          resampler->process(std::span(pcm).subspan(i * length, length), out);
        }
        cost.share =
            std::min(cost.share, std::chrono::duration<double>(Clock::now() - start).count() / kSeconds);
      }
      costs.push_back(cost);
    }
  }
  return costs;
}

}  // namespace

double resampling_share(std::uint32_t from_hz, std::uint32_t to_hz) {
  static const std::vector<ResamplingCost> costs = measure_resampling();
  double dearest = 0;
  for (const ResamplingCost& cost : costs) {
    if (cost.from_hz == from_hz && cost.to_hz == to_hz) {
      return cost.share;
    }
    dearest = std::max(dearest, cost.share);
  }
  return from_hz == to_hz ? 0 : dearest;
}

std::vector<CodecCost> measure_costs() {
  std::vector<CodecCost> costs;
  for (const CodecFacts& facts : kCodecs) {
    if (!codec_available(facts.id)) {
      continue;
    }
    CodecParams params;
    params.id = facts.id;
    params.clock_rate = facts.id == CodecId::kOpus ? 48'000 : 8'000;
    const std::uint32_t rate = pcm_rate(params, 48'000);
    const std::vector<Sample> pcm = speech(rate);
    CodecCost cost{facts.id, 1, 1};
    for (int run = 0; run < kRuns; ++run) {
      const auto recording = encode(params, rate, pcm);
      if (!recording) {
        break;
      }
      cost.encode_share = std::min(cost.encode_share, recording->seconds / kSeconds);
      cost.decode_share = std::min(cost.decode_share, decode(params, rate, *recording) / kSeconds);
    }
    costs.push_back(cost);
  }
  return costs;
}

}  // namespace pollux::codec
