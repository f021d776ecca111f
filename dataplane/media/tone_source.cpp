#include "dataplane/media/tone_source.hpp"

#include <algorithm>
#include <array>

#include "dataplane/codec/payload.hpp"

namespace pollux::media {
namespace {

constexpr std::uint32_t kFadesPerSecond = 200;

}  // namespace

void ToneSource::sent(std::span<const std::uint8_t> payload) {
  if (!follows_audio_ || payload.size() > kKeptBytes) {
    return;
  }
  Kept& kept = kept_[kept_next_];
  kept.bytes = static_cast<std::uint16_t>(payload.size());
  std::ranges::copy(payload, kept.payload.begin());
  kept_next_ = (kept_next_ + 1) % kKeptPackets;
  kept_count_ = std::min(kept_count_ + 1, kKeptPackets);
}

void ToneSource::begin(std::uint8_t event, std::uint8_t level) {
  generator_.begin(event, rate_, level);
  sounding_ = false;
  encoder_.restart();
  for (std::size_t i = kept_count_; i-- > 0;) {
    const Kept& kept = kept_[(kept_next_ + 2 * kKeptPackets - 1 - i) % kKeptPackets];
    encoder_.follow(std::span(kept.payload).first(kept.bytes));
  }
  kept_count_ = 0;
}

std::size_t ToneSource::packet(std::uint16_t packet_ms, std::uint16_t tone_ms, std::span<std::uint8_t> out,
                               std::uint32_t& ticks) {
  const std::size_t frame = codec::frame_samples(format_, rate_);
  const std::size_t bytes = codec::frame_bytes(format_);
  out = out.first(std::min(out.size(), kRoom));
  std::size_t frames = std::size_t{rate_} * std::min<std::uint32_t>(packet_ms, codec::kMostMs) / 1000 / frame;
  if (bytes != 0) {
    frames = std::min(frames, out.size() / bytes);
  }
  const std::size_t samples = std::max<std::size_t>(frames, 1) * frame;
  ticks = static_cast<std::uint32_t>(std::uint64_t{samples} * format_.clock_rate / rate_);
  if (format_.id == CodecId::kG722) {
    ticks = static_cast<std::uint32_t>(samples / 2);
  }

  std::array<codec::Sample, codec::kMostPcmSamples> buffer;
  const auto pcm = std::span(buffer).first(samples);
  const bool whole = tone_ms >= packet_ms;
  std::size_t tone = whole ? samples : std::min<std::size_t>(std::size_t{rate_} * tone_ms / 1000, samples);
  if (tone == 0 && sounding_) {
    tone = std::min<std::size_t>(rate_ / kFadesPerSecond, samples);
  }
  generator_.make(pcm.first(tone), !whole);
  std::ranges::fill(pcm.subspan(tone), codec::Sample{0});
  sounding_ = whole;
  const codec::Chunks chunks = encoder_.encode(pcm, out);
  return chunks.size() == 1 ? chunks[0].bytes : 0;
}

}  // namespace pollux::media
