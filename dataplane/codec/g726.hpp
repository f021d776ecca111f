// G.726 at 16, 24, 32 and 40 kbit/s by spandsp, packed as RFC 3551 §4.5.4 says: the first codeword in the
// least significant bits.
#pragma once

#include <memory>

#include "dataplane/base/codec_params.hpp"
#include "dataplane/codec/types.hpp"
#include "dataplane/codec/waveform.hpp"

struct g726_state_s;

namespace pollux::codec {

// One direction; spandsp has the same state for both.
class G726Raw {
 public:
  static constexpr std::uint32_t kDelaySamples = 0;
  explicit G726Raw(CodecId id);
  bool ok() const { return state_ != nullptr; }
  std::size_t decode(std::span<const std::uint8_t> payload, std::span<Sample> pcm);
  std::size_t encode(std::span<const Sample> pcm, std::span<std::uint8_t> out);

 private:
  struct Free {
    void operator()(g726_state_s* state) const;
  };
  std::unique_ptr<g726_state_s, Free> state_;
};
using G726Decoder = WaveformDecoder<G726Raw>;
static_assert(DecoderType<G726Decoder>);

class G726Encoder {
 public:
  explicit G726Encoder(CodecId id) : raw_(id) {}
  bool ok() const { return raw_.ok(); }
  Chunks encode(std::span<const Sample> pcm, std::span<std::uint8_t> out) {
    return one_chunk(pcm.size(), raw_.encode(pcm, out));
  }
  void follow(std::span<const std::uint8_t> payload);
  std::uint32_t delay_samples() const { return 0; }

 private:
  G726Raw raw_;
};
static_assert(EncoderType<G726Encoder>);

}  // namespace pollux::codec
