#include "tests/bench/raw_codec.hpp"

#include <opus/opus.h>
#include <rte_cycles.h>
#ifdef POLLUX_G729
extern "C" {
#include <bcg729/decoder.h>
#include <bcg729/encoder.h>
}
#endif

#include <algorithm>
#include <array>
#include <numeric>
#include <random>
#include <vector>

#include "dataplane/codec/g711.hpp"

namespace pollux::bench {

namespace {

constexpr std::size_t kSamples = 160;  // 20 ms at 8 kHz

using Pcm = std::array<std::int16_t, kSamples>;
using Payload = std::vector<std::uint8_t>;

// One direction of one stream.
class Work {
 public:
  virtual ~Work() = default;
  virtual std::size_t packet(const Payload& payload, std::uint8_t* out) = 0;
};

codec::Law law_of(const CodecFormat& format) {
  return format.params.id == CodecId::kPcma ? codec::Law::kA : codec::Law::kMu;
}

#ifdef POLLUX_G729
constexpr std::size_t kFrame = 80;
constexpr std::size_t kFrameBytes = 10;

class ToG729 : public Work {
 public:
  explicit ToG729(codec::Law law) : law_(law), encoder_(initBcg729EncoderChannel(0)) {}
  ~ToG729() override { closeBcg729EncoderChannel(encoder_); }
  std::size_t packet(const Payload& payload, std::uint8_t* out) override {
    Pcm pcm;
    codec::decode_g711(law_, payload, pcm);
    std::uint8_t bytes = 0;
    bcg729Encoder(encoder_, pcm.data(), out, &bytes);
    bcg729Encoder(encoder_, pcm.data() + kFrame, out + bytes, &bytes);
    return 2 * kFrameBytes;
  }

 private:
  codec::Law law_;
  bcg729EncoderChannelContextStruct* encoder_;
};

class FromG729 : public Work {
 public:
  explicit FromG729(codec::Law law) : law_(law), decoder_(initBcg729DecoderChannel()) {}
  ~FromG729() override { closeBcg729DecoderChannel(decoder_); }
  std::size_t packet(const Payload& payload, std::uint8_t* out) override {
    Pcm pcm;
    bcg729Decoder(decoder_, payload.data(), kFrameBytes, 0, 0, 0, pcm.data());
    bcg729Decoder(decoder_, payload.data() + kFrameBytes, kFrameBytes, 0, 0, 0, pcm.data() + kFrame);
    codec::encode_g711(law_, pcm, {out, kSamples});
    return kSamples;
  }

 private:
  codec::Law law_;
  bcg729DecoderChannelContextStruct* decoder_;
};
#endif

// Settings of dataplane/codec/opus_encoder.cpp for 8 kHz, one channel.
class ToOpus : public Work {
 public:
  explicit ToOpus(codec::Law law)
      : law_(law), encoder_(opus_encoder_create(8000, 1, OPUS_APPLICATION_VOIP, nullptr)) {
    opus_encoder_ctl(encoder_, OPUS_SET_COMPLEXITY(5));
    opus_encoder_ctl(encoder_, OPUS_SET_BITRATE(16000));
    opus_encoder_ctl(encoder_, OPUS_SET_VBR(1));
    opus_encoder_ctl(encoder_, OPUS_SET_MAX_BANDWIDTH(OPUS_BANDWIDTH_FULLBAND));
    opus_encoder_ctl(encoder_, OPUS_SET_DTX(0));
  }
  ~ToOpus() override { opus_encoder_destroy(encoder_); }
  std::size_t packet(const Payload& payload, std::uint8_t* out) override {
    Pcm pcm;
    codec::decode_g711(law_, payload, pcm);
    const int bytes = opus_encode(encoder_, pcm.data(), kSamples, out, 1275);
    return bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
  }

 private:
  codec::Law law_;
  ::OpusEncoder* encoder_;
};

class FromOpus : public Work {
 public:
  explicit FromOpus(codec::Law law) : law_(law), decoder_(opus_decoder_create(8000, 1, nullptr)) {}
  ~FromOpus() override { opus_decoder_destroy(decoder_); }
  std::size_t packet(const Payload& payload, std::uint8_t* out) override {
    Pcm pcm;
    const int samples = opus_decode(decoder_, payload.data(), static_cast<opus_int32>(payload.size()),
                                    pcm.data(), kSamples, 0);
    codec::encode_g711(law_, pcm, {out, kSamples});
    return samples == kSamples ? kSamples : 0;
  }

 private:
  codec::Law law_;
  ::OpusDecoder* decoder_;
};

std::unique_ptr<Work> make_work(const MediaKind& kind) {
  const auto& [from, to] = kind.formats;
#ifdef POLLUX_G729
  if (to.params.id == CodecId::kG729) {
    return std::make_unique<ToG729>(law_of(from));
  }
  if (from.params.id == CodecId::kG729) {
    return std::make_unique<FromG729>(law_of(to));
  }
#endif
  if (to.params.id == CodecId::kOpus) {
    return std::make_unique<ToOpus>(law_of(from));
  }
  return std::make_unique<FromOpus>(law_of(to));
}

}  // namespace

struct RawCodec::State {
  Recording recording;
  std::vector<std::unique_ptr<Work>> works;
  std::vector<Reader> readers;
  std::vector<std::uint32_t> order;
  std::array<std::uint8_t, 1500> out{};
};

RawCodec::RawCodec(const MediaKind& kind, std::uint32_t streams) : state_(std::make_unique<State>()) {
  state_->recording = record(kind.formats[0].params);
  for (std::uint32_t i = 0; i < streams; ++i) {
    state_->works.push_back(make_work(kind));
    state_->readers.emplace_back(state_->recording, i);
  }
  state_->order.resize(streams);
  std::iota(state_->order.begin(), state_->order.end(), 0U);
  std::shuffle(state_->order.begin(), state_->order.end(), std::mt19937(1));
}

RawCodec::~RawCodec() = default;

Cost RawCodec::run(std::uint64_t rounds) {
  Cost cost;
  for (std::uint64_t i = 0; i < rounds; ++i) {
    const std::uint64_t preempted = preemptions();
    const std::uint64_t start = rte_rdtsc();
    for (const std::uint32_t stream : state_->order) {
      if (state_->works[stream]->packet(state_->readers[stream].next(), state_->out.data()) == 0) {
        die("a codec failed");
      }
    }
    cost.add(rte_rdtsc() - start, state_->order.size(), preemptions() != preempted);
  }
  return cost;
}

}  // namespace pollux::bench
