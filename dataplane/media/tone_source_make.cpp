// Control thread: encoders take memory.
#include <new>
#include <utility>

#include "dataplane/codec/payload.hpp"
#include "dataplane/media/tone_source.hpp"

namespace pollux::media {

namespace {
constexpr std::uint32_t kRate = 8'000;  // where the codec has a choice: tones need no more
}

ToneSource::ToneSource(const CodecParams& format, std::uint32_t rate, codec::Encoder encoder)
    : format_(format),
      rate_(rate),
      encoder_(std::move(encoder)),
      follows_audio_(format.id >= CodecId::kG722 && format.id <= CodecId::kG726_40) {}

ToneSource::~ToneSource() = default;

Expected<std::unique_ptr<ToneSource>> ToneSource::make(const CodecParams& format) {
  if (!codec::codec_available(format.id)) {
    return fail(ErrorCode::kUnavailable, "CODEC_UNAVAILABLE", "codecs",
                std::string(codec_facts(format.id).name) +
                    ": this build can't encode it, so it can't carry tones; use another format");
  }
  const std::uint32_t rate = codec::pcm_rate(format, kRate);
  auto encoder = codec::Encoder::make(format, rate, 1, {.tones = true});
  if (!encoder) {
    return tl::unexpected(encoder.error());
  }
  std::unique_ptr<ToneSource> source(new (std::nothrow) ToneSource(format, rate, std::move(*encoder)));
  if (!source) {
    return fail(ErrorCode::kExhausted, "MEMORY_EXHAUSTED", "",
                "there is no memory for tones; try again later");
  }
  return source;
}

}  // namespace pollux::media
