#include "controlplane/rpc/convert_media.hpp"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include "controlplane/rpc/convert.hpp"
#include "tests/support/rpc_fixture.hpp"

namespace pollux::rpc {
namespace {

using namespace std::chrono_literals;
using test::RpcFixture;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::vector<config::NetworkConfig> kNetworks = test::two_networks();
const std::vector<CodecCost> kCosts = test::FakeDataplane(1).costs;

control::NodeDefaults defaults() {
  control::NodeDefaults result{kNetworks, 60s};
  result.codecs = kCosts;
  return result;
}

void add_codec(v1::LegSpec& leg, std::uint32_t payload_type, const char* encoding, std::uint32_t clock_rate,
               std::uint32_t channels, const char* fmtp) {
  v1::Codec& codec = *leg.add_codecs();
  codec.set_payload_type(payload_type);
  codec.set_encoding(encoding);
  codec.set_clock_rate(clock_rate);
  codec.set_channels(channels);
  codec.set_fmtp(fmtp);
}

v1::CreateRequest request() {
  v1::CreateRequest request = RpcFixture::create_request("call");
  v1::LegSpec& a = *request.mutable_spec()->mutable_legs(0);
  add_codec(a, 96, "opus", 48000, 2, "useinbandfec=1;maxaveragebitrate=20000");
  add_codec(a, 101, "telephone-event", 8000, 1, "0-16");
  a.set_ptime_ms(40);
  a.set_jitter_window_ms(0);
  a.set_silence(v1::SILENCE_POLICY_NOTHING);
  a.set_dtx(true);
  a.set_rtcp_xr(true);
  v1::LegSpec& b = *request.mutable_spec()->mutable_legs(1);
  add_codec(b, 18, "G729", 8000, 1, "annexb=no");
  add_codec(b, 97, "L16", 16000, 2, "");
  b.set_jitter_window_ms(120);
  b.set_silence(v1::SILENCE_POLICY_COMFORT_NOISE);
  return request;
}

control::SessionRequest read(const v1::CreateRequest& from) {
  control::Violations violations;
  auto result = read_create(from, defaults(), violations);
  EXPECT_THAT(violations, IsEmpty());
  return result;
}

// "field: description"
std::vector<std::string> wrong(const v1::CreateRequest& from) {
  control::Violations violations;
  read_create(from, defaults(), violations);
  std::vector<std::string> lines;
  for (const auto& violation : violations) {
    lines.push_back(violation.field + ": " + violation.description);
  }
  return lines;
}

TEST(ConvertMedia, ReadsEveryField) {
  const control::SessionRequest session = read(request());
  const control::LegRequest& a = session.legs[0];
  ASSERT_EQ(a.codecs.size(), 2U);
  EXPECT_EQ(a.codecs[0].payload_type, 96);
  EXPECT_EQ(a.codecs[0].params.id, CodecId::kOpus);
  EXPECT_TRUE(a.codecs[0].params.inband_fec);
  EXPECT_EQ(a.codecs[0].params.max_average_bitrate, 20000U);
  EXPECT_TRUE(takes_event(a.codecs[1].params, 16));
  EXPECT_FALSE(takes_event(a.codecs[1].params, 17));
  EXPECT_EQ(a.ptime_ms, 40);
  EXPECT_EQ(a.jitter_window_ms, 0);
  EXPECT_EQ(a.silence, SilencePolicy::kNothing);
  EXPECT_TRUE(a.dtx);
  EXPECT_TRUE(a.rtcp_xr);
  const control::LegRequest& b = session.legs[1];
  EXPECT_FALSE(b.codecs[0].params.annexb);
  EXPECT_EQ(b.codecs[1].params.channels, 2);
  EXPECT_EQ(b.codecs[1].params.clock_rate, 16000U);
  EXPECT_EQ(b.ptime_ms, 0);
  EXPECT_EQ(b.jitter_window_ms, 120);
  EXPECT_FALSE(b.dtx);
}

TEST(ConvertMedia, WritesWhatWasRead) {
  const v1::CreateRequest from = request();
  control::SessionView view;
  view.id = "call";
  view.request = std::make_shared<control::SessionRequest>(read(from));
  v1::Session session;
  write_session(view, session);
  for (int leg = 0; leg < 2; ++leg) {
    const auto& written = session.spec().legs(leg);
    ASSERT_EQ(written.codecs_size(), from.spec().legs(leg).codecs_size());
    for (int i = 0; i < written.codecs_size(); ++i) {
      EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(written.codecs(i),
                                                                     from.spec().legs(leg).codecs(i)))
          << written.codecs(i).DebugString();
    }
  }
  v1::CreateRequest again;
  again.set_session_id("call");
  *again.mutable_spec() = session.spec();
  EXPECT_EQ(read(again), *view.request);
  EXPECT_FALSE(session.state().has_media_worker());
}

TEST(ConvertMedia, WhatIsLeftOutIsTheDefault) {
  v1::CreateRequest short_one = RpcFixture::create_request("call");
  add_codec(*short_one.mutable_spec()->mutable_legs(0), 96, "OPUS", 0, 0, "");
  add_codec(*short_one.mutable_spec()->mutable_legs(1), 8, "pcma", 0, 0, "");
  v1::CreateRequest long_one = RpcFixture::create_request("call");
  v1::LegSpec& a = *long_one.mutable_spec()->mutable_legs(0);
  add_codec(a, 96, "opus", 48000, 2, "stereo=0;unknown=7");
  a.set_jitter_window_ms(60);
  a.set_silence(v1::SILENCE_POLICY_COMFORT_NOISE);
  add_codec(*long_one.mutable_spec()->mutable_legs(1), 8, "PCMA", 8000, 1, "");
  EXPECT_EQ(read(short_one), read(long_one));
}

TEST(ConvertMedia, PlainLegsSayNothingOfMedia) {
  control::SessionView view;
  view.request = std::make_shared<control::SessionRequest>(read(RpcFixture::create_request("call")));
  v1::Session session;
  write_session(view, session);
  EXPECT_FALSE(session.spec().legs(0).has_jitter_window_ms());
  EXPECT_EQ(session.spec().legs(0).silence(), v1::SILENCE_POLICY_UNSPECIFIED);
}

TEST(ConvertMedia, NamesWhatItCannotRead) {
  v1::CreateRequest from = request();
  v1::LegSpec& a = *from.mutable_spec()->mutable_legs(0);
  a.mutable_codecs(0)->set_fmtp("cbr=2");
  a.set_silence(static_cast<v1::SilencePolicy>(9));
  v1::LegSpec& b = *from.mutable_spec()->mutable_legs(1);
  b.mutable_codecs(1)->set_encoding("spe\nex");
  b.set_ptime_ms(65536 + 20);
  EXPECT_THAT(
      wrong(from),
      ElementsAre("spec.legs[0].codecs[0].fmtp: cbr must be 0 or 1", "spec.legs[0].silence: unknown value 9",
                  HasSubstr("spec.legs[1].codecs[1].encoding: must be one of PCMU, PCMA"),
                  HasSubstr("spec.legs[0].codecs: at least one must be audio"),
                  HasSubstr("spec.legs[1].ptime_ms: must be 0")));
  from = request();
  from.mutable_spec()->mutable_legs(1)->mutable_codecs(1)->set_payload_type(256 + 97);
  EXPECT_THAT(wrong(from),
              ElementsAre(HasSubstr("spec.legs[1].codecs[1].payload_type: must be 0..63 or 96..127")));
}

TEST(ConvertMedia, ReportsSurplusInsteadOfReadingIt) {
  v1::CreateRequest from = request();
  for (int i = 0; i < 10000; ++i) {
    add_codec(*from.mutable_spec()->mutable_legs(0), 98, "none", 0, 0, "");
  }
  const auto lines = wrong(from);
  EXPECT_THAT(lines.at(0), HasSubstr("spec.legs[0].codecs: at most 24 codecs, not 10002"));
  EXPECT_LT(lines.size(), 30U);
}

TEST(ConvertMedia, ReadsOnlyWhatTheMaskNames) {
  v1::UpdateRequest update;
  update.set_session_id("call");
  *update.mutable_spec() = request().spec();
  update.mutable_update_mask()->add_paths("legs.a.ptime_ms");
  update.mutable_spec()->mutable_legs(0)->mutable_codecs(0)->set_encoding("nonsense");
  control::Violations violations;
  const control::SessionPatch patch = read_update(update, violations);
  EXPECT_THAT(violations, IsEmpty());
  EXPECT_EQ(patch.legs.at(0).values->ptime_ms, 40);
  EXPECT_FALSE(patch.legs.at(0).values->dtx);
  EXPECT_THAT(patch.legs.at(0).values->codecs, IsEmpty());
}

TEST(ConvertMedia, WritesPaths) {
  control::SessionView view;
  view.request = std::make_shared<control::SessionRequest>(read(request()));
  view.media_cost = 0.015;
  view.media_worker = 2;
  MediaPathStats path;
  path.worker = 2;
  path.in = {.id = CodecId::kG729};
  path.out = {.id = CodecId::kOpus, .clock_rate = 48000};
  path.transcodes = true;
  path.resampled_from_hz = 8000;
  path.resampled_to_hz = 16000;
  path.in_ptime_ms = 20;
  path.out_ptime_ms = 2.5;
  path.delay_ms = 26.5;
  path.window_ms = 12;
  path.cpu_share = 0.004;
  path.packets_in = 1;
  path.packets_out = 2;
  path.reordered = 3;
  path.late = 4;
  path.lost = 5;
  path.malformed = 6;
  path.concealed_us = 1'500'000;
  path.noise_us = 250'000;
  path.flushed = 7;
  control::LegView leg;
  leg.id = "a";
  leg.stats.paths = {path};
  leg.path_sources = {"b"};
  view.legs = {leg};
  v1::Session session;
  write_session(view, session);
  EXPECT_DOUBLE_EQ(session.state().media_cost(), 0.015);
  EXPECT_EQ(session.state().media_worker(), 2U);
  ASSERT_EQ(session.state().legs(0).paths_size(), 1);
  const v1::MediaPath& written = session.state().legs(0).paths(0);
  EXPECT_EQ(written.from_leg(), "b");
  EXPECT_EQ(written.worker(), 2U);
  EXPECT_EQ(written.received().encoding(), "G729");
  EXPECT_EQ(written.received().clock_rate(), 8000U);
  EXPECT_EQ(written.received().channels(), 1U);
  EXPECT_EQ(written.received().ptime_ms(), 20);
  EXPECT_EQ(written.sent().encoding(), "opus");
  EXPECT_EQ(written.sent().channels(), 2U);
  EXPECT_EQ(written.sent().ptime_ms(), 2.5);
  EXPECT_TRUE(written.transcodes());
  EXPECT_EQ(written.resampled_from_hz(), 8000U);
  EXPECT_EQ(written.resampled_to_hz(), 16000U);
  EXPECT_EQ(written.delay_ms(), 26.5);
  EXPECT_EQ(written.window_ms(), 12);
  EXPECT_EQ(written.cpu_share(), 0.004);
  EXPECT_EQ(written.packets_in(), 1U);
  EXPECT_EQ(written.packets_out(), 2U);
  EXPECT_EQ(written.reordered(), 3U);
  EXPECT_EQ(written.late(), 4U);
  EXPECT_EQ(written.lost(), 5U);
  EXPECT_EQ(written.malformed(), 6U);
  EXPECT_EQ(written.concealed().seconds(), 1);
  EXPECT_EQ(written.concealed().nanos(), 500'000'000);
  EXPECT_EQ(written.noise().nanos(), 250'000'000);
  EXPECT_EQ(written.flushed(), 7U);
}

// All the way: the data plane is told what the client asked for, and its paths come back under the legs'
// names.
TEST(ConvertMedia, ReachesTheDataPlaneAndComesBack) {
  RpcFixture f;
  const auto created = f.create(request());
  ASSERT_TRUE(created.status.ok()) << created.status.error_message();
  const SessionSpec spec = f.dataplane.spec(f.dataplane.last_handle()).value();
  const LegSpec& a = spec.legs.at(0);
  ASSERT_EQ(a.codecs.size(), 2U);
  EXPECT_EQ(a.codecs[0].payload_type, 96);
  EXPECT_TRUE(a.codecs[0].params.inband_fec);
  EXPECT_EQ(a.codecs[1].params.id, CodecId::kTelephoneEvent);
  EXPECT_EQ(a.ptime_ms, 40);
  EXPECT_EQ(a.jitter_window_ms, 0);
  EXPECT_EQ(a.silence, SilencePolicy::kNothing);
  EXPECT_TRUE(a.dtx);
  EXPECT_TRUE(a.rtcp_xr);
  EXPECT_EQ(spec.legs.at(1).jitter_window_ms, 120);
  SessionStats stats;
  stats.legs.resize(2);
  stats.legs[0].id = a.id;
  stats.legs[1].id = spec.legs.at(1).id;
  stats.legs[1].paths.resize(2);
  stats.legs[1].paths[0].from_leg = a.id;
  stats.legs[1].paths[1].from_leg = 999;  // a leg that has just been removed
  f.dataplane.set_stats(f.dataplane.last_handle(), stats);
  const auto got = f.get("call");
  ASSERT_EQ(got.session.state().legs(1).paths_size(), 2);
  EXPECT_EQ(got.session.state().legs(1).paths(0).from_leg(), "a");
  EXPECT_EQ(got.session.state().legs(1).paths(1).from_leg(), "");
}

}  // namespace
}  // namespace pollux::rpc
