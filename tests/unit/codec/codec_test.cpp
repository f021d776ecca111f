#include "dataplane/codec/codec.hpp"

#include <gtest/gtest.h>

#include "tests/unit/codec/codec_cases.hpp"
#include "tests/unit/codec/speech.hpp"

namespace pollux::codec {
namespace {

// All of `pcm` in packets of 20 ms, there and back.
Pcm round_trip(const CodecParams& params, std::uint32_t rate, const Pcm& pcm, std::uint8_t channels = 1) {
  auto encoder = Encoder::make(params, rate, channels);
  auto decoder = Decoder::make(params, rate, channels);
  EXPECT_TRUE(encoder && decoder);
  const std::size_t length = std::size_t{rate} / 50 * channels;
  Bytes bytes(kMostPayloadBytes);
  Pcm out;
  Pcm piece(length);
  for (std::size_t at = 0; encoder && decoder && at + length <= pcm.size(); at += length) {
    const Chunks chunks = encoder->encode(std::span(pcm).subspan(at, length), bytes);
    EXPECT_EQ(chunks.size(), 1U);
    EXPECT_EQ(chunks[0].offset_samples, 0);
    EXPECT_EQ(chunks[0].samples * channels, length);
    EXPECT_FALSE(chunks[0].silence);
    const auto decoded = decoder->decode(std::span(bytes).first(chunks[0].bytes), piece);
    EXPECT_TRUE(decoded && decoded->samples * channels == length && !decoded->silence);
    out.insert(out.end(), piece.begin(), piece.end());
  }
  return out;
}

std::size_t delay(const CodecParams& params, std::uint32_t rate) {
  return Encoder::make(params, rate, 1)->delay_samples() + Decoder::make(params, rate, 1)->delay_samples();
}

struct Quality {
  CodecId id;
  double least_snr_db;
};

class EachCodec : public testing::TestWithParam<Quality> {
 protected:
  CodecParams params = params_of(GetParam().id);
  std::uint32_t rate = pcm_rate(params, 16'000);
};

// The delay is where the signals are most alike, so it is what the codec says. G.729 and Opus aim at the ear,
// not at the waveform: what they are held to is tests/unit/codec/reference_test.cpp and g729_test.cpp.
TEST_P(EachCodec, GivesBackWhatItWasGiven) {
  const Pcm in = speech(rate, 2000);
  const Pcm out = round_trip(params, rate, in);
  ASSERT_EQ(out.size(), in.size());
  const std::size_t lag = best_lag(in, out, rate, rate / 50);
  RecordProperty("snr", std::to_string(segmental_snr(in, out, rate, lag)));
  EXPECT_NEAR(static_cast<double>(lag), static_cast<double>(delay(params, rate)), rate / 8000.0);
  EXPECT_GT(segmental_snr(in, out, rate, lag), GetParam().least_snr_db);
}

TEST_P(EachCodec, DoublesOneChannelAndMixesTwo) {
  const Pcm one = speech(rate, 400);
  const Pcm mono = round_trip(params, rate, one);
  EXPECT_EQ(round_trip(params, rate, doubled(one), 2), doubled(mono));
}

TEST_P(EachCodec, DecodesNothingMalformedAndNothingThatHasNoRoom) {
  auto decoder = Decoder::make(params, rate, 1);
  auto untouched = Decoder::make(params, rate, 1);
  auto encoder = Encoder::make(params, rate, 1);
  Bytes bytes(kMostPayloadBytes);
  const Pcm in = speech(rate, 40);
  const Chunks chunks = encoder->encode(in, bytes);
  const auto payload = std::span<const std::uint8_t>(bytes).first(chunks[0].bytes);
  Pcm out(in.size());
  EXPECT_FALSE(decoder->decode({}, out));
  EXPECT_FALSE(decoder->decode(payload, std::span(out).first(out.size() - 1)));
  EXPECT_FALSE(decoder->decode(Bytes(kMostPayloadBytes + 2), out));
  // and nothing of that changed it
  Pcm expected(in.size());
  ASSERT_TRUE(decoder->decode(payload, out));
  ASSERT_TRUE(untouched->decode(payload, expected));
  EXPECT_EQ(out, expected);
}

TEST_P(EachCodec, EncodesWholeFramesThatHaveRoomOnly) {
  auto encoder = Encoder::make(params, rate, 1);
  Bytes bytes(kMostPayloadBytes);
  const Pcm pcm = speech(rate, 140);
  const std::uint32_t frame = frame_samples(params, rate);
  EXPECT_TRUE(encoder->encode({}, bytes).empty());
  EXPECT_TRUE(encoder->encode(pcm, bytes).empty());  // longer than 120 ms
  if (frame > 1) {
    EXPECT_TRUE(encoder->encode(std::span(pcm).first(frame + 1), bytes).empty());
  }
  EXPECT_TRUE(encoder->encode(std::span(pcm).first(rate / 50), std::span(bytes).first(1)).empty());
  EXPECT_EQ(encoder->encode(std::span(pcm).first(rate / 25 * 3), bytes).size(), 1U);
}

// Every length of 20 to 120 ms is one payload, and as long as it was.
TEST_P(EachCodec, MakesOnePayloadOfEachLength) {
  auto encoder = Encoder::make(params, rate, 1);
  auto decoder = Decoder::make(params, rate, 1);
  const Pcm pcm = speech(rate, 120);
  Bytes bytes(kMostPayloadBytes);
  Pcm out(kMostPcmSamples);
  const unsigned least = std::max(10U, frame_samples(params, rate) * 1000 / rate);
  for (unsigned ms = least; ms <= 120; ms += least) {
    const std::size_t samples = std::size_t{rate} * ms / 1000;
    const Chunks chunks = encoder->encode(std::span(pcm).first(samples), bytes);
    ASSERT_EQ(chunks.size(), 1U) << ms;
    EXPECT_EQ(chunks[0].samples, samples);
    const auto payload = std::span<const std::uint8_t>(bytes).first(chunks[0].bytes);
    EXPECT_EQ(payload_ticks(params, payload), params.clock_rate / 1000 * ms);
    const auto decoded = decoder->decode(payload, out);
    ASSERT_TRUE(decoded) << ms;
    EXPECT_EQ(decoded->samples, samples);
  }
}

INSTANTIATE_TEST_SUITE_P(All, EachCodec,
                         testing::ValuesIn(of_this_build<Quality>({{CodecId::kPcma, 35},
                                                                   {CodecId::kPcmu, 35},
                                                                   {CodecId::kG722, 40},
                                                                   {CodecId::kG726_16, 18},
                                                                   {CodecId::kG726_24, 28},
                                                                   {CodecId::kG726_32, 35},
                                                                   {CodecId::kG726_40, 40},
                                                                   {CodecId::kGsm, 6},
                                                                   {CodecId::kG729, 1.5},
                                                                   {CodecId::kOpus, 5},
                                                                   {CodecId::kL16, 59}})),
                         kNamedForCodec);

TEST(Codec, L16MixesAndDoublesByItself) {
  CodecParams stereo = params_of(CodecId::kL16);
  stereo.channels = 2;
  auto encoder = Encoder::make(stereo, 8'000, 2);
  Bytes bytes(kMostPayloadBytes);
  const Pcm pcm = {100, 300, -32768, -32768, 32767, 1};
  const Chunks chunks = encoder->encode(pcm, bytes);
  ASSERT_EQ(chunks.size(), 1U);
  EXPECT_EQ(chunks[0].samples, 3);
  bytes.resize(chunks[0].bytes);
  EXPECT_EQ(bytes, (Bytes{0, 100, 1, 44, 0x80, 0, 0x80, 0, 0x7f, 0xff, 0, 1}));  // network byte order

  Pcm mixed(3);
  EXPECT_EQ(Decoder::make(stereo, 8'000, 1)->decode(bytes, mixed)->samples, 3U);
  EXPECT_EQ(mixed, (Pcm{200, -32768, 16384}));
  Bytes again(12);
  EXPECT_EQ(Encoder::make(stereo, 8'000, 1)->encode(mixed, again).size(), 1U);
  EXPECT_EQ(again, (Bytes{0, 200, 0, 200, 0x80, 0, 0x80, 0, 0x40, 0, 0x40, 0}));
}

TEST(Codec, SaysWhatItCantMake) {
  const auto message = [](const CodecParams& params, std::uint32_t rate, std::uint8_t channels) {
    const auto decoder = Decoder::make(params, rate, channels);
    const auto encoder = Encoder::make(params, rate, channels);
    EXPECT_FALSE(decoder);
    EXPECT_FALSE(encoder);
    EXPECT_EQ(decoder ? "" : decoder.error().message, encoder ? "" : encoder.error().message);
    return decoder ? "" : decoder.error().message;
  };
  EXPECT_EQ(message(params_of(CodecId::kTelephoneEvent), 8'000, 1),
            "telephone-event: this is no audio that could be transcoded; leave it out");
  EXPECT_EQ(message(params_of(CodecId::kPcma), 16'000, 1), "PCMA: it can't be run at that PCM rate");
  EXPECT_EQ(message(params_of(CodecId::kOpus), 44'100, 1), "opus: it can't be run at that PCM rate");
  EXPECT_EQ(message(params_of(CodecId::kPcma), 8'000, 3), "PCMA: there can be one or two channels");
  CodecParams odd = params_of(CodecId::kPcma);
  odd.channels = 2;
  EXPECT_EQ(message(odd, 8'000, 1), "PCMA: it has one channel only");
  odd = params_of(CodecId::kG722);
  odd.clock_rate = 16'000;
  EXPECT_EQ(message(odd, 16'000, 1), "G722: that isn't its clock rate");
  odd = params_of(CodecId::kL16);
  odd.clock_rate = 96'000;
  EXPECT_EQ(message(odd, 96'000, 1), "L16: the clock rate has to be 8000 to 48000");
  if (!codec_available(CodecId::kG729)) {
    EXPECT_EQ(message(params_of(CodecId::kG729), 8'000, 1),
              "G729: this build has no G.729 (-Dg729=disabled): relay it, or use a build that has");
  }
}

// An encoder that follows another one's payloads goes on as that one would have.
TEST(Encoder, FollowsAnother) {
  for (const CodecId id :
       {CodecId::kG726_16, CodecId::kG726_24, CodecId::kG726_32, CodecId::kG726_40, CodecId::kG722}) {
    const CodecParams params = params_of(id);
    const std::uint32_t rate = pcm_rate(params, 8'000);
    auto one = Encoder::make(params, rate, 1);
    auto follower = Encoder::make(params, rate, 1, {.tones = true});
    auto stranger = Encoder::make(params, rate, 1, {.tones = true});
    auto decoder = Decoder::make(params, rate, 1);
    auto other_decoder = Decoder::make(params, rate, 1);
    const Pcm pcm = speech(rate, 400);
    const std::size_t length = rate / 50;
    Bytes bytes(kMostPayloadBytes);
    Pcm heard(length);
    Pcm strange(length);
    for (std::size_t at = 0; at < pcm.size() / 2; at += length) {
      const Chunks chunks = one->encode(std::span(pcm).subspan(at, length), bytes);
      const auto payload = std::span<const std::uint8_t>(bytes).first(chunks[0].bytes);
      follower->follow(payload);
      decoder->decode(payload, heard);
      other_decoder->decode(payload, strange);
    }
    double error = 0;
    double strange_error = 0;
    for (std::size_t at = pcm.size() / 2; at < pcm.size() / 2 + 3 * length; at += length) {
      const auto piece = std::span(pcm).subspan(at, length);
      const Chunks chunks = follower->encode(piece, bytes);
      decoder->decode(std::span<const std::uint8_t>(bytes).first(chunks[0].bytes), heard);
      const Chunks others = stranger->encode(piece, bytes);
      other_decoder->decode(std::span<const std::uint8_t>(bytes).first(others[0].bytes), strange);
      // But for a wide-band codec's filters, which lag by 22 samples.
      const std::size_t lag = id == CodecId::kG722 ? 22 : 0;
      for (std::size_t i = lag; i < length; ++i) {
        error += std::pow(heard[i] - piece[i - lag], 2);
        strange_error += std::pow(strange[i] - piece[i - lag], 2);
      }
    }
    EXPECT_LT(error * 2, strange_error) << codec_facts(id).name;
  }
}

}  // namespace
}  // namespace pollux::codec
