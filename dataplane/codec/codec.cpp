#include "dataplane/codec/codec.hpp"

#include <algorithm>
#include <array>

namespace pollux::codec {
namespace {

// From the end on, so that nothing is overwritten before it has been read.
void double_channels(std::span<Sample> pcm) {
  for (std::size_t i = pcm.size() / 2; i-- > 0;) {
    pcm[2 * i] = pcm[2 * i + 1] = pcm[i];
  }
}

std::uint32_t clock_of(const CodecParams& params) {
  return params.id == CodecId::kOpus ? 48'000 : params.clock_rate;
}

}  // namespace

std::optional<Decoded> Decoder::decode(std::span<const std::uint8_t> payload, std::span<Sample> pcm) {
  const auto ticks = payload_ticks(params_, payload);
  if (!ticks || pcm.size() < std::uint64_t{*ticks} * pcm_rate_ / clock_of(params_) * channels_) {
    return std::nullopt;
  }
  const auto decoded = std::visit([&](auto& decoder) { return decoder.decode(payload, pcm); }, any_);
  if (decoded && doubles_) {
    double_channels(pcm.first(decoded->samples * 2));
  }
  return decoded;
}

// `fill` fills what the codec knows of as its PCM.
template <typename Fill>
void Decoder::fill(std::span<Sample> pcm, Fill fill) {
  if (pcm.empty()) {
    return;
  }
  if (!doubles_) {
    return fill(pcm);
  }
  fill(pcm.first(pcm.size() / 2));
  double_channels(pcm);
}

void Decoder::conceal(std::span<Sample> pcm) {
  fill(pcm, [this](std::span<Sample> own) { std::visit([&](auto& any) { any.conceal(own); }, any_); });
}

void Decoder::comfort_noise(std::span<Sample> pcm) {
  fill(pcm, [this](std::span<Sample> own) { std::visit([&](auto& any) { any.comfort_noise(own); }, any_); });
}

bool Decoder::recover(std::span<const std::uint8_t> next_payload, std::span<Sample> pcm) {
  if (pcm.empty() || !payload_ticks(params_, next_payload)) {
    return false;
  }
  return std::visit([&](auto& any) { return any.recover(next_payload, pcm); }, any_);
}

std::uint32_t Decoder::delay_samples() const {
  return std::visit([](const auto& any) { return any.delay_samples(); }, any_);
}

Chunks Encoder::encode(std::span<const Sample> pcm, std::span<std::uint8_t> out) {
  const std::size_t samples = pcm.size() / channels_;
  const std::uint32_t frame = frame_samples(params_, pcm_rate_);
  if (samples == 0 || samples % frame != 0 || samples * 1000 > std::uint64_t{pcm_rate_} * kMostMs ||
      out.size() < samples / frame * frame_bytes(params_)) {
    return {};
  }
  if (!mixes_) {
    return std::visit([&](auto& encoder) { return encoder.encode(pcm, out); }, any_);
  }
  std::array<Sample, 16'000 / 1000 * kMostMs> mixed;  // no such codec is run faster
  for (std::size_t i = 0; i < samples; ++i) {
    mixed[i] = static_cast<Sample>((pcm[2 * i] + pcm[2 * i + 1]) / 2);
  }
  const auto mono = std::span<const Sample>(mixed).first(samples);
  return std::visit([&](auto& encoder) { return encoder.encode(mono, out); }, any_);
}

void Encoder::follow(std::span<const std::uint8_t> payload) {
  if (!payload_ticks(params_, payload)) {
    return;
  }
  std::visit(
      [&](auto& encoder) {
        if constexpr (requires { encoder.follow(payload); }) {
          encoder.follow(payload);
        }
      },
      any_);
}

void Encoder::restart() {
  std::visit(
      [](auto& encoder) {
        if constexpr (requires { encoder.restart(); }) {
          encoder.restart();
        }
      },
      any_);
}

std::uint32_t Encoder::delay_samples() const {
  return std::visit([](const auto& any) { return any.delay_samples(); }, any_);
}

}  // namespace pollux::codec
