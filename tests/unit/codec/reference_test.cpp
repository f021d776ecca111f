// The same bits as the libraries give when they are called directly: the wrappers add nothing and lose
// nothing.
#include <gtest/gtest.h>
#include <opus/opus.h>
#include <spandsp.h>

#include <functional>

#include "dataplane/codec/codec.hpp"
#include "tests/unit/codec/speech.hpp"

namespace pollux::codec {
namespace {

using Encode = std::function<int(std::span<const Sample> pcm, std::uint8_t* out)>;
using Decode = std::function<int(std::span<const std::uint8_t> payload, Sample* pcm)>;

// 100 packets, whose lengths go round `ms`, through our encoder and decoder and through the library's.
void expect_same(const CodecParams& params, std::uint32_t rate, std::span<const unsigned> ms,
                 const Encode& encode, const Decode& decode) {
  auto encoder = Encoder::make(params, rate, 1);
  auto decoder = Decoder::make(params, rate, 1);
  ASSERT_TRUE(encoder && decoder);
  const Pcm in = speech(rate, 2000);
  Bytes ours(kMostPayloadBytes);
  Bytes theirs(kMostPayloadBytes);
  Pcm heard(kMostPcmSamples);
  Pcm expected(kMostPcmSamples);
  std::size_t at = 0;
  for (std::size_t i = 0; i < 100; ++i) {
    const std::size_t samples = std::size_t{rate} * ms[i % ms.size()] / 1000;
    at = at + samples > in.size() ? 0 : at;
    const auto pcm = std::span(in).subspan(at, samples);
    at += samples;
    const Chunks chunks = encoder->encode(pcm, ours);
    ASSERT_EQ(chunks.size(), 1U);
    ASSERT_EQ(chunks[0].bytes, encode(pcm, theirs.data())) << i;
    const auto payload = std::span<const std::uint8_t>(ours).first(chunks[0].bytes);
    ASSERT_TRUE(std::equal(payload.begin(), payload.end(), theirs.begin())) << i;
    const auto decoded = decoder->decode(payload, heard);
    ASSERT_TRUE(decoded);
    ASSERT_EQ(decoded->samples, static_cast<std::size_t>(decode(payload, expected.data())));
    ASSERT_TRUE(
        std::equal(heard.begin(), heard.begin() + static_cast<std::ptrdiff_t>(samples), expected.begin()))
        << i;
  }
}

constexpr unsigned kLengths[] = {20, 40, 20, 60, 100};

TEST(Reference, G722IsSpandsp) {
  auto* encoder = g722_encode_init(nullptr, 64'000, 0);
  auto* decoder = g722_decode_init(nullptr, 64'000, 0);
  expect_same(
      params_of(CodecId::kG722), 16'000, kLengths,
      [&](auto pcm, auto* out) {
        return g722_encode(encoder, out, pcm.data(), static_cast<int>(pcm.size()));
      },
      [&](auto payload, auto* pcm) {
        return g722_decode(decoder, pcm, payload.data(), static_cast<int>(payload.size()));
      });
  g722_encode_free(encoder);
  g722_decode_free(decoder);
}

TEST(Reference, GsmIsSpandsp) {
  auto* encoder = gsm0610_init(nullptr, GSM0610_PACKING_VOIP);
  auto* decoder = gsm0610_init(nullptr, GSM0610_PACKING_VOIP);
  expect_same(
      params_of(CodecId::kGsm), 8'000, kLengths,
      [&](auto pcm, auto* out) {
        return gsm0610_encode(encoder, out, pcm.data(), static_cast<int>(pcm.size()));
      },
      [&](auto payload, auto* pcm) {
        return gsm0610_decode(decoder, pcm, payload.data(), static_cast<int>(payload.size()));
      });
  gsm0610_free(encoder);
  gsm0610_free(decoder);
}

// The library gives codewords one by one; they are packed here, as RFC 3551 §4.5.4 shows: the first into the
// least significant bits.
TEST(Reference, G726IsSpandspPackedFromTheLeastBit) {
  const std::pair<CodecId, unsigned> rates[] = {
      {CodecId::kG726_16, 2}, {CodecId::kG726_24, 3}, {CodecId::kG726_32, 4}, {CodecId::kG726_40, 5}};
  for (const auto& [id, bits] : rates) {
    const int bit_rate = static_cast<int>(bits) * 8000;
    auto* encoder = g726_init(nullptr, bit_rate, G726_ENCODING_LINEAR, G726_PACKING_NONE);
    auto* decoder = g726_init(nullptr, bit_rate, G726_ENCODING_LINEAR, G726_PACKING_NONE);
    Bytes codes(1000);
    expect_same(
        params_of(id), 8'000, kLengths,
        [&, width = bits](auto pcm, auto* out) {
          const int count = g726_encode(encoder, codes.data(), pcm.data(), static_cast<int>(pcm.size()));
          const auto bytes = pcm.size() * width / 8;
          std::fill_n(out, bytes, std::uint8_t{0});
          for (std::size_t bit = 0; bit < static_cast<std::size_t>(count) * width; ++bit) {
            const unsigned value = unsigned{codes[bit / width]} >> (bit % width) & 1U;
            out[bit / 8] = static_cast<std::uint8_t>(out[bit / 8] | value << (bit % 8));
          }
          return static_cast<int>(bytes);
        },
        [&, width = bits](auto payload, auto* pcm) {
          const std::size_t count = payload.size() * 8 / width;
          std::fill_n(codes.begin(), count, std::uint8_t{0});
          for (std::size_t bit = 0; bit < payload.size() * 8; ++bit) {
            const unsigned value = unsigned{payload[bit / 8]} >> (bit % 8) & 1U;
            codes[bit / width] = static_cast<std::uint8_t>(codes[bit / width] | value << (bit % width));
          }
          return g726_decode(decoder, pcm, codes.data(), static_cast<int>(count));
        });
    g726_free(encoder);
    g726_free(decoder);
  }
}

TEST(Reference, OpusIsLibopus) {
  for (const std::uint32_t rate : {8'000U, 16'000U, 48'000U}) {
    const auto hz = static_cast<opus_int32>(rate);
    CodecParams params = params_of(CodecId::kOpus);
    params.inband_fec = true;
    params.max_average_bitrate = 18'000;
    auto* encoder = opus_encoder_create(hz, 1, OPUS_APPLICATION_VOIP, nullptr);
    opus_encoder_ctl(encoder, OPUS_SET_COMPLEXITY(5));
    opus_encoder_ctl(encoder, OPUS_SET_BITRATE(rate == 8'000 ? 16'000 : 18'000));
    opus_encoder_ctl(encoder, OPUS_SET_INBAND_FEC(1));
    opus_encoder_ctl(encoder, OPUS_SET_PACKET_LOSS_PERC(10));
    auto* decoder = opus_decoder_create(hz, 1, nullptr);
    expect_same(
        params, rate, kLengths,
        [&](auto pcm, auto* out) {
          return opus_encode(encoder, pcm.data(), static_cast<int>(pcm.size()), out, 7680);
        },
        [&](auto payload, auto* pcm) {
          return opus_decode(decoder, payload.data(), static_cast<int>(payload.size()), pcm, 5760, 0);
        });
    opus_encoder_destroy(encoder);
    opus_decoder_destroy(decoder);
  }
}

}  // namespace
}  // namespace pollux::codec
