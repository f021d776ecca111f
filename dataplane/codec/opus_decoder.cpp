#include <opus/opus.h>

#include <algorithm>

#include "dataplane/codec/opus.hpp"

namespace pollux::codec {
namespace {

constexpr unsigned kFirstCeltConfig = 16;  // of 32 in the TOC octet (RFC 6716 §3.1)
constexpr std::size_t kMostFrames = 48;

unsigned config_of(std::uint8_t toc) {
  return toc >> 3;
}

// Whether the packet's first frame describes the frame before it as well. SILK begins with a flag of voice
// activity for each 20 ms (10 in the shortest frame) and the flag that says so, for each channel, all of
// probability 1/2: bits from the top of the first octet (RFC 6716 §4.2.3, §4.2.4).
bool has_fec(std::span<const std::uint8_t> payload) {
  const unsigned char* frames[kMostFrames];
  opus_int16 sizes[kMostFrames];
  const auto length = static_cast<opus_int32>(payload.size());
  if (payload.empty() || config_of(payload[0]) >= kFirstCeltConfig ||
      opus_packet_parse(payload.data(), length, nullptr, frames, sizes, nullptr) <= 0 || sizes[0] <= 1) {
    return false;
  }
  const int ms = opus_packet_get_samples_per_frame(payload.data(), 8000) / 8;
  const int flags = std::max(1, ms / 20);
  const unsigned first = *frames[0];
  const bool middle = (first >> (7 - flags) & 1U) != 0;
  const bool stereo = opus_packet_get_nb_channels(payload.data()) == 2;
  return middle || (stereo && (first >> (6 - 2 * flags) & 1U) != 0);
}

}  // namespace

void OpusDecoder::Free::operator()(::OpusDecoder* state) const {
  opus_decoder_destroy(state);
}

OpusDecoder::OpusDecoder(std::uint32_t pcm_rate, std::uint8_t channels)
    : state_(opus_decoder_create(static_cast<opus_int32>(pcm_rate), channels, nullptr)),
      pcm_rate_(pcm_rate),
      channels_(channels) {}

std::optional<Decoded> OpusDecoder::decode(std::span<const std::uint8_t> payload, std::span<Sample> pcm) {
  const auto length = static_cast<opus_int32>(payload.size());
  const auto room = static_cast<int>(pcm.size() / channels_);
  const int samples = opus_decode(state_.get(), payload.data(), length, pcm.data(), room, 0);
  if (samples < 0) {
    return std::nullopt;
  }
  celt_ = config_of(payload[0]) >= kFirstCeltConfig;
  return Decoded{static_cast<std::size_t>(samples), payload.size() <= 2};
}

void OpusDecoder::conceal(std::span<Sample> pcm) {
  const std::size_t samples = pcm.size() / channels_;
  const std::size_t whole = samples - samples % (pcm_rate_ / 400);
  int made = 0;
  if (whole != 0) {
    made = std::max(0, opus_decode(state_.get(), nullptr, 0, pcm.data(), static_cast<int>(whole), 0));
  }
  std::fill(pcm.begin() + made * channels_, pcm.end(), Sample{0});
}

bool OpusDecoder::recover(std::span<const std::uint8_t> next_payload, std::span<Sample> pcm) {
  const std::size_t samples = pcm.size() / channels_;
  if (celt_ || samples == 0 || samples % (pcm_rate_ / 400) != 0 || !has_fec(next_payload)) {
    return false;
  }
  // A shorter hole than the frame is can't be filled from it.
  const auto rate = static_cast<opus_int32>(pcm_rate_);
  if (opus_packet_get_samples_per_frame(next_payload.data(), rate) > static_cast<int>(samples)) {
    return false;
  }
  const auto length = static_cast<opus_int32>(next_payload.size());
  return opus_decode(state_.get(), next_payload.data(), length, pcm.data(), static_cast<int>(samples), 1) > 0;
}

}  // namespace pollux::codec
