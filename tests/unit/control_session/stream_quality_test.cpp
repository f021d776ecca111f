#include "controlplane/session/stream_quality.hpp"

#include <gtest/gtest.h>

#include "controlplane/sdp/codec_attribute.hpp"

namespace pollux::control {
namespace {

ReceptionStats counts(std::uint64_t expected, std::uint64_t received) {
  ReceptionStats stats;
  stats.expected = expected;
  stats.received = received;
  stats.payload_type = 8;
  stats.ptime_rtp_ticks = 160;
  return stats;
}

TEST(EncodingOf, TheClientsWordComesFirst) {
  LegRequest leg;
  leg.encodings = {{96, "opus"}, {8, "L16"}};
  EXPECT_EQ(encoding_of(leg, 96), "opus");
  EXPECT_EQ(encoding_of(leg, 8), "L16");
  EXPECT_EQ(encoding_of(leg, 18), "G729");
  EXPECT_EQ(encoding_of(leg, 97), "");
}

TEST(EncodingOf, TheCodecListSaysIt) {
  LegRequest leg;
  leg.codecs = {{sdp::read_codec({"OPUS", 0, 0, ""}).value(), 96},
                {sdp::read_codec({"g729", 0, 0, ""}).value(), 97}};
  EXPECT_EQ(encoding_of(leg, 96), "opus");
  EXPECT_EQ(encoding_of(leg, 97), "G729");
  EXPECT_EQ(encoding_of(leg, 8), "PCMA");
}

TEST(QualityOf, NothingReceivedHasNone) {
  EXPECT_FALSE(quality_of({}, LegStats{}, std::nullopt));
}

TEST(QualityOf, TicksBecomeMilliseconds) {
  LegStats stats;
  stats.reception = counts(1000, 990);
  stats.reception.clock_rate = 16000;
  stats.reception.jitter_rtp_ticks = 32;
  stats.reception.max_jitter_rtp_ticks = 160;
  stats.reception.ptime_rtp_ticks = 320;
  stats.reception.talk_us = 1'234'567;
  const auto quality = quality_of({}, stats, std::nullopt);
  ASSERT_TRUE(quality);
  EXPECT_EQ(quality->codec, "PCMA");
  EXPECT_DOUBLE_EQ(quality->jitter_ms, 2);
  EXPECT_DOUBLE_EQ(quality->max_jitter_ms, 10);
  EXPECT_DOUBLE_EQ(quality->ptime_ms, 20);
  EXPECT_EQ(quality->talk, std::chrono::milliseconds(1234));
  EXPECT_EQ(quality->counts.lost(), 10U);
  ASSERT_TRUE(quality->mos);
  EXPECT_GT(*quality->mos, 4.2);
  EXPECT_LT(*quality->mos, 4.41);
}

TEST(QualityOf, TheLowestIsNoBetterThanTheWhole) {
  LegStats stats;
  stats.reception = counts(1000, 900);
  const auto whole = quality_of({}, stats, std::nullopt);
  ASSERT_TRUE(whole && whole->mos);
  EXPECT_EQ(whole->lowest_mos, whole->mos);
  EXPECT_LT(*quality_of({}, stats, 30.0)->lowest_mos, *whole->mos);
  EXPECT_EQ(quality_of({}, stats, 93.0)->lowest_mos, whole->mos);
}

TEST(QualityOf, UnknownCodecsAndFewPacketsHaveNoMos) {
  LegStats stats;
  stats.reception = counts(1000, 1000);
  stats.reception.payload_type = 97;
  EXPECT_FALSE(quality_of({}, stats, std::nullopt)->mos);
  stats.reception = counts(kFewestPackets - 1, kFewestPackets - 1);
  EXPECT_FALSE(quality_of({}, stats, std::nullopt)->mos);
}

TEST(RFactorBetween, LooksAtTheIntervalOnly) {
  const LossCounts before = LossCounts::of(counts(1000, 500));  // half was lost before
  EXPECT_NEAR(*r_factor_between("PCMA", before, counts(1250, 750)), 93.2 - 0.024 * 20, 1e-9);
  EXPECT_LT(*r_factor_between("PCMA", before, counts(1250, 700)), 65);
  EXPECT_FALSE(r_factor_between("PCMA", before, counts(1010, 510)));
}

TEST(RFactorBetween, LateComersMakeNoNegativeLoss) {
  EXPECT_NEAR(*r_factor_between("PCMA", LossCounts::of(counts(100, 90)), counts(200, 200)), 93.2 - 0.024 * 20,
              1e-9);
}

TEST(RFactorBetween, LossInBurstsIsWorse) {
  ReceptionStats alone = counts(1000, 950);
  alone.gaps = 50;
  ReceptionStats bursts = counts(1000, 950);
  bursts.gaps = 5;
  EXPECT_LT(*r_factor_between("PCMA", {}, bursts), *r_factor_between("PCMA", {}, alone));
}

TEST(RFactorBetween, TheRoundTripCounts) {
  ReceptionStats far = counts(1000, 1000);
  far.round_trip_us = 800'000;
  EXPECT_LT(*r_factor_between("PCMA", {}, far), *r_factor_between("PCMA", {}, counts(1000, 1000)) - 20);
}

}  // namespace
}  // namespace pollux::control
