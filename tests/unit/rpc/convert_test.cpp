#include "controlplane/rpc/convert.hpp"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include "tests/support/rpc_fixture.hpp"

namespace pollux::rpc {
namespace {

using namespace std::chrono_literals;
using test::at;
using test::RpcFixture;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

const std::vector<config::NetworkConfig> kNetworks = test::two_networks();
const control::NodeDefaults kDefaults{kNetworks, 60s};

std::vector<std::string> wrong_fields(const v1::CreateRequest& request) {
  control::Violations violations;
  read_create(request, kDefaults, violations);
  std::vector<std::string> fields;
  for (const auto& violation : violations) {
    fields.push_back(violation.field);
  }
  return fields;
}

control::SessionRequest read(const v1::CreateRequest& request) {
  control::Violations violations;
  auto result = read_create(request, kDefaults, violations);
  EXPECT_THAT(violations, IsEmpty());
  return result;
}

v1::CreateRequest full_request() {
  v1::CreateRequest request = RpcFixture::create_request("call");
  auto* leg = request.mutable_spec()->mutable_legs(1);
  leg->set_family(v1::ADDRESS_FAMILY_IPV6);
  leg->mutable_remote_rtp()->set_address("2001:db8::99");
  leg->mutable_remote_rtp()->set_port(5000);
  leg->mutable_remote_rtcp()->set_address("2001:db8::98");
  leg->mutable_remote_rtcp()->set_port(6000);
  leg->set_rtcp_mux(true);
  leg->set_direction(v1::DIRECTION_RECVONLY);
  auto* mapping = leg->add_payload_types();
  mapping->set_wire(96);
  mapping->set_common(101);
  mapping->set_clock_rate(48000);
  leg->set_learning(v1::LEARNING_MODE_DELAYED);
  leg->set_source_policy(v1::SOURCE_POLICY_MEDIA_HANDOVER);
  leg->set_stream_mode(v1::STREAM_MODE_REWRITE);
  leg->set_dscp(0);
  leg->add_sinks("a");
  request.mutable_spec()->mutable_media_timeout()->set_seconds(90);
  request.mutable_spec()->mutable_media_timeout()->set_nanos(500000000);
  (*request.mutable_spec()->mutable_labels())["call-id"] = "abc@host";
  return request;
}

TEST(ConvertRequest, ReadsEveryField) {
  const control::SessionRequest request = read(full_request());
  const control::LegRequest& leg = request.legs.at(1);
  EXPECT_EQ(leg.id, "b");
  EXPECT_EQ(leg.network, "outside");
  EXPECT_EQ(leg.family, AddressFamily::kIpv6);
  EXPECT_EQ(leg.remote_rtp, at("[2001:db8::99]:5000"));
  EXPECT_EQ(leg.remote_rtcp, at("[2001:db8::98]:6000"));
  EXPECT_TRUE(leg.rtcp_mux);
  EXPECT_EQ(leg.direction, Direction::kRecvOnly);
  EXPECT_THAT(leg.payload_types, ElementsAre(PayloadTypeMapping{96, 101, 48000}));
  EXPECT_EQ(leg.learning, LearningMode::kDelayed);
  EXPECT_EQ(leg.source_policy, SourcePolicy::kMediaHandover);
  EXPECT_EQ(leg.stream_mode, StreamMode::kRewrite);
  EXPECT_EQ(leg.dscp, 0);  // asked for, not the network's
  EXPECT_THAT(leg.sinks, ElementsAre("a"));
  EXPECT_EQ(request.media_timeout, 90500ms);
  EXPECT_EQ(request.labels.at("call-id"), "abc@host");
}

TEST(ConvertRequest, ReadsTheDefaults) {
  const control::SessionRequest request = read(RpcFixture::create_request("call"));
  const control::LegRequest& leg = request.legs.at(1);
  EXPECT_EQ(leg.family, AddressFamily::kIpv4);
  EXPECT_FALSE(leg.remote_rtp);
  EXPECT_EQ(leg.direction, Direction::kSendRecv);
  EXPECT_EQ(leg.learning, LearningMode::kHeuristic);
  EXPECT_EQ(leg.source_policy, SourcePolicy::kStrictSource);
  EXPECT_EQ(leg.stream_mode, StreamMode::kPreserve);
  EXPECT_EQ(leg.dscp, 34);
  EXPECT_EQ(request.media_timeout, 60s);
}

TEST(ConvertRequest, TellsEveryWrongFieldAtOnce) {
  v1::CreateRequest request;
  request.set_session_id("not good");
  auto* leg = request.mutable_spec()->add_legs();
  leg->set_leg_id("also not");
  leg->set_network("moon");
  leg->set_family(static_cast<v1::AddressFamily>(9));
  leg->mutable_remote_rtp()->set_address("host.example");
  leg->mutable_remote_rtp()->set_port(70000);
  leg->mutable_remote_rtcp();
  leg->set_direction(static_cast<v1::Direction>(-1));
  leg->set_learning(static_cast<v1::LearningMode>(99));
  leg->set_source_policy(static_cast<v1::SourcePolicy>(99));
  leg->set_stream_mode(static_cast<v1::StreamMode>(99));
  leg->set_dscp(1000);
  leg->add_sinks("nobody");
  leg->add_payload_types()->set_wire(4000);
  request.mutable_spec()->mutable_media_timeout()->set_seconds(-1);
  (*request.mutable_spec()->mutable_labels())[""] = "x";
  EXPECT_THAT(wrong_fields(request),
              UnorderedElementsAre("session_id", "spec.legs[0].family", "spec.legs[0].remote_rtp.address",
                                   "spec.legs[0].remote_rtp.port", "spec.legs[0].remote_rtcp.address",
                                   "spec.legs[0].remote_rtcp.port", "spec.legs[0].direction",
                                   "spec.legs[0].learning", "spec.legs[0].source_policy",
                                   "spec.legs[0].stream_mode", "spec.media_timeout", "spec.legs[0].leg_id",
                                   "spec.legs[0].network", "spec.legs[0].payload_types[0].wire",
                                   "spec.legs[0].dscp", "spec.legs[0].sinks[0]", "spec.labels"));
}

TEST(ConvertRequest, NamesASessionWithoutASpec) {
  EXPECT_THAT(wrong_fields(v1::CreateRequest()), UnorderedElementsAre("session_id", "spec.legs"));
}

TEST(ConvertRequest, KnowsGoodDurationsFromBad) {
  const auto fields = [](std::int64_t seconds, std::int32_t nanos) {
    v1::CreateRequest request = RpcFixture::create_request("call");
    request.mutable_spec()->mutable_media_timeout()->set_seconds(seconds);
    request.mutable_spec()->mutable_media_timeout()->set_nanos(nanos);
    return wrong_fields(request);
  };
  EXPECT_THAT(fields(0, 0), IsEmpty());
  EXPECT_THAT(fields(1, 0), IsEmpty());
  EXPECT_THAT(fields(86400, 0), IsEmpty());
  constexpr std::int64_t kHuge = std::numeric_limits<std::int64_t>::max();
  for (const auto& [seconds, nanos] :
       std::vector<std::pair<std::int64_t, std::int32_t>>{{0, 1},
                                                          {0, 999999999},
                                                          {86400, 1},
                                                          {86401, 0},
                                                          {-1, 0},
                                                          {0, -5},
                                                          {5, -5},
                                                          {5, 1000000000},
                                                          {kHuge, 0},
                                                          {-kHuge, 0},
                                                          {kHuge, 999999999}}) {
    EXPECT_THAT(fields(seconds, nanos), ElementsAre("spec.media_timeout")) << seconds << " " << nanos;
  }
}

TEST(ConvertRequest, ReportsSurplusInsteadOfReadingIt) {
  v1::CreateRequest request;
  request.set_session_id("call");
  for (int i = 0; i < 1000; ++i) {
    auto* leg = request.mutable_spec()->add_legs();
    leg->set_leg_id("leg" + std::to_string(i));
    leg->set_network("inside");
    for (int j = 0; j < 50; ++j) {
      leg->add_payload_types()->set_wire(500);
      leg->add_sinks("nobody");
    }
  }
  control::Violations violations;
  EXPECT_EQ(read_create(request, kDefaults, violations).legs.size(), 16U);
  EXPECT_EQ(violations[0].field, "spec.legs");
  EXPECT_LT(violations.size(), 2000U);
}

v1::UpdateRequest update_request(const std::vector<std::string>& paths) {
  v1::UpdateRequest request;
  request.set_session_id("call");
  *request.mutable_spec() = full_request().spec();
  request.mutable_update_mask()->mutable_paths()->Assign(paths.begin(), paths.end());
  return request;
}

TEST(ConvertRequest, ReadsOnlyWhatTheMaskNames) {
  v1::UpdateRequest request = update_request({"legs.b.direction"});
  request.mutable_spec()->mutable_legs(1)->mutable_remote_rtp()->set_address("nonsense");
  request.mutable_spec()->mutable_legs(0)->set_direction(static_cast<v1::Direction>(99));
  request.mutable_spec()->mutable_media_timeout()->set_seconds(-1);
  control::Violations violations;
  const control::SessionPatch patch = read_update(request, violations);
  EXPECT_THAT(violations, IsEmpty());
  ASSERT_EQ(patch.legs.size(), 1U);
  EXPECT_EQ(patch.legs[0].id, "b");
  EXPECT_EQ(patch.legs[0].path, "spec.legs[1]");
  EXPECT_EQ(patch.legs[0].values->direction, Direction::kRecvOnly);
  EXPECT_FALSE(patch.set_media_timeout);
  EXPECT_FALSE(patch.set_labels);
}

TEST(ConvertRequest, ReadsALegThatIsAbsentAsRemoved) {
  control::Violations violations;
  const control::SessionPatch patch = read_update(update_request({"legs.c"}), violations);
  EXPECT_THAT(violations, IsEmpty());
  ASSERT_EQ(patch.legs.size(), 1U);
  EXPECT_TRUE(patch.legs[0].whole);
  EXPECT_FALSE(patch.legs[0].values);
}

TEST(ConvertRequest, WantsTheLegWhoseFieldsTheMaskNames) {
  control::Violations violations;
  read_update(update_request({"legs.c.dscp"}), violations);
  ASSERT_EQ(violations.size(), 1U);
  EXPECT_EQ(violations[0].field, "update_mask");
}

TEST(ConvertRequest, RefusesALegTwiceInAnUpdate) {
  v1::UpdateRequest request = update_request({"legs.a.dscp"});
  request.mutable_spec()->mutable_legs(1)->set_leg_id("a");
  control::Violations violations;
  read_update(request, violations);
  ASSERT_EQ(violations.size(), 1U);
  EXPECT_EQ(violations[0].field, "spec.legs[1].leg_id");
}

TEST(ConvertResponse, WritesWhatWasRead) {
  const v1::CreateRequest request = full_request();
  control::SessionView view;
  view.id = "call";
  view.request = std::make_shared<control::SessionRequest>(read(request));
  v1::Session session;
  write_session(view, session);
  EXPECT_TRUE(
      google::protobuf::util::MessageDifferencer::Equals(session.spec().legs(1), request.spec().legs(1)));
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(session.spec().media_timeout(),
                                                                 request.spec().media_timeout()));
  // What is written can be read again and means the same.
  v1::CreateRequest again;
  again.set_session_id("call");
  *again.mutable_spec() = session.spec();
  EXPECT_EQ(read(again), *view.request);
}

TEST(ConvertResponse, WritesStatistics) {
  control::SessionView view;
  view.id = "call";
  view.request = std::make_shared<control::SessionRequest>(read(full_request()));
  view.worker = 3;
  view.create_time = std::chrono::system_clock::time_point(1700000000250ms);
  control::LegView leg;
  leg.id = "a";
  leg.local_rtp = at("10.0.0.1:20000");
  leg.local_rtcp = at("10.0.0.1:20001");
  leg.stats.rtp = {1, 2, 3, 4, 5, -6, 7, 8, 1500, at("10.0.0.100:4000"), true, NextHop::kNone, {}};
  view.legs = {leg};
  v1::Session session;
  write_session(view, session);
  EXPECT_EQ(session.state().worker(), 3U);
  EXPECT_EQ(session.state().create_time().seconds(), 1700000000);
  EXPECT_EQ(session.state().create_time().nanos(), 250000000);
  const v1::StreamState& rtp = session.state().legs(0).rtp();
  EXPECT_EQ(rtp.local().port(), 20000U);
  EXPECT_EQ(rtp.destination().address(), "10.0.0.100");
  EXPECT_TRUE(rtp.source_confirmed());
  EXPECT_EQ(rtp.rx_packets(), 1U);
  EXPECT_EQ(rtp.rx_bytes(), 2U);
  EXPECT_EQ(rtp.tx_packets(), 3U);
  EXPECT_EQ(rtp.tx_bytes(), 4U);
  EXPECT_EQ(rtp.dropped(), 5U);
  EXPECT_EQ(rtp.lost(), -6);
  EXPECT_EQ(rtp.jitter_rtp_ticks(), 7U);
  EXPECT_EQ(rtp.ssrc(), 8U);
  EXPECT_EQ(rtp.last_rx_age().seconds(), 1);
  EXPECT_EQ(rtp.last_rx_age().nanos(), 500000000);
  const v1::StreamState& rtcp = session.state().legs(0).rtcp();
  EXPECT_EQ(rtcp.local().port(), 20001U);
  EXPECT_FALSE(rtcp.has_destination());
  EXPECT_FALSE(rtcp.has_last_rx_age());  // nothing received yet
}

TEST(ConvertResponse, WritesQualityDropsAndTheNextHop) {
  control::SessionView view;
  view.request = std::make_shared<control::SessionRequest>(read(full_request()));
  control::LegView leg;
  leg.port = "wan";
  leg.one_way = control::OneWayCause::kFellSilent;
  leg.stats.link_up = true;
  leg.stats.rtp.next_hop = NextHop::kUnresolved;
  leg.stats.rtp.next_hop_address = at("10.0.0.254:1").ip;
  leg.stats.drops[static_cast<std::size_t>(DropReason::direction)] = 5;
  leg.quality.emplace();
  leg.quality->codec = "PCMA";
  leg.quality->counts.expected = 100;
  leg.quality->counts.received = 98;
  leg.quality->counts.round_trip_us = 12'500;
  leg.quality->counts.party_report = PartyReport{64, -2, 80, 1500};
  leg.quality->talk = 2500ms;
  leg.quality->mos = 4.25;
  view.legs = {leg};
  v1::Session session;
  write_session(view, session);
  const v1::LegState& state = session.state().legs(0);
  EXPECT_EQ(state.port(), "wan");
  EXPECT_TRUE(state.link_up());
  EXPECT_TRUE(state.one_way_suspected());
  EXPECT_EQ(state.rtp().next_hop(), v1::NEXT_HOP_UNRESOLVED);
  EXPECT_EQ(state.rtp().next_hop_address(), "10.0.0.254");
  ASSERT_EQ(state.drops_size(), 1);
  EXPECT_EQ(state.drops(0).reason(), "direction");
  EXPECT_EQ(state.drops(0).packets(), 5U);
  EXPECT_EQ(state.quality().lost(), 2U);
  EXPECT_DOUBLE_EQ(state.quality().round_trip_ms(), 12.5);
  EXPECT_DOUBLE_EQ(state.quality().mos(), 4.25);
  EXPECT_FALSE(state.quality().has_lowest_mos());
  EXPECT_EQ(state.quality().talk().seconds(), 2);
  EXPECT_DOUBLE_EQ(state.quality().party_report().loss_percent(), 25);
  EXPECT_EQ(state.quality().party_report().lost(), -2);
  EXPECT_DOUBLE_EQ(state.quality().party_report().jitter_ms(), 10);
}

TEST(ConvertResponse, WritesTheSummaryOfAnEnd) {
  control::LoggedEvent event;
  event.type = control::LogEventType::kSessionEnded;
  event.duration = 61500ms;
  event.quality.push_back({"a", 10, 20, control::StreamQuality{}});
  event.quality.push_back({"b", 0, 30, std::nullopt});
  v1::Event message;
  write_event(event, message);
  EXPECT_EQ(message.duration().seconds(), 61);
  ASSERT_EQ(message.quality_size(), 2);
  EXPECT_EQ(message.quality(0).tx_packets(), 20U);
  EXPECT_TRUE(message.quality(0).has_quality());
  EXPECT_FALSE(message.quality(1).has_quality());
}

TEST(ConvertResponse, WritesEveryTypeOfEvent) {
  std::set<v1::EventType> seen;
  for (std::size_t i = 0; i < control::kLogEventTypeCount; ++i) {
    control::LoggedEvent event;
    event.type = static_cast<control::LogEventType>(i);
    v1::Event message;
    write_event(event, message);
    EXPECT_NE(message.type(), v1::EVENT_TYPE_UNSPECIFIED);
    seen.insert(message.type());
  }
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(v1::EventType_ARRAYSIZE - 1));
}

}  // namespace
}  // namespace pollux::rpc
