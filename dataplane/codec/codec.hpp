// Any audio codec that Pollux knows, behind one decoder and one encoder: whole RTP payloads in, PCM out, and
// the other way round.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <variant>

#include "dataplane/base/codec_params.hpp"
#include "dataplane/base/expected.hpp"
#include "dataplane/codec/g711.hpp"
#include "dataplane/codec/g722.hpp"
#include "dataplane/codec/g726.hpp"
#include "dataplane/codec/g729.hpp"
#include "dataplane/codec/gsm.hpp"
#include "dataplane/codec/l16.hpp"
#include "dataplane/codec/opus.hpp"
#include "dataplane/codec/payload.hpp"
#include "dataplane/codec/types.hpp"

namespace pollux::codec {

// One stream's decoder. Made and destroyed by the control thread (it allocates), used by one worker, which it
// costs what codec_costs measures and no memory.
class Decoder {
 public:
  // Pre: pcm_rate is pcm_rate(params, ...). `channels`: of the PCM, 1 or 2, whatever the codec has: one
  // channel is doubled, two are mixed.
  static Expected<Decoder> make(const CodecParams& params, std::uint32_t pcm_rate, std::uint8_t channels);

  // nullopt: malformed, longer than 120 ms or than `pcm`; then the decoder is as it was.
  std::optional<Decoded> decode(std::span<const std::uint8_t> payload, std::span<Sample> pcm);

  // Makes up what was lost, as long as `pcm` is. Pre: at most 120 ms; Opus: a multiple of 2.5 ms (the rest is
  // silence).
  void conceal(std::span<Sample> pcm);

  // The packet before `next_payload`, as that one describes it besides itself (Opus's in-band FEC), in the
  // last part of `pcm`; the part before it is concealed. False: it doesn't, and nothing was done. To be
  // called before next_payload is decoded.
  bool recover(std::span<const std::uint8_t> next_payload, std::span<Sample> pcm);

  // The noise that the last SID or DTX payload described; of codecs without such, faint white noise.
  // Pre: as conceal().
  void comfort_noise(std::span<Sample> pcm);

  // By which what comes out lags behind what went in, over the encoder's part.
  std::uint32_t delay_samples() const;

  std::uint32_t pcm_rate() const { return pcm_rate_; }
  std::uint8_t channels() const { return channels_; }

 private:
  using Any =
      std::variant<G711Decoder, G722Decoder, G726Decoder, GsmDecoder, G729Decoder, OpusDecoder, L16Decoder>;
  Decoder(Any any, const CodecParams& params, std::uint32_t pcm_rate, std::uint8_t channels);
  static Expected<Any> make_any(const CodecParams& params, std::uint32_t pcm_rate, std::uint8_t channels);
  template <typename Fill>
  void fill(std::span<Sample> pcm, Fill fill);

  Any any_;
  CodecParams params_;
  std::uint32_t pcm_rate_;
  std::uint8_t channels_;
  bool doubles_;  // the codec has one channel, the PCM two
};

// One stream's encoder; threads and memory as with Decoder.
class Encoder {
 public:
  // `params` is what the receiver asked for. Otherwise as Decoder::make().
  static Expected<Encoder> make(const CodecParams& params, std::uint32_t pcm_rate, std::uint8_t channels,
                                EncoderOptions options = {});

  // Payloads one after another in `out`, in order; what no chunk covers was left out as silence. Without DTX
  // one chunk covers all (Opus: see there). Pre: pcm is a multiple of frame_samples() and at most 120 ms,
  // `out` has room: kMostPayloadBytes always is. Otherwise there are no chunks.
  Chunks encode(std::span<const Sample> pcm, std::span<std::uint8_t> out);

  // Another encoder's payload has gone to the same decoder: what comes next is encoded as that decoder will
  // expect it. G.722 and G.726, made with EncoderOptions::tones; others have nothing to do, or can't.
  void follow(std::span<const std::uint8_t> payload);

  // What comes next is the first of a stream for the party's decoder, which has heard another encoder, in
  // another mode, since. Opus; others have nothing to do.
  void restart();

  // Algorithmic delay: how long what goes in is kept back.
  std::uint32_t delay_samples() const;

 private:
  using Any =
      std::variant<G711Encoder, G722Encoder, G726Encoder, GsmEncoder, G729Encoder, OpusEncoder, L16Encoder>;
  Encoder(Any any, const CodecParams& params, std::uint32_t pcm_rate, std::uint8_t channels);
  static Expected<Any> make_any(const CodecParams& params, std::uint32_t pcm_rate, std::uint8_t channels,
                                EncoderOptions options);

  Any any_;
  CodecParams params_;
  std::uint32_t pcm_rate_;
  std::uint8_t channels_;
  bool mixes_;  // the PCM has two channels, the codec one
};

}  // namespace pollux::codec
