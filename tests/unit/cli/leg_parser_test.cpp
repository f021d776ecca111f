#include "controlplane/cli/leg_parser.hpp"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include "tests/unit/cli/messages.hpp"

namespace pollux::cli {
namespace {

using google::protobuf::util::MessageDifferencer;
using ::testing::ElementsAre;

void expect_leg(std::string_view text, const std::string& expected) {
  const auto leg = parse_leg(text);
  EXPECT_THAT(leg.problems, ElementsAre());
  EXPECT_TRUE(MessageDifferencer::Equals(leg.value, message<v1::LegSpec>(expected)))
      << text << " gave\n"
      << leg.value.DebugString();
}

TEST(LegParser, IdAloneIsALeg) {
  expect_leg("a", "leg_id: 'a'");
}

TEST(LegParser, TakesEveryKey) {
  expect_leg(
      "a,network=outside,remote=192.0.2.7:40000,remote-rtcp=192.0.2.7:40009,family=v4,rtcp-mux,direction="
      "recvonly,"
      "learning=delayed,policy=handover,stream=rewrite,dscp=46,pt=101:96@16000,sinks=b",
      "leg_id: 'a' network: 'outside' remote_rtp { address: '192.0.2.7' port: 40000 } "
      "remote_rtcp { address: '192.0.2.7' port: 40009 } family: ADDRESS_FAMILY_IPV4 rtcp_mux: true "
      "direction: DIRECTION_RECVONLY learning: LEARNING_MODE_DELAYED source_policy: "
      "SOURCE_POLICY_MEDIA_HANDOVER "
      "stream_mode: STREAM_MODE_REWRITE dscp: 46 payload_types { wire: 101 common: 96 clock_rate: 16000 } "
      "sinks: 'b'");
}

TEST(LegParser, TakesEveryWord) {
  expect_leg("a,direction=sendrecv", "leg_id: 'a' direction: DIRECTION_SENDRECV");
  expect_leg("a,direction=sendonly", "leg_id: 'a' direction: DIRECTION_SENDONLY");
  expect_leg("a,direction=inactive", "leg_id: 'a' direction: DIRECTION_INACTIVE");
  expect_leg("a,learning=off", "leg_id: 'a' learning: LEARNING_MODE_OFF");
  expect_leg("a,learning=immediate", "leg_id: 'a' learning: LEARNING_MODE_IMMEDIATE");
  expect_leg("a,learning=heuristic", "leg_id: 'a' learning: LEARNING_MODE_HEURISTIC");
  expect_leg("a,policy=strict", "leg_id: 'a' source_policy: SOURCE_POLICY_STRICT_SOURCE");
  expect_leg("a,policy=any", "leg_id: 'a' source_policy: SOURCE_POLICY_ACCEPT_ANY");
  expect_leg("a,stream=preserve", "leg_id: 'a' stream_mode: STREAM_MODE_PRESERVE");
  expect_leg("a,rtcp-mux=no", "leg_id: 'a'");
}

TEST(LegParser, DscpZeroIsNotUnset) {
  EXPECT_TRUE(parse_leg("a,dscp=0").value.has_dscp());
  EXPECT_FALSE(parse_leg("a").value.has_dscp());
}

TEST(LegParser, TakesIpv6Remote) {
  expect_leg("leg_1,remote=[2001:db8::7]:5004,family=v6",
             "leg_id: 'leg_1' remote_rtp { address: '2001:db8::7' port: 5004 } family: ADDRESS_FAMILY_IPV6");
}

TEST(LegParser, ListsMayBeJoinedOrRepeated) {
  const char* const expected =
      "leg_id: 'a' payload_types { wire: 8 common: 8 } payload_types { wire: 101 common: 96 } sinks: 'b' "
      "sinks: 'c'";
  expect_leg("a,pt=8+101:96,sinks=b+c", expected);
  expect_leg("a,pt=8,sinks=b,pt=101:96,sinks=c", expected);
}

struct BadCase {
  const char* text;
  const char* problem;
};

class LegParserBad : public ::testing::TestWithParam<BadCase> {};

TEST_P(LegParserBad, SaysWhatIsWrong) {
  EXPECT_THAT(parse_leg(GetParam().text).problems,
              ElementsAre("--leg '" + std::string(GetParam().text) + "': " + GetParam().problem));
}

INSTANTIATE_TEST_SUITE_P(
    Cases, LegParserBad,
    ::testing::Values(
        BadCase{"", "the leg's id must be 1..32 of A-Z a-z 0-9 _ -, not ''"},
        BadCase{"a.b", "the leg's id must be 1..32 of A-Z a-z 0-9 _ -, not 'a.b'"},
        BadCase{"abcdefghijklmnopqrstuvwxyz0123456",
                "the leg's id must be 1..32 of A-Z a-z 0-9 _ -, not 'abcdefghijklmnopqrstuvwxyz0123456'"},
        BadCase{"network=x", "it must begin with the leg's id, such as 'a,network=x'"},
        BadCase{"a,",
                "'' is no key of a leg; they are network, remote, remote-rtcp, family, rtcp-mux, direction, "
                "learning, policy, stream, dscp, pt, sinks"},
        BadCase{"a,network", "network needs a value: network=..."}, BadCase{"a,dscp=", "dscp= needs a value"},
        BadCase{"a,dscp=64", "dscp must be 0..63, not '64'"},
        BadCase{"a,dscp=-1", "dscp must be 0..63, not '-1'"},
        BadCase{"a,dscp=1,dscp=2", "dscp is given twice"},
        BadCase{"a,rtcp-mux=maybe", "rtcp-mux stands alone, or is yes or no; not 'maybe'"},
        BadCase{"a,direction=both", "direction is one of sendrecv, sendonly, recvonly, inactive; not 'both'"},
        BadCase{"a,family=4", "family is one of v4, v6, ipv4, ipv6; not '4'"},
        BadCase{"a,remote=192.0.2.7",
                "remote: an address is written 192.0.2.7:40000 or [2001:db8::7]:40000; in "
                "'192.0.2.7' the port is missing"},
        BadCase{"a,pt=x",
                "pt 'x': written WIRE:COMMON, WIRE:COMMON@RATE or WIRE:COMMON@RATE/NAME, such as "
                "101:96@48000/opus"},
        BadCase{"a,pt=101:",
                "pt '101:': written WIRE:COMMON, WIRE:COMMON@RATE or WIRE:COMMON@RATE/NAME, such as "
                "101:96@48000/opus"},
        BadCase{"a,pt=128:0", "pt '128:0': payload types are 0..127"},
        BadCase{"a,pt=72:0", "pt '72:0': 64..95 would be taken for RTCP (RFC 5761)"},
        BadCase{"a,pt=8:8@999", "pt '8:8@999': the clock rate must be 1000..192000 Hz"},
        BadCase{"a,sinks=b+", "sinks holds ids of legs joined by '+', not ''"}));

TEST(LegParser, ReportsEveryProblem) {
  EXPECT_EQ(parse_leg("a b,dscp=99,foo=1,remote=x:1").problems.size(), 4U);
}

TEST(LegParser, EncodingOfAPayloadType) {
  const auto leg = parse_leg("a,pt=111:96@48000/opus+8/PCMA");
  ASSERT_TRUE(leg.ok()) << leg.problems.front();
  EXPECT_EQ(leg.value.payload_types(0).encoding(), "opus");
  EXPECT_EQ(leg.value.payload_types(0).clock_rate(), 48'000U);
  EXPECT_EQ(leg.value.payload_types(1).wire(), 8U);
  EXPECT_EQ(leg.value.payload_types(1).common(), 8U);
  EXPECT_EQ(leg.value.payload_types(1).encoding(), "PCMA");
  EXPECT_FALSE(parse_leg("a,pt=8/").ok());
  EXPECT_FALSE(parse_leg("a,pt=8/a b").ok());
}

}  // namespace
}  // namespace pollux::cli
