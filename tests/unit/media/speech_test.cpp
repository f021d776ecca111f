// Speech through a path between any two formats is what the codecs themselves make of it. With
// POLLUX_TABLE=1 in the environment a line is printed for each pair.
#include "tests/support/speech.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "tests/unit/media/path_bed.hpp"

namespace pollux::media::test {
namespace {

using pollux::test::Pcm;

constexpr std::size_t kPackets = 120;  // of 20 ms

struct Named {
  std::string name;
  CodecFormat format;
  std::uint32_t rate;  // of its PCM; Opus: the one that it is run at when it comes in
};

std::vector<Named> all_formats() {
  std::vector<Named> all;
  std::uint8_t payload_type = 96;
  for (const CodecFacts& facts : kCodecs) {
    if (!codec::codec_available(facts.id)) {
      continue;
    }
    const std::string name(facts.name);
    if (facts.id == CodecId::kL16) {
      for (const std::uint32_t rate : {8000U, 16000U, 48000U}) {
        all.push_back({name + "/" + std::to_string(rate), format(facts.id, payload_type++, rate), rate});
      }
    } else {
      const bool opus = facts.id == CodecId::kOpus;
      all.push_back({name, format(facts.id, payload_type++, opus ? 48000 : 8000), opus ? 48000 : 8000U});
    }
  }
  return all;
}

// 20 ms a payload, but L16 has to fit a packet.
std::size_t packet_ms(const CodecFormat& format) {
  return format.params.id == CodecId::kL16 && format.params.clock_rate > 16000 ? 10 : 20;
}

Pcm speech_at(std::uint32_t rate) {
  Pcm pcm = pollux::test::recorded_speech(rate);
  EXPECT_GE(pcm.size(), kPackets * rate / 50) << "tests/vectors/speech/sentences.wav";
  pcm.resize(kPackets * rate / 50);
  return pcm;
}

std::vector<Bytes> coded(const CodecParams& params, std::uint32_t rate, const Pcm& pcm, std::size_t ms) {
  auto encoder = codec::Encoder::make(params, rate, 1);
  EXPECT_TRUE(encoder);
  std::vector<Bytes> payloads;
  const std::size_t samples = rate / 1000 * ms;
  for (std::size_t at = 0; at + samples <= pcm.size(); at += samples) {
    Bytes out(codec::kMostPayloadBytes);
    const codec::Chunks chunks = encoder->encode(std::span(pcm).subspan(at, samples), out);
    EXPECT_EQ(chunks.size(), 1U);
    out.resize(chunks[0].bytes);
    payloads.push_back(std::move(out));
  }
  return payloads;
}

Pcm decoded(const CodecParams& params, std::uint32_t rate, const std::vector<Bytes>& payloads) {
  auto decoder = codec::Decoder::make(params, rate, 1);
  EXPECT_TRUE(decoder);
  Pcm pcm;
  Pcm piece(codec::kMostPcmSamples);
  for (const Bytes& payload : payloads) {
    const auto made = decoder->decode(payload, piece);
    EXPECT_TRUE(made);
    pcm.insert(pcm.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(made->samples));
  }
  return pcm;
}

// Through a path, without losses.
std::vector<Bytes> through(PathBed& bed, const CodecFormat& from, const std::vector<Bytes>& payloads,
                           std::size_t ms, unsigned lose_every = 0) {
  std::uint32_t timestamp = 0;
  for (std::size_t i = 0; i < payloads.size(); ++i) {
    if (lose_every == 0 || i % lose_every != lose_every / 2) {
      bed.give(i * ms * 1000, {.sequence = static_cast<std::uint16_t>(i),
                               .timestamp = timestamp,
                               .payload_type = from.payload_type,
                               .payload = payloads[i]});
    }
    timestamp += static_cast<std::uint32_t>(ms) * from.params.clock_rate / 1000;
  }
  bed.close();
  std::vector<Bytes> out;
  for (const Sent& packet : bed.sent()) {
    out.push_back(packet.payload);
  }
  return out;
}

Pcm resampled(const Pcm& pcm, std::uint32_t from, std::uint32_t to) {
  if (from == to) {
    return pcm;
  }
  auto resampler = codec::Resampler::make(from, to, 1);
  EXPECT_TRUE(resampler);
  Pcm out(resampler->most_samples(pcm.size()));
  out.resize(resampler->process(pcm, out));
  return out;
}

bool table() {
  return std::getenv("POLLUX_TABLE") != nullptr;
}

class Speech : public ::testing::TestWithParam<std::size_t> {};

// What was decoded, resampled and encoded by hand, packet by packet.
TEST_P(Speech, IsWhatTheCodecsMakeOfIt) {
  const auto formats = all_formats();
  const Named& from = formats[GetParam() / formats.size()];
  const Named& to = formats[GetParam() % formats.size()];
  const RoutePlan plan = plan_route({.from = {&from.format, 1}, .to = {&to.format, 1}});
  if (!plan.decodes) {
    return;  // goes on byte for byte: path_property.cpp
  }
  PathBed bed({from.format}, {to.format});
  // What it is run at; Opus takes the rate of the other.
  const std::uint32_t in_rate = codec::pcm_rate(from.format.params, bed.path().pcm_rate());
  const std::uint32_t out_rate = bed.path().pcm_rate();
  const Pcm original = speech_at(in_rate);
  const auto payloads = coded(from.format.params, in_rate, original, packet_ms(from.format));
  const auto sent = through(bed, from.format, payloads, packet_ms(from.format));
  const Pcm source = decoded(from.format.params, in_rate, payloads);
  const Pcm wanted = resampled(source, in_rate, out_rate);
  std::size_t most_ms = packet_ms(from.format);
  const Pcm heard = decoded(to.format.params, out_rate, sent);
  const bool cut = to.format.params.id == CodecId::kL16 && out_rate == 48000 && most_ms == 20;
  const bool frames_longer = to.format.params.id == CodecId::kGsm && most_ms == 10;
  if (!cut && !frames_longer) {
    const auto direct = coded(to.format.params, out_rate, wanted, most_ms);
    const Pcm reference = decoded(to.format.params, out_rate, direct);
    EXPECT_EQ(sent, direct) << from.name << " to " << to.name;
    EXPECT_EQ(heard, reference);
  }
  // And it is still speech: against what came in.
  const std::size_t lag = pollux::test::lag_of(wanted, heard, out_rate / 50);
  const double snr = pollux::test::segmental_snr(wanted, std::span(heard).subspan(lag), out_rate);
  const double louder = pollux::test::level_db(heard) - pollux::test::level_db(wanted);
  if (table()) {
    std::printf("%-10s %6u Hz  %-10s %6u Hz  lag %5.1f ms  segmental SNR %6.1f dB  level %+5.1f dB\n",
                from.name.c_str(), in_rate, to.name.c_str(), out_rate,
                static_cast<double>(lag) * 1000 / out_rate, snr, louder);
  }
  const bool parametric = to.format.params.id == CodecId::kG729 || to.format.params.id == CodecId::kOpus;
  EXPECT_GT(snr, parametric || to.format.params.id == CodecId::kG726_16 ? 2 : 6)
      << from.name << " to " << to.name;
  EXPECT_NEAR(louder, 0, 2.5) << from.name << " to " << to.name;
}

TEST_P(Speech, KeepsItsLevelWithLosses) {
  const auto formats = all_formats();
  const Named& from = formats[GetParam() / formats.size()];
  const Named& to = formats[GetParam() % formats.size()];
  if (!plan_route({.from = {&from.format, 1}, .to = {&to.format, 1}}).decodes) {
    return;
  }
  PathBed whole({from.format}, {to.format});
  PathBed bed({from.format}, {to.format});
  const std::uint32_t in_rate = codec::pcm_rate(from.format.params, bed.path().pcm_rate());
  const std::size_t ms = packet_ms(from.format);
  const auto payloads = coded(from.format.params, in_rate, speech_at(in_rate), ms);
  const std::uint32_t rate = bed.path().pcm_rate();
  const Pcm clean = decoded(to.format.params, rate, through(whole, from.format, payloads, ms));
  const Pcm heard = decoded(to.format.params, rate, through(bed, from.format, payloads, ms, 20));
  const double louder = pollux::test::level_db(heard) - pollux::test::level_db(clean);
  const double peaks =
      20 * std::log10(static_cast<double>(pollux::test::peak(heard)) / pollux::test::peak(clean));
  if (table()) {
    std::printf("%-10s to %-10s 5 %% lost: level %+5.1f dB  peak %+5.1f dB\n", from.name.c_str(),
                to.name.c_str(), louder, peaks);
  }
  EXPECT_EQ(heard.size(), clean.size());
  EXPECT_NEAR(louder, 0, 1.5) << from.name << " to " << to.name;
  // Behind a loss, decoders that only hear of differences are out of step with the encoder for a while.
  const bool differences =
      from.format.params.id >= CodecId::kG722 && from.format.params.id <= CodecId::kG726_40;
  EXPECT_LT(peaks, differences ? 6 : 3) << from.name << " to " << to.name;
}

std::string pair_name(const ::testing::TestParamInfo<std::size_t>& info) {
  const auto formats = all_formats();
  std::string name =
      formats[info.param / formats.size()].name + "_to_" + formats[info.param % formats.size()].name;
  std::ranges::replace_if(
      name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Pairs, Speech,
                         ::testing::Range(std::size_t{0}, all_formats().size() * all_formats().size()),
                         pair_name);

}  // namespace
}  // namespace pollux::media::test
