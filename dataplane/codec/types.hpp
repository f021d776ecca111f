// What all codecs of this room share: samples, results, and what a decoder and an encoder have to offer.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "dataplane/base/static_vector.hpp"

namespace pollux::codec {

// Linear PCM, interleaved where there are two channels. Counts are per channel, sizes of spans are not.
using Sample = std::int16_t;

inline constexpr std::uint32_t kMostMs = 120;           // of one payload, in or out (RFC 6716 §3.4)
inline constexpr std::size_t kMostPcmSamples = 11'520;  // the same at 48 kHz with two channels
// The longest payload that an encoder makes: L16, 48 kHz, two channels, 120 ms.
inline constexpr std::size_t kMostPayloadBytes = 2 * kMostPcmSamples;

struct Decoded {
  std::size_t samples = 0;  // per channel
  bool silence = false;     // comfort noise is due after them, until the next payload
};

// One RTP payload as an encoder made it.
struct Chunk {
  std::uint16_t offset_samples = 0;  // per channel, from the start of what was given
  std::uint16_t samples = 0;
  std::uint16_t bytes = 0;
  bool silence = false;  // ends in a SID frame
};
using Chunks = StaticVector<Chunk, 12>;

struct EncoderOptions {
  bool dtx = false;    // silence may be left out, where codec and receiver allow it
  bool tones = false;  // for DTMF: Opus as plain as can be, without its model of a voice; can follow()
};

// What the wrappers in codec.hpp ask of each codec. They have looked at payloads (payload_ticks()) and
// lengths before: decoders and encoders only see what is well formed and fits.
template <typename T>
concept DecoderType = std::movable<T> &&
    requires(T decoder, std::span<const std::uint8_t> payload, std::span<Sample> pcm) {
  { decoder.decode(payload, pcm) } -> std::same_as<std::optional<Decoded>>;
  { decoder.conceal(pcm) } -> std::same_as<void>;
  { decoder.recover(payload, pcm) } -> std::same_as<bool>;
  { decoder.comfort_noise(pcm) } -> std::same_as<void>;
  { decoder.delay_samples() } -> std::same_as<std::uint32_t>;
};

template <typename T>
concept EncoderType = std::movable<T> &&
    requires(T encoder, std::span<const Sample> pcm, std::span<std::uint8_t> out) {
  { encoder.encode(pcm, out) } -> std::same_as<Chunks>;
  { encoder.delay_samples() } -> std::same_as<std::uint32_t>;
};

// All of `samples` in one payload.
inline Chunks one_chunk(std::size_t samples, std::size_t bytes) {
  Chunks chunks;
  chunks.push_back({0, static_cast<std::uint16_t>(samples), static_cast<std::uint16_t>(bytes), false});
  return chunks;
}

}  // namespace pollux::codec
