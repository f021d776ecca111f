#include "dataplane/codec/payload.hpp"

#include <gtest/gtest.h>

#include "tests/unit/codec/speech.hpp"

namespace pollux::codec {
namespace {

std::optional<std::uint32_t> ticks(const CodecParams& params, std::size_t bytes, std::uint8_t fill = 0xd5) {
  return payload_ticks(params, Bytes(bytes, fill));
}
std::optional<std::uint32_t> ticks(CodecId id, std::size_t bytes) {
  return ticks(params_of(id), bytes);
}

struct Row {
  CodecId id;
  std::size_t bytes;
  std::optional<std::uint32_t> ticks;
};

TEST(Payload, TicksByLength) {
  const Row rows[] = {
      {CodecId::kPcma, 1, 1},
      {CodecId::kPcma, 160, 160},
      {CodecId::kPcmu, 960, 960},
      {CodecId::kPcmu, 961, {}},
      {CodecId::kG722, 160, 160},
      {CodecId::kG722, 961, {}},
      {CodecId::kG726_16, 40, 160},
      {CodecId::kG726_16, 41, {}},
      {CodecId::kG726_24, 60, 160},
      {CodecId::kG726_24, 61, {}},
      {CodecId::kG726_32, 80, 160},
      {CodecId::kG726_32, 78, {}},
      {CodecId::kG726_40, 100, 160},
      {CodecId::kG726_40, 102, {}},
      {CodecId::kGsm, 33, 160},
      {CodecId::kGsm, 66, 320},
      {CodecId::kGsm, 34, {}},
      {CodecId::kGsm, 198, 960},
      {CodecId::kGsm, 231, {}},
      {CodecId::kG729, 10, 80},
      {CodecId::kG729, 20, 160},
      {CodecId::kG729, 2, 80},
      {CodecId::kG729, 12, 160},
      {CodecId::kG729, 22, 240},
      {CodecId::kG729, 120, 960},
      {CodecId::kG729, 112, 960},
      {CodecId::kG729, 122, {}},
      {CodecId::kG729, 1, {}},
      {CodecId::kG729, 11, {}},
      {CodecId::kG729, 19, {}},
      {CodecId::kL16, 2, 1},
      {CodecId::kL16, 3, {}},
      {CodecId::kL16, 1920, 960},
      {CodecId::kL16, 1922, {}},
      {CodecId::kComfortNoise, 1, 0},
      {CodecId::kComfortNoise, 11, 0},
      {CodecId::kTelephoneEvent, 4, {}},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(ticks(row.id, row.bytes), row.ticks) << codec_facts(row.id).name << ' ' << row.bytes;
  }
}

TEST(Payload, EmptyIsMalformed) {
  for (const CodecFacts& facts : kCodecs) {
    EXPECT_FALSE(payload_ticks(params_of(facts.id), {})) << facts.name;
    EXPECT_FALSE(is_silence(params_of(facts.id), {})) << facts.name;
  }
}

TEST(Payload, L16HasItsOwnClockAndChannels) {
  CodecParams params = params_of(CodecId::kL16);
  params.clock_rate = 48'000;
  params.channels = 2;
  EXPECT_EQ(ticks(params, 3840), 960U);
  EXPECT_EQ(ticks(params, 3842), std::nullopt);
  EXPECT_EQ(ticks(params, 23'040), 5760U);
  EXPECT_EQ(ticks(params, 23'044), std::nullopt);
}

TEST(Payload, GsmFramesBeginWithTheirSignature) {
  Bytes two(66, 0);
  two[0] = 0xd0;
  EXPECT_FALSE(payload_ticks(params_of(CodecId::kGsm), two));
  two[33] = 0xdf;
  EXPECT_EQ(payload_ticks(params_of(CodecId::kGsm), two), 320U);
}

// RFC 6716 §3.1, §3.2: the TOC octet has configuration, stereo, and how many frames there are.
TEST(Payload, OpusTicksByTheTocOctet) {
  const CodecParams opus = params_of(CodecId::kOpus);
  const auto toc = [](unsigned config, unsigned frames) {
    return static_cast<std::uint8_t>(config << 3 | frames);
  };
  const std::uint32_t silk[] = {480, 960, 1920, 2880};
  const std::uint32_t celt[] = {120, 240, 480, 960};
  for (unsigned config = 0; config < 32; ++config) {
    const std::uint32_t each = config < 12   ? silk[config % 4]
                               : config < 16 ? silk[config % 2]
                                             : celt[config % 4];
    EXPECT_EQ(payload_ticks(opus, Bytes{toc(config, 0), 1, 2}), each);
    // two frames of the same size: an even number of octets
    EXPECT_EQ(payload_ticks(opus, Bytes{toc(config, 1), 1, 2}), 2 * each);
    EXPECT_FALSE(payload_ticks(opus, Bytes{toc(config, 1), 1}));
  }
  EXPECT_EQ(payload_ticks(opus, Bytes{toc(9, 3), 6, 1, 2, 3, 4, 5, 6}), 5760U);  // 6 × 20 ms
  EXPECT_FALSE(payload_ticks(opus, Bytes{toc(9, 3), 7, 1, 2, 3, 4, 5, 6, 7}));   // 140 ms
  EXPECT_FALSE(payload_ticks(opus, Bytes{toc(9, 3), 0}));                        // no frame
  EXPECT_FALSE(payload_ticks(opus, Bytes{toc(9, 3)}));
  EXPECT_FALSE(payload_ticks(opus, Bytes{toc(9, 2), 250, 1, 2}));  // the first is longer than all
  EXPECT_FALSE(payload_ticks(opus, Bytes(1300, toc(9, 0))));       // no frame has more than 1275 octets
}

TEST(Payload, SilenceIsSidDtxAndComfortNoise) {
  const CodecParams g729 = params_of(CodecId::kG729);
  EXPECT_TRUE(is_silence(g729, Bytes(2)));
  EXPECT_TRUE(is_silence(g729, Bytes(22)));
  EXPECT_FALSE(is_silence(g729, Bytes(20)));
  EXPECT_FALSE(is_silence(g729, Bytes(122)));  // malformed
  const CodecParams opus = params_of(CodecId::kOpus);
  EXPECT_TRUE(is_silence(opus, Bytes{9 << 3}));
  EXPECT_TRUE(is_silence(opus, Bytes{9 << 3, 0}));
  EXPECT_FALSE(is_silence(opus, Bytes{9 << 3, 0, 0}));
  EXPECT_TRUE(is_silence(params_of(CodecId::kComfortNoise), Bytes{40}));
  EXPECT_FALSE(is_silence(params_of(CodecId::kPcma), Bytes(2)));
}

TEST(Payload, RatesAndFrames) {
  const std::pair<CodecId, std::pair<std::uint32_t, std::uint32_t>> rows[] = {
      {CodecId::kPcma, {8'000, 1}},  {CodecId::kG722, {16'000, 2}}, {CodecId::kG726_32, {8'000, 8}},
      {CodecId::kGsm, {8'000, 160}}, {CodecId::kG729, {8'000, 80}},
  };
  for (const auto& [id, expected] : rows) {
    EXPECT_EQ(pcm_rate(params_of(id), 48'000), expected.first);
    EXPECT_EQ(frame_samples(params_of(id), expected.first), expected.second);
  }
  const CodecParams opus = params_of(CodecId::kOpus);
  for (const std::uint32_t rate : {8'000U, 12'000U, 16'000U, 24'000U, 48'000U}) {
    EXPECT_EQ(pcm_rate(opus, rate), rate);
    EXPECT_EQ(frame_samples(opus, rate), rate / 400);
  }
  EXPECT_EQ(pcm_rate(opus, 44'100), 48'000U);
  EXPECT_EQ(pcm_rate(opus, 32'000), 48'000U);
  CodecParams l16 = params_of(CodecId::kL16);
  l16.clock_rate = 44'100;
  EXPECT_EQ(pcm_rate(l16, 8'000), 44'100U);
}

TEST(Payload, EveryAudioCodecIsThereButG729WhereItIsLeftOut) {
  for (const CodecFacts& facts : kCodecs) {
#ifdef POLLUX_G729
    EXPECT_EQ(codec_available(facts.id), facts.audio) << facts.name;
#else
    EXPECT_EQ(codec_available(facts.id), facts.audio && facts.id != CodecId::kG729) << facts.name;
#endif
  }
}

}  // namespace
}  // namespace pollux::codec
