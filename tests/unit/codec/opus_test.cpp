#include "dataplane/codec/opus.hpp"

#include <gtest/gtest.h>
#include <opus/opus.h>

#include <cmath>
#include <tuple>

#include "dataplane/codec/codec.hpp"
#include "tests/unit/codec/speech.hpp"

namespace pollux::codec {
namespace {

CodecParams opus() {
  return params_of(CodecId::kOpus);
}

// All payloads of `pcm` in packets of `samples` per channel.
std::vector<Bytes> encoded(Encoder& encoder, const Pcm& pcm, std::size_t samples, std::uint8_t channels = 1) {
  std::vector<Bytes> payloads;
  Bytes out(kMostPayloadBytes);
  const std::size_t length = samples * channels;
  for (std::size_t at = 0; at + length <= pcm.size(); at += length) {
    std::size_t used = 0;
    for (const Chunk& chunk : encoder.encode(std::span(pcm).subspan(at, length), out)) {
      const auto from = out.begin() + static_cast<std::ptrdiff_t>(used);
      payloads.emplace_back(from, from + chunk.bytes);
      used += chunk.bytes;
    }
  }
  return payloads;
}

std::size_t total(const std::vector<Bytes>& payloads) {
  std::size_t bytes = 0;
  for (const Bytes& payload : payloads) {
    bytes += payload.size();
  }
  return bytes;
}

// Each multiple of 2.5 ms up to 120 is one payload of that length that libopus reads.
TEST(Opus, JoinsPiecesToAnyLength) {
  for (const std::uint32_t rate : {8'000U, 16'000U, 48'000U}) {
    auto decoder = Decoder::make(opus(), rate, 1);
    const Pcm pcm = speech(rate, 1000);
    Pcm out(kMostPcmSamples);
    for (std::size_t units = 1; units <= 48; ++units) {
      auto encoder = Encoder::make(opus(), rate, 1);
      const std::size_t samples = units * rate / 400;
      const auto payloads = encoded(*encoder, pcm, samples);
      ASSERT_EQ(payloads.size(), pcm.size() / samples) << units;
      for (const Bytes& payload : payloads) {
        ASSERT_EQ(payload_ticks(opus(), payload), units * 120) << units;
        ASSERT_EQ(decoder->decode(payload, out)->samples, samples);
      }
    }
  }
}

// Pieces are as long as can be: 3 × 10 ms, not 12 × 2.5 ms.
TEST(Opus, JoinsTheLongestEqualPieces) {
  const std::pair<unsigned, int> rows[] = {{30, 10}, {50, 10}, {25, 5}, {60, 60},
                                           {40, 40}, {20, 20}, {70, 10}};
  for (const auto& [ms, piece_ms] : rows) {
    auto encoder = Encoder::make(opus(), 16'000, 1);
    const auto payloads = encoded(*encoder, speech(16'000, 500), 16U * ms);
    EXPECT_EQ(opus_packet_get_samples_per_frame(payloads.back().data(), 8'000), piece_ms * 8) << ms;
  }
}

TEST(Opus, SoundsTheSameInJoinedPieces) {
  const Pcm in = speech(16'000, 2000);
  double of_20_ms = 0;
  for (const unsigned ms : {20U, 30U, 50U}) {
    auto encoder = Encoder::make(opus(), 16'000, 1);
    auto decoder = Decoder::make(opus(), 16'000, 1);
    Pcm all;
    Pcm out(kMostPcmSamples);
    for (const Bytes& payload : encoded(*encoder, in, 16U * ms)) {
      const auto decoded = decoder->decode(payload, out);
      all.insert(all.end(), out.begin(), out.begin() + static_cast<std::ptrdiff_t>(decoded->samples));
    }
    const double snr = segmental_snr(in, all, 16'000, encoder->delay_samples());
    of_20_ms = ms == 20 ? snr : of_20_ms;
    EXPECT_GT(snr, std::max(4.0, of_20_ms - 1)) << ms;
  }
}

TEST(Opus, LeavesSilenceOutWithDtx) {
  for (const unsigned ms : {20U, 60U, 30U}) {
    for (const bool dtx : {false, true}) {
      auto encoder = Encoder::make(opus(), 16'000, 1, {.dtx = dtx});
      encoded(*encoder, speech(16'000, 600), 16U * ms);
      const auto payloads = encoded(*encoder, Pcm(16'000 * 3), 16U * ms);
      for (const Bytes& payload : payloads) {
        EXPECT_TRUE(payload.size() > 2 || !dtx);
      }
      EXPECT_EQ(payloads.size() < 3000 / ms / 3, dtx) << ms << ' ' << payloads.size();
    }
  }
}

TEST(Opus, DtxPayloadsAreSilence) {
  auto* library = opus_encoder_create(16'000, 1, OPUS_APPLICATION_VOIP, nullptr);
  opus_encoder_ctl(library, OPUS_SET_DTX(1));
  auto decoder = Decoder::make(opus(), 16'000, 1);
  const Pcm pcm(320);
  Pcm out(320);
  int silent = 0;
  for (int i = 0; i < 100; ++i) {
    Bytes bytes(1275);
    bytes.resize(static_cast<std::size_t>(opus_encode(library, pcm.data(), 320, bytes.data(), 1275)));
    const auto decoded = decoder->decode(bytes, out);
    ASSERT_TRUE(decoded);
    ASSERT_EQ(decoded->silence, bytes.size() <= 2);
    silent += decoded->silence ? 1 : 0;
  }
  EXPECT_GT(silent, 50);
  opus_encoder_destroy(library);
}

// What was lost comes back from the packet after it, much more like it than what is made up.
TEST(Opus, RecoversLostPacketsByFec) {
  CodecParams params = opus();
  params.inband_fec = true;
  auto encoder = Encoder::make(params, 16'000, 1);
  auto with = Decoder::make(params, 16'000, 1);
  auto without = Decoder::make(params, 16'000, 1);
  auto whole = Decoder::make(params, 16'000, 1);
  const auto payloads = encoded(*encoder, speech(16'000, 2000), 320);
  Pcm out(320);
  double recovered_error = 0;
  double concealed_error = 0;
  int recovered = 0;
  for (std::size_t i = 0; i + 1 < payloads.size(); ++i) {
    Pcm expected(320);
    whole->decode(payloads[i], expected);
    if (i % 10 != 9) {
      with->decode(payloads[i], out);
      without->decode(payloads[i], out);
      continue;
    }
    const auto error = [&] {
      double sum = 0;
      for (std::size_t j = 0; j < out.size(); ++j) {
        sum += (out[j] - expected[j]) * (out[j] - expected[j]);
      }
      return sum;
    };
    recovered += with->recover(payloads[i + 1], out) ? 1 : 0;
    recovered_error += error();
    EXPECT_FALSE(without->recover(Bytes{0xff}, out));
    without->conceal(out);
    concealed_error += error();
  }
  EXPECT_GE(recovered, 5);  // of 9: the library spares faint ones
  EXPECT_LT(recovered_error, concealed_error / 2);
}

// As the library: what it decodes with FEC, and nothing where there is none.
TEST(Opus, RecoversAsLibopusDoes) {
  for (const bool fec : {false, true}) {
    CodecParams params = opus();
    params.inband_fec = fec;
    auto encoder = Encoder::make(params, 16'000, 1);
    auto decoder = Decoder::make(params, 16'000, 1);
    auto* library = opus_decoder_create(16'000, 1, nullptr);
    const auto payloads = encoded(*encoder, speech(16'000, 1000), 320);
    int recovered = 0;
    for (std::size_t i = 0; i < payloads.size(); ++i) {
      Pcm ours(320, 77);
      Pcm theirs(320);
      if (i % 5 == 4 && i + 1 < payloads.size()) {
        const Bytes& next = payloads[i + 1];
        const auto length = static_cast<opus_int32>(next.size());
        if (decoder->recover(next, ours)) {
          ++recovered;
          std::ignore = opus_decode(library, next.data(), length, theirs.data(), 320, 1);
        } else {
          ASSERT_EQ(ours, Pcm(320, 77));
          decoder->conceal(ours);
          std::ignore = opus_decode(library, nullptr, 0, theirs.data(), 320, 0);
        }
      } else {
        decoder->decode(payloads[i], ours);
        std::ignore = opus_decode(library, payloads[i].data(), static_cast<opus_int32>(payloads[i].size()),
                                  theirs.data(), 320, 0);
      }
      ASSERT_EQ(ours, theirs) << i;
    }
    EXPECT_EQ(recovered > 5, fec) << recovered;
    opus_decoder_destroy(library);
  }
}

TEST(Opus, KeepsToWhatTheReceiverWants) {
  const Pcm pcm = speech(48'000, 2000);
  CodecParams params = opus();
  params.max_average_bitrate = 12'000;
  auto encoder = Encoder::make(params, 48'000, 1);
  EXPECT_NEAR(static_cast<double>(total(encoded(*encoder, pcm, 960))), 3000, 600);

  params = opus();
  params.constant_bit_rate = true;
  encoder = Encoder::make(params, 48'000, 1);
  for (const Bytes& payload : encoded(*encoder, pcm, 960)) {
    ASSERT_EQ(payload.size(), 100U);  // 40 kbit/s
  }

  params = opus();
  params.max_playback_rate = 8'000;
  encoder = Encoder::make(params, 48'000, 1);
  for (const Bytes& payload : encoded(*encoder, pcm, 960)) {
    ASSERT_EQ(opus_packet_get_bandwidth(payload.data()), OPUS_BANDWIDTH_NARROWBAND);
  }
}

TEST(Opus, IsStereoOnlyForWhomWantsIt) {
  Pcm pcm = doubled(speech(48'000, 1000));
  for (std::size_t i = 1; i < pcm.size(); i += 2) {
    pcm[i] = static_cast<Sample>(pcm[i] / 4);  // to the left
  }
  for (const bool stereo : {false, true}) {
    CodecParams params = opus();
    params.stereo = stereo;
    auto encoder = Encoder::make(params, 48'000, 2);
    for (const unsigned ms : {20U, 30U}) {
      const auto payloads = encoded(*encoder, pcm, 48U * ms, 2);
      EXPECT_EQ(opus_packet_get_nb_channels(payloads.back().data()), stereo ? 2 : 1) << ms;
      EXPECT_EQ(payloads.size(), 1000 / ms);
    }
  }
}

// CELT alone, narrow-band, without its look-ahead: RFC 6716 §3.1's configurations 16 to 19.
TEST(Opus, EncodesTonesPlainly) {
  for (const std::uint32_t bit_rate : {0U, 12'000U}) {
    CodecParams params = opus();
    params.max_average_bitrate = bit_rate;
    auto plain = Encoder::make(params, 8'000, 1, {.tones = true});
    auto usual = Encoder::make(params, 8'000, 1);
    EXPECT_LT(plain->delay_samples(), usual->delay_samples());
    Pcm tone(8'000);
    for (std::size_t i = 0; i < tone.size(); ++i) {
      const double t = static_cast<double>(i) / 8'000;
      tone[i] = static_cast<Sample>(5000 * (std::sin(2 * M_PI * 941 * t) + std::sin(2 * M_PI * 1633 * t)));
    }
    const auto payloads = encoded(*plain, tone, 160);
    for (const Bytes& payload : payloads) {
      EXPECT_EQ(payload[0] >> 5, 4);
    }
    EXPECT_LE(total(payloads) * 8, (bit_rate == 0 ? 32'000U : bit_rate) * 5 / 4);
  }
}

}  // namespace
}  // namespace pollux::codec
