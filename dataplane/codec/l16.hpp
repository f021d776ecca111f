// L16: linear PCM in network byte order (RFC 3551 §4.5.11), one or two channels.
#pragma once

#include "dataplane/codec/types.hpp"
#include "dataplane/codec/waveform.hpp"

namespace pollux::codec {

// Doubles one channel and mixes two, where payload and PCM differ.
struct L16Raw {
  static constexpr std::uint32_t kDelaySamples = 0;
  std::uint8_t wire_channels = 1;
  std::uint8_t pcm_channels = 1;
  bool ok() const { return true; }
  std::size_t decode(std::span<const std::uint8_t> payload, std::span<Sample> pcm) const;
  std::size_t encode(std::span<const Sample> pcm, std::span<std::uint8_t> out) const;  // gives octets
};
using L16Decoder = WaveformDecoder<L16Raw>;
static_assert(DecoderType<L16Decoder>);

class L16Encoder {
 public:
  explicit L16Encoder(L16Raw raw) : raw_(raw) {}
  Chunks encode(std::span<const Sample> pcm, std::span<std::uint8_t> out) {
    return one_chunk(pcm.size() / raw_.pcm_channels, raw_.encode(pcm, out));
  }
  std::uint32_t delay_samples() const { return 0; }

 private:
  L16Raw raw_;
};
static_assert(EncoderType<L16Encoder>);

}  // namespace pollux::codec
