// A decoder for codecs that know neither loss nor silence: theirs, and what they lack.
#pragma once

#include <utility>

#include "dataplane/codec/comfort_noise.hpp"
#include "dataplane/codec/concealer.hpp"
#include "dataplane/codec/types.hpp"

namespace pollux::codec {

// Raw: `std::size_t decode(payload, pcm)` gives the samples per channel; `kDelaySamples`.
template <typename Raw>
class WaveformDecoder {
 public:
  WaveformDecoder(Raw raw, std::uint32_t pcm_rate, std::uint8_t channels)
      : raw_(std::move(raw)), concealer_(pcm_rate, channels), noise_(channels), channels_(channels) {}
  bool ok() const { return raw_.ok() && concealer_.ok(); }

  std::optional<Decoded> decode(std::span<const std::uint8_t> payload, std::span<Sample> pcm) {
    const std::size_t samples = raw_.decode(payload, pcm);
    concealer_.received(pcm.first(samples * channels_));
    return Decoded{samples, false};
  }
  void conceal(std::span<Sample> pcm) { concealer_.conceal(pcm); }
  bool recover(std::span<const std::uint8_t>, std::span<Sample>) { return false; }
  void comfort_noise(std::span<Sample> pcm) {
    noise_.generate(pcm);
    concealer_.received(pcm);
  }
  std::uint32_t delay_samples() const { return Raw::kDelaySamples; }

 private:
  Raw raw_;
  Concealer concealer_;
  ComfortNoise noise_;
  std::uint8_t channels_;
};

}  // namespace pollux::codec
