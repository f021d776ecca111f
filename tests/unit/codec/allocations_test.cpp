// Nothing that a worker calls takes memory, in our code or in the libraries: malloc is counted.
#include <gtest/gtest.h>

#include "dataplane/codec/codec.hpp"
#include "dataplane/codec/frame_queue.hpp"
#include "dataplane/codec/resampler.hpp"
#include "tests/bench/allocations.hpp"
#include "tests/unit/codec/speech.hpp"

namespace pollux::codec {
namespace {

TEST(Allocations, NonePerPacket) {
  Bytes bytes(kMostPayloadBytes);
  Bytes joined(kMostPayloadBytes);
  Pcm out(kMostPcmSamples);
  for (const CodecFacts& facts : kCodecs) {
    if (!codec_available(facts.id)) {
      continue;
    }
    CodecParams params = params_of(facts.id);
    params.inband_fec = true;
    const std::uint32_t rate = pcm_rate(params, 16'000);
    auto encoder = Encoder::make(params, rate, 2, {.dtx = true});
    auto decoder = Decoder::make(params, rate, 2);
    auto queue = FrameQueue::make(params);
    Pcm in = doubled(speech(rate, 600));
    in.resize(in.size() * 3);  // and digital silence
    const std::size_t length = std::size_t{rate} * 60 / 1000 * 2;
    const std::uint64_t before = bench::allocations();
    for (std::size_t at = 0; at + length <= in.size(); at += length) {
      std::size_t used = 0;
      for (const Chunk& chunk : encoder->encode(std::span(in).subspan(at, length), bytes)) {
        const auto payload = std::span<const std::uint8_t>(bytes).subspan(used, chunk.bytes);
        used += chunk.bytes;
        decoder->recover(payload, std::span(out).first(length));
        decoder->decode(payload, out);
        queue->append(payload);
        queue->take(960, joined);
      }
      decoder->conceal(std::span(out).first(length));
      decoder->comfort_noise(std::span(out).first(length));
    }
    EXPECT_EQ(bench::allocations() - before, 0U) << facts.name;
  }
}

TEST(Allocations, NoneToResample) {
  auto resampler = Resampler::make(48'000, 8'000, 2);
  const Pcm in(1920);
  Pcm out(400);
  const std::uint64_t before = bench::allocations();
  for (int i = 0; i < 20; ++i) {
    resampler->process(in, out);
  }
  EXPECT_EQ(bench::allocations() - before, 0U);
}

}  // namespace
}  // namespace pollux::codec
