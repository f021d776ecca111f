// What can be told of a codec and of its payloads without decoding.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "dataplane/base/codec_params.hpp"

namespace pollux::codec {

// False for what this build can't decode and encode: comfort noise and events, and G.729 with
// -Dg729=disabled.
bool codec_available(CodecId id);

// The PCM rate, Hz, at which a codec is run when the PCM on the other side has `other_rate`. Only Opus has a
// choice: it takes the other's where it can, else 48 kHz.
std::uint32_t pcm_rate(const CodecParams& codec, std::uint32_t other_rate);

// The smallest piece of PCM, per channel: encoders take multiples of it. Opus: 2.5 ms.
std::uint32_t frame_samples(const CodecParams& codec, std::uint32_t pcm_rate);

// The media in one RTP payload, in ticks of the codec's RTP clock, 1..120 ms. nullopt: empty, malformed or
// longer. A SID frame of G.729 counts as its frame of 10 ms, comfort noise (RFC 3389) as 0.
std::optional<std::uint32_t> payload_ticks(const CodecParams& codec, std::span<const std::uint8_t> payload);

// The payload ends in silence: a SID frame (G.729), DTX (Opus), comfort noise. False for what is malformed.
bool is_silence(const CodecParams& codec, std::span<const std::uint8_t> payload);

// Bytes of the smallest piece of a payload, which is frame_samples() long; Opus: 0, they differ.
std::uint32_t frame_bytes(const CodecParams& codec);

// The same piece in RTP ticks; Opus: 2.5 ms.
std::uint32_t frame_ticks(const CodecParams& codec);

}  // namespace pollux::codec
