// Payloads of every codec, as hostile as the fuzzer likes: what can be told of them, decoding, concealing,
// cutting and joining. The first octets say which codec, rate and channels; then come operations with
// payloads.
#include <algorithm>
#include <vector>

#include "dataplane/codec/codec.hpp"
#include "dataplane/codec/comfort_noise.hpp"
#include "dataplane/codec/frame_queue.hpp"
#include "dataplane/codec/g711.hpp"
#include "tests/fuzz/fuzz_input.hpp"

namespace pollux::codec {
namespace {

constexpr int kMostOperations = 40;  // decoding takes its time

CodecParams params_of(FuzzInput& input) {
  static constexpr std::uint32_t kL16Rates[] = {8'000, 11'025, 16'000, 44'100, 48'000};
  CodecParams params;
  params.id = static_cast<CodecId>(input.u8() % kCodecCount);
  const std::uint8_t how = input.u8();
  if (params.id == CodecId::kOpus) {
    params.clock_rate = 48'000;
  } else if (params.id == CodecId::kL16) {
    params.clock_rate = kL16Rates[how % std::size(kL16Rates)];
    params.channels = static_cast<std::uint8_t>(1 + how / 8 % 2);
  }
  return params;
}

// PCM with something behind it that has to stay: the libraries are built without AddressSanitizer.
class Guarded {
 public:
  explicit Guarded(std::size_t samples) : all_(samples + kGuard, kMark) {}
  ~Guarded() {
    POLLUX_FUZZ_CHECK(std::all_of(all_.end() - kGuard, all_.end(), [](Sample it) { return it == kMark; }));
  }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;
  std::span<Sample> pcm() { return std::span(all_).first(all_.size() - kGuard); }

 private:
  static constexpr Sample kMark = 0x5a5a;
  static constexpr std::ptrdiff_t kGuard = 64;
  std::vector<Sample> all_;
};

class Run {
 public:
  explicit Run(FuzzInput& input) : params_(params_of(input)) {
    static constexpr std::uint32_t kRates[] = {8'000, 12'000, 16'000, 24'000, 48'000};
    const std::uint8_t how = input.u8();
    rate_ = pcm_rate(params_, kRates[how % std::size(kRates)]);
    channels_ = static_cast<std::uint8_t>(1 + how / 8 % 2);
  }

  void play(FuzzInput& input) {
    auto decoder = Decoder::make(params_, rate_, channels_);
    auto queue = FrameQueue::make(params_);
    POLLUX_FUZZ_CHECK(decoder.has_value() == codec_available(params_.id));
    POLLUX_FUZZ_CHECK(queue.has_value() == codec_facts(params_.id).audio);
    for (int i = 0; i < kMostOperations && !input.empty(); ++i) {
      const std::uint8_t operation = input.u8();
      const auto bytes = input.bytes(operation & 0x80 ? input.u16() : operation >> 2 & 0x1f);
      // An exact copy on the heap, so that AddressSanitizer sees a read past its end.
      const std::vector<std::uint8_t> payload(bytes.begin(), bytes.end());
      look(payload);
      if (decoder) {
        decode(*decoder, payload, operation & 3);
      }
      if (queue) {
        cut(*queue, payload, input.u16());
      }
    }
  }

 private:
  std::uint64_t clock() const { return params_.id == CodecId::kOpus ? 48'000 : params_.clock_rate; }

  void look(const std::vector<std::uint8_t>& payload) {
    ticks_ = payload_ticks(params_, payload);
    POLLUX_FUZZ_CHECK(!ticks_ || *ticks_ <= clock() * kMostMs / 1000);
    POLLUX_FUZZ_CHECK(!ticks_ || *ticks_ != 0 || params_.id == CodecId::kComfortNoise);
    POLLUX_FUZZ_CHECK(!is_silence(params_, payload) || ticks_);
    ComfortNoise noise(channels_);
    Sample pcm[64];
    POLLUX_FUZZ_CHECK(noise.describe(payload) != payload.empty());
    noise.generate(pcm);
  }

  void decode(Decoder& decoder, const std::vector<std::uint8_t>& payload, unsigned how) {
    const std::uint64_t samples = ticks_ ? *ticks_ * rate_ / clock() : 0;
    if (how == 1) {
      const std::uint64_t pieces = 1 + payload.size() % 48;
      Guarded hole(std::max<std::uint64_t>(samples, rate_ / 400 * pieces) * channels_);
      decoder.recover(payload, hole.pcm());
    } else if (how != 0) {
      Guarded hole(std::min<std::size_t>(payload.size() * 8, rate_ / 1000 * kMostMs) * channels_);
      how == 2 ? decoder.conceal(hole.pcm()) : decoder.comfort_noise(hole.pcm());
      Guarded few(payload.size() % 16 * channels_);
      decoder.conceal(few.pcm());
    }
    Guarded out(samples * channels_);
    const auto decoded = decoder.decode(payload, out.pcm());
    POLLUX_FUZZ_CHECK(decoded || !ticks_ || params_.id == CodecId::kOpus);
    POLLUX_FUZZ_CHECK(!decoded || (ticks_ && decoded->samples == samples));
    POLLUX_FUZZ_CHECK(!decoded || decoded->silence == is_silence(params_, payload));
  }

  void cut(FrameQueue& queue, const std::vector<std::uint8_t>& payload, std::uint16_t take) {
    const std::uint32_t before = queue.ticks();
    const bool appended = queue.append(payload);
    POLLUX_FUZZ_CHECK(queue.ticks() == before + (appended ? ticks_.value_or(0) : 0));
    POLLUX_FUZZ_CHECK(!appended || ticks_);
    POLLUX_FUZZ_CHECK(appended || !ticks_ || before != 0);  // an empty one takes what is well formed
    if (take % 4 == 0 && appended) {
      return;
    }
    std::vector<std::uint8_t> out(take % 4 == 1 ? take / 64 : kMostPayloadBytes);
    const std::uint32_t inside = queue.ticks();
    const auto taken = queue.take(take, out);
    POLLUX_FUZZ_CHECK(taken.bytes <= out.size() && queue.ticks() == inside - taken.ticks);
    POLLUX_FUZZ_CHECK((taken.bytes == 0) == (taken.ticks == 0));
    POLLUX_FUZZ_CHECK(taken.bytes != 0 || inside == 0 || out.size() != kMostPayloadBytes);
    out.resize(taken.bytes);
    // Longer than 120 ms only where more was asked for.
    const auto again = payload_ticks(params_, out);
    POLLUX_FUZZ_CHECK(taken.bytes == 0 || again.value_or(taken.ticks) == taken.ticks);
    POLLUX_FUZZ_CHECK(taken.bytes == 0 || again || taken.ticks > clock() * kMostMs / 1000);
  }

  CodecParams params_;
  std::uint32_t rate_ = 8'000;
  std::uint8_t channels_ = 1;
  std::optional<std::uint32_t> ticks_;  // of the present payload
};

void laws(FuzzInput input) {
  const auto octets = input.rest();
  std::vector<std::uint8_t> bytes(octets.begin(), octets.end());
  std::vector<Sample> pcm(bytes.size());
  decode_g711(Law::kA, bytes, pcm);
  std::vector<std::uint8_t> expected(bytes.size());
  encode_g711(Law::kMu, pcm, expected);
  alaw_to_ulaw(bytes);
  POLLUX_FUZZ_CHECK(bytes == expected);
}

}  // namespace
}  // namespace pollux::codec

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pollux::FuzzInput input(data, size);
  pollux::codec::Run(input).play(input);
  pollux::codec::laws(pollux::FuzzInput(data, size));
  return 0;
}
