// What has a state is made here, by the control thread: nothing else in the room takes memory.
#include <string>
#include <utility>
#include <variant>

#include "dataplane/codec/codec.hpp"
#include "dataplane/codec/frame_queue.hpp"
#include "dataplane/codec/resampler.hpp"

namespace pollux::codec {
namespace {

constexpr std::uint32_t kLeastRate = 8'000;
constexpr std::uint32_t kMostRate = 48'000;

tl::unexpected<Error> unsupported(const CodecParams& params, const char* why) {
  return fail(ErrorCode::kInvalidArgument, "CODEC_UNSUPPORTED", "codecs",
              std::string(codec_facts(params.id).name) + ": " + why);
}

tl::unexpected<Error> no_memory() {
  return fail(ErrorCode::kExhausted, "NO_MEMORY", "", "no memory for a codec's state; try again later");
}

// What hinders making one; nullptr: nothing.
const char* objection(const CodecParams& params, std::uint32_t rate, std::uint8_t channels) {
  if (!codec_available(params.id)) {
    return params.id == CodecId::kG729
               ? "this build has no G.729 (-Dg729=disabled): relay it, or use a build that has"
               : "this is no audio that could be transcoded; leave it out";
  }
  if (channels < 1 || channels > 2 || params.channels < 1 || params.channels > 2) {
    return "there can be one or two channels";
  }
  if (params.id == CodecId::kL16 ? params.clock_rate < kLeastRate || params.clock_rate > kMostRate
                                 : params.channels != 1) {
    return params.id == CodecId::kL16 ? "the clock rate has to be 8000 to 48000" : "it has one channel only";
  }
  if (params.id != CodecId::kL16 && params.clock_rate != (params.id == CodecId::kOpus ? 48'000U : 8'000U)) {
    return "that isn't its clock rate";
  }
  if (rate != pcm_rate(params, rate)) {
    return "it can't be run at that PCM rate";
  }
  return nullptr;
}

// One channel goes in and out of most codecs, whatever the PCM has.
bool knows_channels(CodecId id) {
  return id == CodecId::kL16 || id == CodecId::kOpus;
}

Law law_of(CodecId id) {
  return id == CodecId::kPcma ? Law::kA : Law::kMu;
}

// `Any` from `codec`, if it has got all the memory it needs.
template <typename Any, typename Codec>
Expected<Any> checked(Codec codec) {
  if constexpr (requires { codec.ok(); }) {
    if (!codec.ok()) {
      return no_memory();
    }
  }
  return Expected<Any>(tl::in_place, std::in_place_type<Codec>, std::move(codec));
}

}  // namespace

Decoder::Decoder(Any any, const CodecParams& params, std::uint32_t pcm_rate, std::uint8_t channels)
    : any_(std::move(any)),
      params_(params),
      pcm_rate_(pcm_rate),
      channels_(channels),
      doubles_(channels == 2 && !knows_channels(params.id)) {}

Encoder::Encoder(Any any, const CodecParams& params, std::uint32_t pcm_rate, std::uint8_t channels)
    : any_(std::move(any)),
      params_(params),
      pcm_rate_(pcm_rate),
      channels_(channels),
      mixes_(channels == 2 && !knows_channels(params.id)) {}

Expected<Decoder::Any> Decoder::make_any(const CodecParams& params, std::uint32_t rate,
                                         std::uint8_t channels) {
  switch (params.id) {
    case CodecId::kPcmu:
    case CodecId::kPcma:
      return checked<Any>(G711Decoder(G711Raw{law_of(params.id)}, rate, 1));
    case CodecId::kG722:
      return checked<Any>(G722Decoder(G722Raw(), rate, 1));
    case CodecId::kGsm:
      return checked<Any>(GsmDecoder(GsmRaw(), rate, 1));
    case CodecId::kG729:
      return checked<Any>(G729Decoder());
    case CodecId::kOpus:
      return checked<Any>(OpusDecoder(rate, channels));
    case CodecId::kL16:
      return checked<Any>(L16Decoder(L16Raw{params.channels, channels}, rate, channels));
    default:
      return checked<Any>(G726Decoder(G726Raw(params.id), rate, 1));
  }
}

Expected<Encoder::Any> Encoder::make_any(const CodecParams& params, std::uint32_t rate, std::uint8_t channels,
                                         EncoderOptions options) {
  switch (params.id) {
    case CodecId::kPcmu:
    case CodecId::kPcma:
      return checked<Any>(G711Encoder(law_of(params.id)));
    case CodecId::kG722:
      return checked<Any>(G722Encoder(options.tones));
    case CodecId::kGsm:
      return checked<Any>(GsmEncoder());
    case CodecId::kG729:
      return checked<Any>(G729Encoder(options.dtx && params.annexb));
    case CodecId::kOpus:
      return checked<Any>(OpusEncoder(params, rate, channels, options));
    case CodecId::kL16:
      return checked<Any>(L16Encoder(L16Raw{params.channels, channels}));
    default:
      return checked<Any>(G726Encoder(params.id));
  }
}

Expected<Decoder> Decoder::make(const CodecParams& params, std::uint32_t pcm_rate, std::uint8_t channels) {
  if (const char* why = objection(params, pcm_rate, channels)) {
    return unsupported(params, why);
  }
  return make_any(params, pcm_rate, channels).map([&](Any any) {
    return Decoder(std::move(any), params, pcm_rate, channels);
  });
}

Expected<Encoder> Encoder::make(const CodecParams& params, std::uint32_t pcm_rate, std::uint8_t channels,
                                EncoderOptions options) {
  if (const char* why = objection(params, pcm_rate, channels)) {
    return unsupported(params, why);
  }
  return make_any(params, pcm_rate, channels, options).map([&](Any any) {
    return Encoder(std::move(any), params, pcm_rate, channels);
  });
}

Expected<FrameQueue> FrameQueue::make(const CodecParams& params) {
  FrameQueue queue(params);
  if (!codec_facts(params.id).audio) {
    return unsupported(params, "its packets are neither cut nor joined");
  }
  queue.frame_ticks_ = codec::frame_ticks(params);
  queue.frame_bytes_ = frame_bytes(params);
  if (params.id == CodecId::kOpus) {
    // 240 ms at 510 kbit/s are 15300 octets, but one payload may be longer; and a TOC octet for each frame.
    queue.capacity_ = static_cast<std::uint32_t>(kMostPayloadBytes + kMostOpusFrames);
    queue.joiner_ = make_joiner();
  } else {
    queue.capacity_ = params.clock_rate * kRoomMs / 1000 / queue.frame_ticks_ * queue.frame_bytes_;
  }
  queue.bytes_ = make_storage(queue.capacity_);
  if (!queue.bytes_ || (params.id == CodecId::kOpus && !queue.joiner_)) {
    return no_memory();
  }
  return queue;
}

Expected<Resampler> Resampler::make(std::uint32_t from_hz, std::uint32_t to_hz, std::uint8_t channels) {
  for (const std::uint32_t rate : {from_hz, to_hz}) {
    if (rate < kLeastRate || rate > kMostRate || channels < 1 || channels > 2) {
      return fail(ErrorCode::kInvalidArgument, "CODEC_UNSUPPORTED", "codecs",
                  "PCM has 8000 to 48000 Hz and one or two channels");
    }
  }
  State state = make_state(from_hz, to_hz, channels);
  if (!state) {
    return no_memory();
  }
  return Resampler(std::move(state), from_hz, to_hz, channels);
}

}  // namespace pollux::codec
