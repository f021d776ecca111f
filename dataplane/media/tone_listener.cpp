#include "dataplane/media/tone_listener.hpp"

#include <algorithm>

#include "dataplane/base/sequence.hpp"
#include "dataplane/codec/g711.hpp"
#include "dataplane/codec/payload.hpp"

namespace pollux::media {
namespace {

constexpr std::uint32_t kRate = dtmf::kDetectorRate;
constexpr std::uint32_t kSamplesPerMs = kRate / 1000;
constexpr std::uint64_t kLeastWaitMs = 200;  // networks stall for so long in mid-tone
constexpr std::uint8_t kPacketsToWait = 3;
// The detector sees the end of a tone after two of its blocks: so much of what was heard may be behind it.
constexpr std::uint64_t kUncertain = 224;
constexpr std::uint64_t kCertain = 195;    // of a tone that it has believed in
constexpr std::uint64_t kTailMargin = 40;  // a tone fades behind the place where its end is told to be
constexpr std::uint8_t kSilentAlaw = 0xd5;
constexpr std::uint8_t kSilentUlaw = 0xff;

bool is_g711(CodecId id) {
  return id == CodecId::kPcma || id == CodecId::kPcmu;
}

}  // namespace

const ToneListener::Format* ToneListener::format_of(std::uint8_t payload_type) const {
  const std::uint8_t index = format_of_[payload_type & 0x7fU];
  return index == kNone ? nullptr : &formats_[index];
}

void ToneListener::listen(const HeardPacket& packet, std::uint64_t now_ms, dtmf::PressReports& reports) {
  const std::uint8_t index = format_of_[packet.payload_type & 0x7fU];
  if (index == kNone) {
    return;
  }
  Format& format = formats_[index];
  const auto ticks = codec::payload_ticks(format.params, packet.payload);
  if (!ticks || !follows(packet, format, now_ms, reports)) {
    return;
  }
  std::array<std::int16_t, codec::kMostPcmSamples / 2> pcm;
  const std::size_t samples = decode(format, packet.payload, pcm);
  if (samples == 0) {
    return;
  }
  sequence_ = packet.sequence;
  next_timestamp_ = packet.timestamp + *ticks;
  packet_ms_ = *ticks * 1000 / clock_rate_;
  last_ms_ = now_ms;
  heard_ += samples;
  detector_->take(std::span(pcm).first(samples), changes_);
  if (!changes_.empty()) {
    tell(now_ms, reports);
  }
  if (in_tone()) {
    tell_progress(reports);
  }
}

// Whether the packet is to be heard; what lies between it and what was heard is lost.
bool ToneListener::follows(const HeardPacket& packet, const Format& format, std::uint64_t now_ms,
                           dtmf::PressReports& reports) {
  const auto second = static_cast<std::int32_t>(format.params.clock_rate);
  const std::int32_t gap = timestamp_distance(next_timestamp_, packet.timestamp);
  const bool same = packet.ssrc == ssrc_ && format.params.clock_rate == clock_rate_;
  if (same && gap == 0) {
    return true;
  }
  if (same && gap < 0 && (gap >= -second || !sequence_newer(packet.sequence, sequence_))) {
    return false;
  }
  if (!same || gap < 0 || gap > second) {
    begin_anew(reports);
    ssrc_ = packet.ssrc;
    clock_rate_ = format.params.clock_rate;
    return true;
  }
  const auto samples = static_cast<std::uint32_t>(std::int64_t{gap} * kRate / second);
  detector_->lost(samples, changes_);
  heard_ += samples;
  tell(now_ms, reports);
  return true;
}

void ToneListener::begin_anew(dtmf::PressReports& reports) {
  if (in_tone()) {
    end(heard_, reports);
  }
  detector_->reset();
  tones_ = {};  // of other timestamps
}

std::size_t ToneListener::decode(Format& format, std::span<const std::uint8_t> payload,
                                 std::span<std::int16_t> pcm) {
  if (is_g711(format.params.id)) {
    const codec::Law law = format.params.id == CodecId::kPcma ? codec::Law::kA : codec::Law::kMu;
    codec::decode_g711(law, payload, pcm.first(payload.size()));
    return payload.size();
  }
  if (!format.resampler) {
    const auto decoded = format.decoder->decode(payload, pcm);
    return decoded ? decoded->samples : 0;
  }
  std::array<std::int16_t, codec::kMostPcmSamples / 2> wide;
  const auto decoded = format.decoder->decode(payload, wide);
  return decoded ? format.resampler->process(std::span(wide).first(decoded->samples), pcm) : 0;
}

void ToneListener::tell(std::uint64_t now_ms, dtmf::PressReports& reports) {
  for (const dtmf::ToneChange& change : changes_) {
    if (change.on) {
      begin(change, now_ms, reports);
    } else {
      end(change.sample, reports);
    }
  }
  changes_.clear();
}

void ToneListener::begin(const dtmf::ToneChange& change, std::uint64_t now_ms, dtmf::PressReports& reports) {
  std::copy_backward(tones_.begin(), tones_.end() - 1, tones_.end());
  tones_[0] = {change.earliest, 0, true};
  began_ = change.sample;
  const std::uint64_t ago_ms = (heard_ - change.sample) / kSamplesPerMs;
  press_ = {.kind = dtmf::PressReport::Kind::kBegin,
            .event = change.event,
            .volume = change.volume,
            .duration_ms = kCertain / kSamplesPerMs,
            .began_ms = now_ms > ago_ms ? now_ms - ago_ms : 0};
  reports.push_back(press_);
}

void ToneListener::tell_progress(dtmf::PressReports& reports) {
  const std::uint64_t known = heard_ - began_;
  const auto certain_ms =
      static_cast<std::uint32_t>((known > kUncertain ? known - kUncertain : 0) / kSamplesPerMs);
  if (certain_ms > press_.duration_ms) {
    press_.kind = dtmf::PressReport::Kind::kProgress;
    press_.duration_ms = certain_ms;
    reports.push_back(press_);
  }
}

void ToneListener::end(std::uint64_t sample, dtmf::PressReports& reports) {
  tones_[0].open = false;
  tones_[0].last = sample;
  press_.kind = dtmf::PressReport::Kind::kEnd;
  const std::uint64_t samples = sample > began_ ? sample - began_ : 0;
  press_.duration_ms =
      std::max(press_.duration_ms, static_cast<std::uint32_t>((samples + kSamplesPerMs / 2) / kSamplesPerMs));
  reports.push_back(press_);
}

void ToneListener::expire(std::uint64_t now_ms, dtmf::PressReports& reports) {
  if (now_ms >= due_ms()) {
    end(heard_, reports);
    detector_->reset();
  }
}

std::uint64_t ToneListener::due_ms() const {
  return in_tone() ? last_ms_ + std::max<std::uint64_t>(kLeastWaitMs, kPacketsToWait * packet_ms_) : kNever;
}

bool ToneListener::in_tone() const {
  return tones_[0].open;
}

std::optional<ToneRange> ToneListener::tone_in(const HeardPacket& packet) const {
  const Format* const format = format_of(packet.payload_type);
  const auto ticks = format == nullptr ? std::nullopt : codec::payload_ticks(format->params, packet.payload);
  if (!ticks) {
    return std::nullopt;
  }
  ToneRange range;
  if (packet.ssrc != ssrc_ || format->params.clock_rate != clock_rate_) {
    return range;
  }
  // The packet's place among the detector's samples, and back.
  const std::int64_t clock = clock_rate_;
  const std::int64_t back = timestamp_distance(packet.timestamp, next_timestamp_);
  const std::int64_t start = static_cast<std::int64_t>(heard_) * clock - back * kRate;  // in 1/clock samples
  const auto tick_of = [&](std::uint64_t sample, std::int64_t margin, std::int64_t rounding) {
    const std::int64_t at = static_cast<std::int64_t>(sample) - format->delay + margin;
    const std::int64_t from_start = at * clock - start;
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>((from_start + rounding) / kRate, 0, *ticks));
  };
  for (const Tone& tone : tones_) {
    if (tone.last == 0 && !tone.open) {
      continue;
    }
    const std::uint32_t first = tick_of(tone.first, 0, 0);
    const std::uint32_t last = tone.open ? *ticks : tick_of(tone.last, kTailMargin, kRate - 1);
    if (first < last) {
      range = range.empty() ? ToneRange{first, last}
                            : ToneRange{std::min(range.first, first), std::max(range.last, last)};
    }
  }
  return range;
}

bool ToneListener::silence(std::uint8_t payload_type, std::span<std::uint8_t> payload,
                           ToneRange range) const {
  const Format* const format = format_of(payload_type);
  if (format == nullptr) {
    return false;
  }
  const CodecId id = format->params.id;
  if (!is_g711(id) && id != CodecId::kL16) {
    return false;
  }
  const std::size_t width = id == CodecId::kL16 ? codec::frame_bytes(format->params) : 1;
  const std::size_t last = std::min(payload.size(), range.last * width);
  const std::size_t first = std::min(last, range.first * width);
  const std::uint8_t silent = id == CodecId::kPcma   ? kSilentAlaw
                              : id == CodecId::kPcmu ? kSilentUlaw
                                                     : std::uint8_t{0};
  std::ranges::fill(payload.subspan(first, last - first), silent);
  return true;
}

}  // namespace pollux::media
