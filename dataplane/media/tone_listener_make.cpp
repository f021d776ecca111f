// Control thread: decoders and the detector take memory.
#include <new>
#include <string>
#include <utility>

#include "dataplane/codec/payload.hpp"
#include "dataplane/media/tone_listener.hpp"

namespace pollux::media {
namespace {

tl::unexpected<Error> no_memory() {
  return fail(ErrorCode::kExhausted, "MEMORY_EXHAUSTED", "",
              "there is no memory for the detection of tones; try again later");
}

}  // namespace

ToneListener::ToneListener() {
  format_of_.fill(kNone);
}

ToneListener::~ToneListener() = default;

Expected<ToneListener::Format> ToneListener::make_format(const CodecParams& params) {
  Format format;
  format.params = params;
  if (!codec::codec_available(params.id)) {
    return fail(ErrorCode::kUnavailable, "CODEC_UNAVAILABLE", "codecs",
                std::string(codec_facts(params.id).name) +
                    ": this build can't decode it, so it can't listen for tones; turn in-band detection off");
  }
  if (params.id == CodecId::kPcma || params.id == CodecId::kPcmu) {
    return format;
  }
  const std::uint32_t rate = codec::pcm_rate(params, dtmf::kDetectorRate);
  auto decoder = codec::Decoder::make(params, rate, 1);
  if (!decoder) {
    return tl::unexpected(decoder.error());
  }
  format.decoder.emplace(std::move(*decoder));
  format.delay = format.decoder->delay_samples() * dtmf::kDetectorRate / rate;
  if (rate != dtmf::kDetectorRate) {
    auto resampler = codec::Resampler::make(rate, dtmf::kDetectorRate, 1);
    if (!resampler) {
      return tl::unexpected(resampler.error());
    }
    format.resampler.emplace(std::move(*resampler));
    format.delay += format.resampler->delay_samples();
  }
  return format;
}

Expected<std::unique_ptr<ToneListener>> ToneListener::make(std::span<const CodecFormat> formats) {
  std::unique_ptr<ToneListener> listener(new (std::nothrow) ToneListener);
  if (!listener) {
    return no_memory();
  }
  for (const CodecFormat& format : formats) {
    if (!codec_facts(format.params.id).audio) {
      continue;
    }
    auto made = make_format(format.params);
    if (!made) {
      return tl::unexpected(made.error());
    }
    listener->format_of_[format.payload_type & 0x7fU] = static_cast<std::uint8_t>(listener->formats_.size());
    listener->formats_.push_back(std::move(*made));
  }
  listener->detector_ = dtmf::ToneDetector::make();
  if (!listener->detector_) {
    return no_memory();
  }
  return listener;
}

}  // namespace pollux::media
