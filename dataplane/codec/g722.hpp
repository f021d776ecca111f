// G.722 at 64 kbit/s by spandsp: 16 kHz of PCM on an RTP clock of 8000 (RFC 3551 §4.5.2).
#pragma once

#include <memory>

#include "dataplane/codec/types.hpp"
#include "dataplane/codec/waveform.hpp"

struct g722_decode_state_s;
struct g722_encode_state_s;

namespace pollux::codec {

class G722Raw {
 public:
  static constexpr std::uint32_t kDelaySamples = 11;  // half of the QMF's 24 taps; the encoder has the other
  G722Raw();
  bool ok() const { return state_ != nullptr; }
  std::size_t decode(std::span<const std::uint8_t> payload, std::span<Sample> pcm);

 private:
  struct Free {
    void operator()(g722_decode_state_s* state) const;
  };
  std::unique_ptr<g722_decode_state_s, Free> state_;
};
using G722Decoder = WaveformDecoder<G722Raw>;
static_assert(DecoderType<G722Decoder>);

class G722Encoder {
 public:
  // `follows`: with what follow() needs.
  explicit G722Encoder(bool follows);
  bool ok() const { return state_ != nullptr && (!follows_ || follower_ != nullptr); }
  Chunks encode(std::span<const Sample> pcm, std::span<std::uint8_t> out);
  void follow(std::span<const std::uint8_t> payload);
  std::uint32_t delay_samples() const { return G722Raw::kDelaySamples; }

 private:
  struct Free {
    void operator()(g722_encode_state_s* state) const;
  };
  struct FreeFollower {
    void operator()(g722_decode_state_s* state) const;
  };
  std::unique_ptr<g722_encode_state_s, Free> state_;
  std::unique_ptr<g722_decode_state_s, FreeFollower> follower_;
  bool follows_;
};
static_assert(EncoderType<G722Encoder>);

}  // namespace pollux::codec
