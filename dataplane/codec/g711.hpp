// G.711: A-law and mu-law, bit-exact with the ITU's reference (G.191), and from one to the other.
#pragma once

#include <cstdint>
#include <span>

#include "dataplane/codec/types.hpp"
#include "dataplane/codec/waveform.hpp"

namespace pollux::codec {

enum class Law : std::uint8_t { kA, kMu };

// Pre: both spans have the same length.
void decode_g711(Law law, std::span<const std::uint8_t> bytes, std::span<Sample> pcm);
void encode_g711(Law law, std::span<const Sample> pcm, std::span<std::uint8_t> bytes);

// In place; the same as decoding and encoding, for much less (g711_transcode.cpp). Tables made after G.711's
// tables 3 and 4, such as spandsp's, differ from that in 32 and 44 codes.
void alaw_to_ulaw(std::span<std::uint8_t> bytes);
void ulaw_to_alaw(std::span<std::uint8_t> bytes);

struct G711Raw {
  static constexpr std::uint32_t kDelaySamples = 0;
  Law law = Law::kA;
  bool ok() const { return true; }
  std::size_t decode(std::span<const std::uint8_t> payload, std::span<Sample> pcm) {
    decode_g711(law, payload, pcm.first(payload.size()));
    return payload.size();
  }
};
using G711Decoder = WaveformDecoder<G711Raw>;
static_assert(DecoderType<G711Decoder>);

class G711Encoder {
 public:
  explicit G711Encoder(Law law) : law_(law) {}
  Chunks encode(std::span<const Sample> pcm, std::span<std::uint8_t> out) {
    encode_g711(law_, pcm, out.first(pcm.size()));
    return one_chunk(pcm.size(), pcm.size());
  }
  std::uint32_t delay_samples() const { return 0; }

 private:
  Law law_;
};
static_assert(EncoderType<G711Encoder>);

}  // namespace pollux::codec
