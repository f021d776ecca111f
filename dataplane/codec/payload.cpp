#include "dataplane/codec/payload.hpp"

#include <opus/opus.h>

#include "dataplane/codec/types.hpp"

namespace pollux::codec {
namespace {

constexpr std::uint32_t kOpusClock = 48'000;
constexpr std::uint32_t kMostOpusTicks = kOpusClock / 1000 * kMostMs;
constexpr std::size_t kMostOpusFrames = 48;  // RFC 6716 §3.2.5
constexpr std::size_t kG729FrameBytes = 10;
constexpr std::size_t kSidBytes = 2;
constexpr std::size_t kGsmFrameBytes = 33;

// Looks into all length fields of the packet, so that whatever reads it later stays inside (RFC 6716 §3).
std::optional<std::uint32_t> opus_ticks(std::span<const std::uint8_t> payload) {
  const unsigned char* frames[kMostOpusFrames];
  opus_int16 sizes[kMostOpusFrames];
  const auto length = static_cast<opus_int32>(payload.size());
  const int count = opus_packet_parse(payload.data(), length, nullptr, frames, sizes, nullptr);
  if (count <= 0) {
    return std::nullopt;
  }
  const int each = opus_packet_get_samples_per_frame(payload.data(), kOpusClock);
  const auto ticks = static_cast<std::uint32_t>(count * each);
  return ticks <= kMostOpusTicks ? std::optional(ticks) : std::nullopt;
}

std::optional<std::uint32_t> g729_ticks(std::size_t bytes) {
  const std::size_t rest = bytes % kG729FrameBytes;
  if (rest != 0 && rest != kSidBytes) {
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(bytes / kG729FrameBytes + (rest != 0 ? 1 : 0)) * 80;
}

// Each frame begins with a signature of 0xd (RFC 3551 §4.5.8).
bool gsm_signed(std::span<const std::uint8_t> payload) {
  for (std::size_t at = 0; at < payload.size(); at += kGsmFrameBytes) {
    if (payload[at] >> 4 != 0xd) {
      return false;
    }
  }
  return true;
}

std::optional<std::uint32_t> whole_frames(const CodecParams& codec, std::size_t bytes) {
  const std::uint32_t frame = frame_bytes(codec);
  if (frame == 0 || bytes % frame != 0) {
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(bytes / frame) * frame_ticks(codec);
}

}  // namespace

bool codec_available(CodecId id) {
#ifndef POLLUX_G729
  if (id == CodecId::kG729) {
    return false;
  }
#endif
  return codec_facts(id).audio;
}

std::uint32_t pcm_rate(const CodecParams& codec, std::uint32_t other_rate) {
  switch (codec.id) {
    case CodecId::kG722:
      return 16'000;
    case CodecId::kL16:
      return codec.clock_rate;
    case CodecId::kOpus:
      switch (other_rate) {
        case 8'000:
        case 12'000:
        case 16'000:
        case 24'000:
          return other_rate;
        default:
          return kOpusClock;
      }
    default:
      return 8'000;
  }
}

std::uint32_t frame_samples(const CodecParams& codec, std::uint32_t pcm_rate) {
  switch (codec.id) {
    case CodecId::kOpus:
      return pcm_rate / 400;
    case CodecId::kG722:
      return 2;
    default:
      return codec_facts(codec.id).frame_samples;
  }
}

std::uint32_t frame_ticks(const CodecParams& codec) {
  return codec.id == CodecId::kOpus ? kOpusClock / 400 : codec_facts(codec.id).frame_samples;
}

std::uint32_t frame_bytes(const CodecParams& codec) {
  switch (codec.id) {
    case CodecId::kPcmu:
    case CodecId::kPcma:
    case CodecId::kG722:
      return 1;
    case CodecId::kG726_16:
      return 2;
    case CodecId::kG726_24:
      return 3;
    case CodecId::kG726_32:
      return 4;
    case CodecId::kG726_40:
      return 5;
    case CodecId::kGsm:
      return kGsmFrameBytes;
    case CodecId::kG729:
      return kG729FrameBytes;
    case CodecId::kL16:
      return 2U * codec.channels;
    default:
      return 0;
  }
}

std::optional<std::uint32_t> payload_ticks(const CodecParams& codec, std::span<const std::uint8_t> payload) {
  if (payload.empty() || payload.size() > kMostPayloadBytes) {
    return std::nullopt;
  }
  std::optional<std::uint32_t> ticks;
  switch (codec.id) {
    case CodecId::kOpus:
      return opus_ticks(payload);
    case CodecId::kComfortNoise:
      return 0;
    case CodecId::kG729:
      ticks = g729_ticks(payload.size());
      break;
    default:
      ticks = whole_frames(codec, payload.size());
  }
  if (!ticks || *ticks > std::uint64_t{codec.clock_rate} * kMostMs / 1000) {
    return std::nullopt;
  }
  if (codec.id == CodecId::kGsm && !gsm_signed(payload)) {
    return std::nullopt;
  }
  return ticks;
}

bool is_silence(const CodecParams& codec, std::span<const std::uint8_t> payload) {
  switch (codec.id) {
    case CodecId::kComfortNoise:
      return !payload.empty();
    case CodecId::kG729:
      return payload.size() % kG729FrameBytes == kSidBytes && payload_ticks(codec, payload).has_value();
    case CodecId::kOpus:  // nothing but lengths: RFC 6716 §3.1, as encoders with DTX send it
      return payload.size() <= 2 && payload_ticks(codec, payload).has_value();
    default:
      return false;
  }
}

}  // namespace pollux::codec
