#include "dataplane/codec/concealer.hpp"

#include <gtest/gtest.h>

#include <spandsp.h>
#include <algorithm>
#include <string>

#include "dataplane/codec/codec.hpp"
#include "tests/unit/codec/codec_cases.hpp"
#include "tests/unit/codec/speech.hpp"

namespace pollux::codec {
namespace {

void expect_spandsps(std::size_t length) {
  Concealer concealer(8'000, 1);
  ASSERT_TRUE(concealer.ok());
  plc_state_t* library = plc_init(nullptr);
  const Pcm in = speech(8'000, 2000);
  std::size_t packet = 0;
  for (auto at = in.begin(); in.end() - at >= static_cast<std::ptrdiff_t>(length); ++packet) {
    Pcm ours(at, at + static_cast<std::ptrdiff_t>(length));
    at += static_cast<std::ptrdiff_t>(length);
    Pcm theirs = ours;
    if (packet % 7 == 6 || packet % 11 >= 9) {
      concealer.conceal(ours);
      plc_fillin(library, theirs.data(), static_cast<int>(length));
    } else {
      concealer.received(ours);
      plc_rx(library, theirs.data(), static_cast<int>(length));
    }
    ASSERT_EQ(ours, theirs) << length << ' ' << packet;
  }
  plc_free(library);
}

TEST(Concealer, IsSpandspsAt8kHz) {
  expect_spandsps(280);
#ifndef __SANITIZE_ADDRESS__  // which doesn't like how the library turns its history round
  expect_spandsps(160);
  expect_spandsps(80);
  expect_spandsps(240);
#endif
}

// At any rate and with two channels: the first 10 ms sound on, after 60 ms nothing is left; received sound is
// touched just after a loss only.
TEST(Concealer, FadesOutWithin50Ms) {
  for (const std::uint32_t rate : {8'000U, 11'025U, 16'000U, 32'000U, 44'100U, 48'000U}) {
    for (const std::uint8_t channels : Bytes{1, 2}) {
      Concealer concealer(rate, channels);
      const Pcm mono = sine(rate, 200, 200);
      const Pcm in = channels == 2 ? doubled(mono) : mono;
      Pcm received = in;
      concealer.received(received);
      ASSERT_EQ(received, in) << rate;
      Pcm made(std::size_t{rate} / 1000 * 100 * channels, 99);
      concealer.conceal(std::span(made).first(made.size() / 2));
      concealer.conceal(std::span(made).subspan(made.size() / 2));
      const std::size_t tenth = made.size() / 10;
      EXPECT_NEAR(rms(std::span(made).first(tenth)), rms(in) * 0.85, rms(in) * 0.2) << rate;
      EXPECT_LT(rms(std::span(made).subspan(2 * tenth, tenth)), rms(in) * 0.7) << rate;
      EXPECT_LT(rms(std::span(made).subspan(6 * tenth)), 2) << rate;
      // No click where it begins: no step is larger than those of the sound itself.
      const int step = std::abs(made[0] - in[in.size() - channels]);
      EXPECT_LT(step, 3 * 8000 * 2 * M_PI * 200 / rate) << rate;
      received = in;
      concealer.received(received);
      EXPECT_NE(received, in);
      const auto after = static_cast<std::ptrdiff_t>(rate / 100 * channels);
      EXPECT_TRUE(std::equal(received.begin() + after, received.end(), in.begin() + after)) << rate;
    }
  }
}

class Concealment : public testing::TestWithParam<CodecId> {};

// Every codec: energy in the first 20 ms of a hole in a steady sound, less in the fifth, all of any length
// filled.
TEST_P(Concealment, SoundsOnAndFades) {
  const CodecParams params = params_of(GetParam());
  const std::uint32_t rate = pcm_rate(params, 16'000);
  auto encoder = Encoder::make(params, rate, 2);
  auto decoder = Decoder::make(params, rate, 2);
  const Pcm in = doubled(speech(rate, 500));
  const std::size_t length = rate / 50 * 2;
  Bytes bytes(kMostPayloadBytes);
  Pcm out(length);
  Pcm last(length);
  for (std::size_t at = 0; at + length <= in.size(); at += length) {
    const Chunks chunks = encoder->encode(std::span(in).subspan(at, length), bytes);
    ASSERT_TRUE(decoder->decode(std::span(bytes).first(chunks[0].bytes), out));
    last = out;
  }
  Pcm hole(kMostMs * rate / 1000 * 2, 12345);
  decoder->conceal(hole);
  EXPECT_GT(rms(std::span(hole).first(length)), rms(last) / 5);
  EXPECT_LT(rms(std::span(hole).subspan(4 * length, length)), rms(std::span(hole).first(length)) * 0.8);
  EXPECT_FALSE(std::find(hole.begin(), hole.end(), Sample{12345}) != hole.end());
  Pcm odd((frame_samples(params, rate) * 3 + 1) * 2, 12345);
  decoder->conceal(odd);
  EXPECT_FALSE(std::find(odd.begin(), odd.end(), Sample{12345}) != odd.end());
  // and it goes on as before
  const Chunks chunks = encoder->encode(std::span(in).first(length), bytes);
  EXPECT_TRUE(decoder->decode(std::span(bytes).first(chunks[0].bytes), out));
}

TEST_P(Concealment, ComfortNoiseIsFaint) {
  const CodecParams params = params_of(GetParam());
  const std::uint32_t rate = pcm_rate(params, 16'000);
  auto decoder = Decoder::make(params, rate, 1);
  Pcm noise(rate / 10, 12345);
  decoder->comfort_noise(noise);
  EXPECT_LT(dbov(noise), -55);
}

INSTANTIATE_TEST_SUITE_P(
    All, Concealment,
    testing::ValuesIn(of_this_build<CodecId>({CodecId::kPcma, CodecId::kG722, CodecId::kG726_32,
                                              CodecId::kGsm, CodecId::kG729, CodecId::kOpus, CodecId::kL16})),
    kNamedForCodec);

}  // namespace
}  // namespace pollux::codec
