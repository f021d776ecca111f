// A path with its codecs and all the memory it needs: control thread.
#include "dataplane/media/path.hpp"

#include <algorithm>

namespace pollux::media {

namespace {

constexpr std::size_t kMostQueuedMs =
    400;  // a packet that waits, one that comes, what is made up for between

std::uint8_t channels_of(const CodecParams& codec) {
  return codec.id == CodecId::kOpus ? std::uint8_t{codec.stereo ? std::uint8_t{2} : std::uint8_t{1}}
                                    : codec.channels;
}

// Of a packet, per channel: Opus shrinks to what there is room for.
std::uint32_t most_samples(const CodecParams& codec, std::uint32_t rate) {
  const std::uint32_t bytes = codec::frame_bytes(codec);
  const std::uint32_t samples = codec::frame_samples(codec, rate);
  return bytes == 0 ? rate * codec::kMostMs / 1000
                    : std::max<std::uint32_t>(Path::kRoom / bytes, 1) * samples;
}

std::uint16_t clamped(std::uint64_t value, std::uint64_t most) {
  return static_cast<std::uint16_t>(std::min(value, most));
}

}  // namespace

Path::Path(const RouteWishes& wishes, const RoutePlan& plan, std::uint16_t sequence, std::uint32_t timestamp)
    : out_head_(timestamp),
      out_sequence_(sequence),
      states_(plan.formats.size()),
      ptime_ms_(clamped(wishes.ptime_ms, kMaxConcealMs)),
      window_(wishes.window_ms * 1000U),
      plan_(plan),
      noise_wanted_(wishes.comfort_noise) {
  format_of_.fill(kNone);
  for (std::size_t i = 0; i < plan_.formats.size(); ++i) {
    format_of_[plan_.formats[i].in.payload_type & 0x7fU] = static_cast<std::uint8_t>(i);
  }
}

Expected<std::unique_ptr<Path>> Path::make(const RouteWishes& wishes, const RoutePlan& plan,
                                           std::uint16_t sequence, std::uint32_t timestamp) {
  std::unique_ptr<Path> path(new Path(wishes, plan, sequence, timestamp));
  if (auto made = path->make_codecs(wishes); !made) {
    return tl::unexpected(made.error());
  }
  return path;
}

Expected<void> Path::make_codecs(const RouteWishes& wishes) {
  for (std::size_t i = 0; i < plan_.formats.size(); ++i) {
    const FormatPlan& format = plan_.formats[i];
    const bool passes = format.use == Use::kPass || format.use == Use::kToAlaw || format.use == Use::kToUlaw;
    if (passes && ptime_ms_ != 0) {
      auto frames = codec::FrameQueue::make(format.out.params);
      if (!frames) {
        return tl::unexpected(frames.error());
      }
      states_[i].frames.emplace(std::move(*frames));
      if (format.out.params.id != CodecId::kOpus) {
        queue_ = static_cast<std::uint8_t>(i);
        states_[i].packet_ticks = packet_ticks();
        queue_ = kNone;
      }
    }
  }
  if (!plan_.decodes) {
    return {};
  }
  const CodecParams& out = plan_.encoded->params;
  std::uint8_t in_channels = 1;
  for (const FormatPlan& format : plan_.formats) {
    if (format.use == Use::kTranscode) {
      in_channels = std::max(in_channels, channels_of(format.in.params));
    }
  }
  pcm_rate_ = encoder_rate(plan_);
  channels_ = std::min(in_channels, channels_of(out));
  auto encoder = codec::Encoder::make(out, pcm_rate_, channels_, {.dtx = wishes.dtx});
  if (!encoder) {
    return tl::unexpected(encoder.error());
  }
  encoder_.emplace(std::move(*encoder));
  lookahead_us_ = static_cast<std::uint32_t>(samples_to_us(encoder_->delay_samples()));
  frame_samples_ = codec::frame_samples(out, pcm_rate_);
  most_samples_ = most_samples(out, pcm_rate_);
  for (std::size_t i = 0; i < plan_.formats.size(); ++i) {
    if (plan_.formats[i].use != Use::kTranscode) {
      continue;
    }
    FormatState& state = states_[i];
    state.rate = codec::pcm_rate(plan_.formats[i].in.params, pcm_rate_);
    auto decoder = codec::Decoder::make(plan_.formats[i].in.params, state.rate, channels_);
    if (!decoder) {
      return tl::unexpected(decoder.error());
    }
    state.decoder.emplace(std::move(*decoder));
    if (state.rate != pcm_rate_) {
      auto resampler = codec::Resampler::make(state.rate, pcm_rate_, channels_);
      if (!resampler) {
        return tl::unexpected(resampler.error());
      }
      state.resampler.emplace(std::move(*resampler));
    }
  }
  coded_.resize(kRoom);
  pcm_.emplace(pcm_rate_ * kMostQueuedMs / 1000, channels_);
  noise_.emplace(channels_);
  // G.729 and Opus look for pauses themselves.
  if (wishes.dtx && plan_.noise_payload_type != kNoPayloadType && out.id != CodecId::kG729 &&
      out.id != CodecId::kOpus) {
    detector_.emplace(pcm_rate_, channels_);
  }
  return {};
}

}  // namespace pollux::media
