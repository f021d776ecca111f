#include "controlplane/rpc/field_mask.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pollux::rpc {
namespace {

using control::LegField;
using testing::HasSubstr;
using testing::IsEmpty;

struct Parsed {
  UpdateMask mask;
  control::Violations violations;
};

Parsed parse(const std::vector<std::string>& paths) {
  google::protobuf::FieldMask message;
  message.mutable_paths()->Assign(paths.begin(), paths.end());
  Parsed parsed;
  parsed.mask = parse_update_mask(message, parsed.violations);
  return parsed;
}

TEST(FieldMask, KnowsTheWholeSessionsFields) {
  const Parsed parsed = parse({"legs", "media_timeout", "labels"});
  EXPECT_THAT(parsed.violations, IsEmpty());
  EXPECT_TRUE(parsed.mask.all_legs);
  EXPECT_TRUE(parsed.mask.media_timeout);
  EXPECT_TRUE(parsed.mask.labels);
  EXPECT_THAT(parsed.mask.legs, IsEmpty());
}

TEST(FieldMask, KnowsLegsAndTheirFields) {
  const Parsed parsed = parse({"legs.a.remote_rtp", "legs.b-1_X", "legs.a.dscp"});
  EXPECT_THAT(parsed.violations, IsEmpty());
  ASSERT_EQ(parsed.mask.legs.size(), 2U);
  EXPECT_EQ(parsed.mask.legs[0].leg_id, "a");
  EXPECT_FALSE(parsed.mask.legs[0].whole);
  EXPECT_TRUE(parsed.mask.legs[0].fields.has(LegField::kRemoteRtp));
  EXPECT_TRUE(parsed.mask.legs[0].fields.has(LegField::kDscp));
  EXPECT_FALSE(parsed.mask.legs[0].fields.has(LegField::kSinks));
  EXPECT_EQ(parsed.mask.legs[1].leg_id, "b-1_X");
  EXPECT_TRUE(parsed.mask.legs[1].whole);
}

TEST(FieldMask, KnowsEveryFieldOfALeg) {
  const Parsed parsed = parse({"legs.a.network",       "legs.a.family",    "legs.a.remote_rtp",
                               "legs.a.remote_rtcp",   "legs.a.rtcp_mux",  "legs.a.direction",
                               "legs.a.payload_types", "legs.a.learning",  "legs.a.source_policy",
                               "legs.a.stream_mode",   "legs.a.dscp",      "legs.a.sinks",
                               "legs.a.srtp_receive",  "legs.a.srtp_send", "legs.a.srtp_passthrough",
                               "legs.a.codecs",        "legs.a.ptime_ms",  "legs.a.jitter_window_ms",
                               "legs.a.silence",       "legs.a.dtx",       "legs.a.rtcp_xr",
                               "legs.a.dtmf"});
  EXPECT_THAT(parsed.violations, IsEmpty());
  ASSERT_EQ(parsed.mask.legs.size(), 1U);
  EXPECT_EQ(parsed.mask.legs[0].fields, control::LegFields::all());
}

TEST(FieldMask, KnowsEveryFieldOfDtmf) {
  const Parsed parsed =
      parse({"legs.a.dtmf.receive_in_band", "legs.a.dtmf.receive_rfc4733", "legs.a.dtmf.receive_sip_info",
             "legs.a.dtmf.send", "legs.a.dtmf.tone_guard_ms", "legs.a.dtmf.keep_audio",
             "legs.a.dtmf.level_dbm0", "legs.a.dtmf.block", "legs.b.dtmf.block"});
  EXPECT_THAT(parsed.violations, IsEmpty());
  ASSERT_EQ(parsed.mask.legs.size(), 2U);
  EXPECT_EQ(parsed.mask.legs[0].fields, control::LegFields::dtmf());
  EXPECT_TRUE(parsed.mask.legs[1].fields.has(LegField::kDtmfBlock));
  EXPECT_FALSE(parsed.mask.legs[1].fields.has(LegField::kDtmfSend));
  EXPECT_FALSE(parsed.mask.legs[1].fields.has(LegField::kRtcpXr));
  EXPECT_EQ(parse({"legs.a.dtmf.nonsense"}).violations.size(), 1U);
  EXPECT_EQ(parse({"legs.a.dtmf."}).violations.size(), 1U);
  EXPECT_EQ(parse({"legs.a.block"}).violations.size(), 1U);
}

TEST(FieldMask, WantsAtLeastOnePath) {
  const Parsed parsed = parse({});
  ASSERT_EQ(parsed.violations.size(), 1U);
  EXPECT_EQ(parsed.violations[0].field, "update_mask");
}

TEST(FieldMask, RefusesEveryUnknownPath) {
  const std::vector<std::string> unknown = {"",
                                            "leg",
                                            "legs.",
                                            "legs.a.",
                                            "legs.a.b",
                                            "legs.a.leg_id",
                                            "legs.a.remote_rtp.port",
                                            "legs[0]",
                                            "legs.a b",
                                            "*",
                                            "spec.legs",
                                            "Labels",
                                            "labels.x",
                                            "media_timeout.seconds",
                                            "session_id",
                                            std::string("legs.a\0", 7),
                                            "legs." + std::string(33, 'x')};
  const Parsed parsed = parse(unknown);
  EXPECT_EQ(parsed.violations.size(), unknown.size());
  for (const auto& violation : parsed.violations) {
    EXPECT_EQ(violation.field, "update_mask");
    EXPECT_THAT(violation.description, HasSubstr("unknown path"));
  }
}

TEST(FieldMask, RefusesMorePathsThanAnySessionNeeds) {
  std::vector<std::string> paths;
  for (int i = 0; i <= kMaxMaskPaths; ++i) {
    paths.push_back("legs.l" + std::to_string(i));
  }
  const Parsed parsed = parse(paths);
  EXPECT_EQ(parsed.violations.size(), 1U);
  EXPECT_THAT(parsed.mask.legs, IsEmpty());
}

}  // namespace
}  // namespace pollux::rpc
