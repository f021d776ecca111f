#include "dataplane/media/route_plan.hpp"

#include <gtest/gtest.h>

#include "tests/unit/media/path_bed.hpp"

namespace pollux::media::test {
namespace {

RoutePlan plan(const std::vector<CodecFormat>& from, const std::vector<CodecFormat>& to,
               std::uint16_t ptime_ms = 0) {
  return plan_route({.from = from, .to = to, .ptime_ms = ptime_ms});
}

TEST(RoutePlan, WhatBothHaveNeedsNothingButNumbers) {
  CodecFormat remapped = kOpus;
  remapped.payload_type = 96;
  const RoutePlan made = plan({kPcma, kOpus, kEvents}, {remapped, kPcma, kEvents});
  EXPECT_FALSE(made.needs_path);
  EXPECT_FALSE(made.decodes);
  EXPECT_EQ(made.formats[1].out.payload_type, 96);
  EXPECT_EQ(made.formats[2].use, Use::kUnmapped);
}

TEST(RoutePlan, APtimeNeedsAPathButNoCodec) {
  const RoutePlan made = plan({kPcma}, {kPcma}, 40);
  EXPECT_TRUE(made.needs_path);
  EXPECT_FALSE(made.decodes);
}

TEST(RoutePlan, TheTwoLawsAreSwappedWithoutDecoding) {
  const RoutePlan made = plan({kPcma, kPcmu}, {kPcmu});
  EXPECT_TRUE(made.needs_path);
  EXPECT_FALSE(made.decodes);
  EXPECT_EQ(made.formats[0].use, Use::kToUlaw);
  EXPECT_EQ(made.formats[1].use, Use::kPass);
}

TEST(RoutePlan, OtherFormatsBecomeTheFirstOfTheOtherSide) {
  const RoutePlan made = plan({kPcma, kGsm}, {kNoise, kG729, kGsm});
  EXPECT_TRUE(made.decodes);
  EXPECT_EQ(made.formats[0].use, Use::kTranscode);
  EXPECT_EQ(made.formats[0].out, kG729);
  EXPECT_EQ(made.formats[1].use, Use::kPass);
  EXPECT_EQ(made.noise_payload_type, 13);
}

TEST(RoutePlan, SidFramesAreKeptFromThoseWhoDontWantThem) {
  CodecFormat without = kG729;
  without.params.annexb = false;
  EXPECT_EQ(plan({kG729}, {without}).formats[0].use, Use::kTranscode);
  EXPECT_EQ(plan({without}, {kG729}).formats[0].use, Use::kPass);
}

TEST(RoutePlan, EventsNeedNoPath) {
  const RoutePlan made = plan({kPcma, kEvents}, {kPcma, kWideEvents});
  EXPECT_FALSE(made.needs_path);
  EXPECT_EQ(made.formats[1].use, Use::kUnmapped);
}

TEST(RoutePlan, NoiseWithoutNoiseOnTheOtherSideIsStillUnderstood) {
  const RoutePlan made = plan({kPcma, kNoise}, {kG729});
  EXPECT_EQ(made.formats[1].use, Use::kNoise);
  EXPECT_EQ(made.formats[1].out.payload_type, kNoPayloadType);
}

}  // namespace
}  // namespace pollux::media::test
