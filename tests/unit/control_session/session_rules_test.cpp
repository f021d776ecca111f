#include "controlplane/session/session_rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/control_fixture.hpp"

namespace pollux::control {
namespace {

using namespace std::chrono_literals;
using test::at;
using test::two_legs;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::vector<config::NetworkConfig> kNetworks = test::two_networks();
const NodeDefaults kDefaults{kNetworks, 60s};

std::vector<std::string> wrong_fields(SessionRequest request) {
  resolve_defaults(request, kDefaults, SinkDefault::kEachOther);
  Violations violations;
  check_session(
      request, kDefaults, [](std::size_t i) { return "legs[" + std::to_string(i) + "]"; }, violations);
  std::vector<std::string> fields;
  for (const FieldViolation& violation : violations) {
    fields.push_back(violation.field);
    EXPECT_FALSE(violation.description.empty());
  }
  return fields;
}

TEST(SessionRules, FillsInDefaults) {
  SessionRequest request = two_legs("10.0.0.100:4000", "[2001:db8::7]:5000");
  resolve_defaults(request, kDefaults, SinkDefault::kEachOther);
  EXPECT_EQ(request.legs[0].family, AddressFamily::kIpv4);
  EXPECT_EQ(request.legs[1].family, AddressFamily::kIpv6);
  EXPECT_EQ(request.legs[0].dscp, 46);
  EXPECT_EQ(request.legs[1].dscp, 34);
  EXPECT_THAT(request.legs[0].sinks, ElementsAre("b"));
  EXPECT_THAT(request.legs[1].sinks, ElementsAre("a"));
  EXPECT_EQ(request.media_timeout, 60s);
}

TEST(SessionRules, TakesTheOnlyNetworkWhereNoneIsNamed) {
  SessionRequest request = two_legs();
  request.legs[0].network.clear();
  resolve_defaults(request, {std::span(kNetworks).first(1), 60s}, SinkDefault::kEachOther);
  EXPECT_EQ(request.legs[0].network, "inside");
}

TEST(SessionRules, LeavesSinksAloneWhereOneIsNamedOrTheLegsAreNotTwo) {
  SessionRequest one_way = two_legs();
  one_way.legs[0].sinks = {"b"};
  resolve_defaults(one_way, kDefaults, SinkDefault::kEachOther);
  EXPECT_THAT(one_way.legs[1].sinks, IsEmpty());
  SessionRequest three = two_legs();
  three.legs.push_back(three.legs[0]);
  resolve_defaults(three, kDefaults, SinkDefault::kEachOther);
  EXPECT_THAT(three.legs[0].sinks, IsEmpty());
}

TEST(SessionRules, AcceptsAnOrdinaryCall) {
  EXPECT_THAT(wrong_fields(two_legs()), IsEmpty());
}

TEST(SessionRules, WantsOneToSixteenLegs) {
  EXPECT_THAT(wrong_fields({}), ElementsAre("spec.legs"));
  SessionRequest many;
  for (int i = 0; i < 17; ++i) {
    LegRequest leg;
    leg.id = "leg" + std::to_string(i);
    leg.network = "inside";
    many.legs.push_back(leg);
  }
  EXPECT_THAT(wrong_fields(many), ElementsAre("spec.legs"));
  many.legs.pop_back();
  EXPECT_THAT(wrong_fields(many), IsEmpty());
}

TEST(SessionRules, ChecksIds) {
  EXPECT_TRUE(valid_session_id("call-1@host:5060_a.b"));
  EXPECT_TRUE(valid_session_id(std::string(128, 'x')));
  for (const std::string& id : {std::string(), std::string(129, 'x'), std::string("a b"), std::string("a/b"),
                                std::string("\xc3\xa4"), std::string("a\0b", 3)}) {
    EXPECT_FALSE(valid_session_id(id));
  }
  EXPECT_TRUE(valid_leg_id("caller_1-A"));
  EXPECT_TRUE(valid_leg_id(std::string(32, 'x')));
  EXPECT_FALSE(valid_leg_id(std::string(33, 'x')));
  EXPECT_FALSE(valid_leg_id(""));
  EXPECT_FALSE(valid_leg_id("a.b"));
}

TEST(SessionRules, WantsLegIdsToBeUnique) {
  SessionRequest request = two_legs();
  request.legs[1].id = "a";
  request.legs[0].sinks = request.legs[1].sinks = {};
  EXPECT_THAT(wrong_fields(request), testing::Contains("legs[1].leg_id"));
}

TEST(SessionRules, NamesTheNetworksThereAre) {
  SessionRequest request = two_legs();
  request.legs[0].network = "moon";
  request.legs[1].network = "";
  Violations violations;
  check_session(
      request, kDefaults, [](std::size_t) { return "leg"; }, violations);
  ASSERT_EQ(violations.size(), 2U);
  EXPECT_THAT(violations[0].description, HasSubstr("\"moon\""));
  EXPECT_THAT(violations[0].description, HasSubstr("inside, outside"));
  EXPECT_THAT(violations[1].description, HasSubstr("inside, outside"));
}

TEST(SessionRules, WantsAFamilyThatTheNetworkHas) {
  SessionRequest request = two_legs("[2001:db8::9]:4000");
  EXPECT_THAT(wrong_fields(request), ElementsAre("legs[0].family"));
}

TEST(SessionRules, WantsRemotesOfTheLocalFamily) {
  SessionRequest request = two_legs();
  request.legs[1].family = AddressFamily::kIpv6;
  EXPECT_THAT(wrong_fields(request), ElementsAre("legs[1].remote_rtp.address"));
  request = two_legs();
  request.legs[1].remote_rtcp = at("[2001:db8::9]:5001");
  EXPECT_THAT(wrong_fields(request), ElementsAre("legs[1].remote_rtcp.address"));
}

TEST(SessionRules, RefusesAddressesThatNoPartyCanHave) {
  for (const char* address : {"0.0.0.0:4000", "224.0.0.1:4000", "127.0.0.1:4000", "255.255.255.255:4000"}) {
    EXPECT_THAT(wrong_fields(two_legs("10.0.0.9:4000", address)), ElementsAre("legs[1].remote_rtp.address"))
        << address;
  }
  for (const char* address : {"[::]:4000", "[ff02::1]:4000", "[::1]:4000"}) {
    EXPECT_THAT(wrong_fields(two_legs("10.0.0.9:4000", address)), ElementsAre("legs[1].remote_rtp.address"))
        << address;
  }
}

TEST(SessionRules, RefusesPortZeroAndAnRtpPortWithoutRoomForRtcp) {
  EXPECT_THAT(wrong_fields(two_legs("10.0.0.9:0")), ElementsAre("legs[0].remote_rtp.port"));
  SessionRequest last = two_legs("10.0.0.9:65535");
  EXPECT_THAT(wrong_fields(last), ElementsAre("legs[0].remote_rtp.port"));
  last.legs[0].rtcp_mux = true;
  EXPECT_THAT(wrong_fields(last), IsEmpty());
  last.legs[0].rtcp_mux = false;
  last.legs[0].remote_rtcp = at("10.0.0.9:4001");
  EXPECT_THAT(wrong_fields(last), IsEmpty());
}

TEST(SessionRules, ChecksPayloadTypes) {
  SessionRequest request = two_legs();
  request.legs[0].payload_types = {{0, 0, 0}, {96, 101, 8000}, {127, 127, 192000}, {63, 63, 1000}};
  EXPECT_THAT(wrong_fields(request), IsEmpty());
  request.legs[0].payload_types = {{64, 1, 0},   {95, 2, 0},      {128, 3, 0}, {96, 128, 0},
                                   {97, 4, 999}, {98, 5, 192001}, {97, 6, 0},  {99, 5, 0}};
  EXPECT_THAT(wrong_fields(request),
              ElementsAre("legs[0].payload_types[0].wire", "legs[0].payload_types[1].wire",
                          "legs[0].payload_types[2].wire", "legs[0].payload_types[3].common",
                          "legs[0].payload_types[4].clock_rate", "legs[0].payload_types[5].clock_rate",
                          "legs[0].payload_types[6].wire", "legs[0].payload_types[7].common"));
}

TEST(SessionRules, TakesAtMost32PayloadTypes) {
  SessionRequest request = two_legs();
  for (std::uint8_t i = 0; i < 32; ++i) {
    request.legs[0].payload_types.push_back({i, i, 0});
  }
  EXPECT_THAT(wrong_fields(request), IsEmpty());
  request.legs[0].payload_types.push_back({32, 32, 0});
  EXPECT_THAT(wrong_fields(request), ElementsAre("legs[0].payload_types"));
}

TEST(SessionRules, ChecksSinks) {
  SessionRequest request = two_legs();
  request.legs[0].sinks = {"a", "c", "b", "b"};
  EXPECT_THAT(wrong_fields(request), ElementsAre("legs[0].sinks[0]", "legs[0].sinks[1]", "legs[0].sinks[3]"));
}

TEST(SessionRules, ChecksDscp) {
  SessionRequest request = two_legs();
  request.legs[0].dscp = 63;
  request.legs[1].dscp = 64;
  EXPECT_THAT(wrong_fields(request), ElementsAre("legs[1].dscp"));
}

TEST(SessionRules, ChecksTheMediaTimeout) {
  SessionRequest request = two_legs();
  for (const auto good : {0ms, 1000ms, std::chrono::milliseconds(24h)}) {
    request.media_timeout = good;
    EXPECT_THAT(wrong_fields(request), IsEmpty());
  }
  for (const auto bad : {-1ms, 1ms, 999ms, std::chrono::milliseconds(24h) + 1ms}) {
    request.media_timeout = bad;
    EXPECT_THAT(wrong_fields(request), ElementsAre("spec.media_timeout"));
  }
}

TEST(SessionRules, AllowsTheOperatorsOwnDefaultTimeout) {
  SessionRequest request = two_legs();
  const NodeDefaults quick{kNetworks, 300ms};
  resolve_defaults(request, quick, SinkDefault::kEachOther);
  Violations violations;
  check_session(
      request, quick, [](std::size_t) { return "leg"; }, violations);
  EXPECT_THAT(violations, IsEmpty());
}

TEST(SessionRules, ChecksLabels) {
  SessionRequest request = two_legs();
  request.labels = {{std::string(256, 'k'), std::string(256, 'v')}};
  EXPECT_THAT(wrong_fields(request), IsEmpty());
  request.labels = {{"", "v"}, {"k", std::string(257, 'v')}, {std::string(257, 'z'), ""}};
  EXPECT_THAT(wrong_fields(request), ElementsAre("spec.labels", "spec.labels", "spec.labels"));
  request.labels.clear();
  for (int i = 0; i < 17; ++i) {
    request.labels["k" + std::to_string(i)] = "v";
  }
  EXPECT_THAT(wrong_fields(request), ElementsAre("spec.labels"));
}

TEST(SessionRules, TellsEverythingThatIsWrongAtOnce) {
  SessionRequest request = two_legs("127.0.0.1:4000", "0.0.0.0:5000");
  request.legs[0].dscp = 99;
  request.legs[1].network = "moon";
  request.media_timeout = 5ms;
  EXPECT_THAT(wrong_fields(request),
              ElementsAre("legs[0].remote_rtp.address", "legs[0].dscp", "legs[1].network",
                          "legs[1].remote_rtp.address", "spec.media_timeout"));
}

TEST(SessionRules, ShowsForeignTextSafely) {
  EXPECT_EQ(shown("a\nb\xff"), "\"a?b?\"");
  EXPECT_EQ(shown(std::string(100, 'x')), "\"" + std::string(64, 'x') + "...\"");
}

}  // namespace
}  // namespace pollux::control
