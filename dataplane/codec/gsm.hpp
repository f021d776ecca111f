// GSM 06.10 full rate by spandsp: frames of 20 ms in 33 octets (RFC 3551 §4.5.8).
#pragma once

#include <memory>

#include "dataplane/codec/types.hpp"
#include "dataplane/codec/waveform.hpp"

struct gsm0610_state_s;

namespace pollux::codec {

// One direction; spandsp has the same state for both.
class GsmRaw {
 public:
  static constexpr std::uint32_t kDelaySamples = 0;
  GsmRaw();
  bool ok() const { return state_ != nullptr; }
  std::size_t decode(std::span<const std::uint8_t> payload, std::span<Sample> pcm);
  std::size_t encode(std::span<const Sample> pcm, std::span<std::uint8_t> out);

 private:
  struct Free {
    void operator()(gsm0610_state_s* state) const;
  };
  std::unique_ptr<gsm0610_state_s, Free> state_;
};
using GsmDecoder = WaveformDecoder<GsmRaw>;
static_assert(DecoderType<GsmDecoder>);

class GsmEncoder {
 public:
  bool ok() const { return raw_.ok(); }
  Chunks encode(std::span<const Sample> pcm, std::span<std::uint8_t> out) {
    return one_chunk(pcm.size(), raw_.encode(pcm, out));
  }
  std::uint32_t delay_samples() const { return 0; }

 private:
  GsmRaw raw_;
};
static_assert(EncoderType<GsmEncoder>);

}  // namespace pollux::codec
