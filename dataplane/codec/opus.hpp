// Opus by libopus (RFC 6716, RTP by RFC 7587): DTX, in-band FEC, any payload length of 2.5 to 120 ms.
#pragma once

#include <memory>

#include "dataplane/base/codec_params.hpp"
#include "dataplane/codec/types.hpp"

struct OpusDecoder;
struct OpusEncoder;
struct OpusRepacketizer;

namespace pollux::codec {

class OpusDecoder {
 public:
  // Pre: pcm_rate is 8, 12, 16, 24 or 48 kHz. Whatever is sent comes out with `channels`.
  OpusDecoder(std::uint32_t pcm_rate, std::uint8_t channels);
  bool ok() const { return state_ != nullptr; }
  std::optional<Decoded> decode(std::span<const std::uint8_t> payload, std::span<Sample> pcm);
  void conceal(std::span<Sample> pcm);
  bool recover(std::span<const std::uint8_t> next_payload, std::span<Sample> pcm);
  void comfort_noise(std::span<Sample> pcm) { conceal(pcm); }  // the decoder knows that DTX goes on
  std::uint32_t delay_samples() const { return 0; }            // the encoder's look-ahead has it all

 private:
  struct Free {
    void operator()(::OpusDecoder* state) const;
  };
  std::unique_ptr<::OpusDecoder, Free> state_;
  std::uint32_t pcm_rate_;
  std::uint8_t channels_;
  bool celt_ = false;  // the last payload was of CELT alone: the library has no use for FEC then
};
static_assert(DecoderType<OpusDecoder>);

class OpusEncoder {
 public:
  OpusEncoder(const CodecParams& receiver, std::uint32_t pcm_rate, std::uint8_t channels,
              EncoderOptions options);
  bool ok() const { return state_ != nullptr && joiner_ != nullptr; }
  // Lengths that Opus has no packet for (30 ms, 50 ms, 25 ms ...) are encoded in pieces of the longest equal
  // length and joined. With DTX, pieces that say nothing (2 octets or less) are left out and end their chunk.
  Chunks encode(std::span<const Sample> pcm, std::span<std::uint8_t> out);
  std::uint32_t delay_samples() const;
  void restart();

 private:
  struct Free {
    void operator()(::OpusEncoder* state) const;
  };
  struct FreeJoiner {
    void operator()(OpusRepacketizer* joiner) const;
  };
  void hold_mode(std::uint8_t toc);
  void release_mode();

  std::unique_ptr<::OpusEncoder, Free> state_;
  std::unique_ptr<OpusRepacketizer, FreeJoiner> joiner_;
  std::uint32_t pcm_rate_;
  std::uint8_t channels_;
  bool dtx_;
  bool mono_;  // of two channels that are given: the receiver wants one
};
static_assert(EncoderType<OpusEncoder>);

}  // namespace pollux::codec
