#include "controlplane/cli/leg_parser.hpp"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include "tests/unit/cli/messages.hpp"
#include "tests/unit/cli/temporary_folder.hpp"

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
                "learning, policy, stream, dscp, pt, sinks, codec, ptime, jitter-window, silence, dtx, "
                "rtcp-xr, dtmf-send, dtmf-receive, dtmf-block, dtmf-guard, dtmf-level, dtmf-keep-audio, "
                "srtp-receive, srtp-receive-roc, srtp-send, srtp-send-roc, srtp"},
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
        BadCase{"a,dtx=maybe", "dtx stands alone, or is yes or no; not 'maybe'"},
        BadCase{"a,silence=music", "silence is one of noise, nothing; not 'music'"},
        BadCase{"a,ptime=121", "ptime must be 0..120 ms, written as a number; not '121'"},
        BadCase{"a,ptime=20ms", "ptime must be 0..120 ms, written as a number; not '20ms'"},
        BadCase{"a,jitter-window=501", "jitter-window must be 0..500 ms, written as a number; not '501'"},
        BadCase{"a,ptime=20,ptime=30", "ptime is given twice"},
        BadCase{"a,codec=opus",
                "codec 'opus': needs the payload type that the SDP gives it, such as opus:96"},
        BadCase{"a,codec=opus:64", "codec 'opus:64': the payload type must be 0..63 or 96..127"},
        BadCase{"a,codec=PCMA+",
                "codec '': written NAME, NAME:PT or NAME:PT/RATE/CHANNELS, with ;FMTP behind, such as "
                "opus:96;useinbandfec=1"},
        BadCase{"a,dtmf-send=info", "dtmf-send is one of auto, rfc4733, in-band, sip-info, none; not 'info'"},
        BadCase{
            "a,dtmf-receive=in-band+off",
            "dtmf-receive is in-band, rfc4733, sip-info, or one with no- in front; several joined with +; "
            "not 'off'"},
        BadCase{"a,dtmf-block=off", "dtmf-block is one of drop, silence, tone, random; not 'off'"},
        BadCase{"a,dtmf-guard=101", "dtmf-guard is 0..100 ms, written as a number; not '101'"},
        BadCase{"a,dtmf-level=8", "dtmf-level is -36..0 dBm0, such as -8; not '8'"},
        BadCase{"a,dtmf-level=-37", "dtmf-level is -36..0 dBm0, such as -8; not '-37'"},
        BadCase{"a,dtmf-level=-", "dtmf-level is -36..0 dBm0, such as -8; not '-'"},
        BadCase{"a,dtmf-send", "dtmf-send needs a value: dtmf-send=..."},
        BadCase{"a,dtmf-guard=1,dtmf-guard=2", "dtmf-guard is given twice"},
        BadCase{"a,dtmf-keep-audio=2", "dtmf-keep-audio stands alone, or is yes or no; not '2'"},
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

TEST(LegParser, Media) {
  expect_leg(
      "a,codec=opus:96/48000/2;useinbandfec=1;stereo=1+PCMA,ptime=20,codec=telephone-event:101;0-15,"
      "jitter-window=0,silence=nothing,dtx,rtcp-xr",
      "leg_id: 'a' codecs { payload_type: 96 encoding: 'opus' clock_rate: 48000 channels: 2 "
      "fmtp: 'useinbandfec=1;stereo=1' } codecs { payload_type: 8 encoding: 'PCMA' } "
      "codecs { payload_type: 101 encoding: 'telephone-event' fmtp: '0-15' } ptime_ms: 20 "
      "jitter_window_ms: 0 silence: SILENCE_POLICY_NOTHING dtx: true rtcp_xr: true");
  expect_leg("a,silence=noise,dtx=no,rtcp-xr=yes",
             "leg_id: 'a' silence: SILENCE_POLICY_COMFORT_NOISE rtcp_xr: true");
  EXPECT_FALSE(parse_leg("a").value.has_jitter_window_ms());
}

TEST(LegParser, Dtmf) {
  expect_leg(
      "a,codec=PCMA+telephone-event:101+red:121;101/101/101,dtmf-send=sip-info,dtmf-receive=in-band+"
      "no-rfc4733+no-sip-info,dtmf-block=random,dtmf-guard=40,dtmf-level=-12,dtmf-keep-audio",
      "leg_id: 'a' codecs { payload_type: 8 encoding: 'PCMA' } codecs { payload_type: 101 encoding: "
      "'telephone-event' } codecs { payload_type: 121 encoding: 'red' fmtp: '101/101/101' } "
      "dtmf { receive_in_band: DTMF_RECEIVE_ON receive_rfc4733: DTMF_RECEIVE_OFF receive_sip_info: "
      "DTMF_RECEIVE_OFF send: DTMF_SEND_SIP_INFO tone_guard_ms: 40 keep_audio: true level_dbm0: -12 block: "
      "DTMF_BLOCK_RANDOM }");
  expect_leg("a,dtmf-send=auto", "leg_id: 'a' dtmf { send: DTMF_SEND_AUTO }");
  expect_leg("a,dtmf-send=rfc4733", "leg_id: 'a' dtmf { send: DTMF_SEND_RFC4733 }");
  expect_leg("a,dtmf-send=in-band", "leg_id: 'a' dtmf { send: DTMF_SEND_IN_BAND }");
  expect_leg("a,dtmf-send=none", "leg_id: 'a' dtmf { send: DTMF_SEND_NONE }");
  expect_leg("a,dtmf-level=0", "leg_id: 'a' dtmf { level_dbm0: 0 }");
}

// RFC 4568 §9.1.
const std::string kKey = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";
const std::string kSrtp = "AES_CM_128_HMAC_SHA1_80:" + kKey;

TEST(LegParser, KeysOfSrtp) {
  const TemporaryFolder folder;
  const std::string file =
      folder.write("send", "AEAD_AES_128_GCM:AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHA==|2^20\n");
  expect_leg(
      "a,srtp-receive-roc=5,srtp-receive=" + kSrtp + "|1:4,srtp-send=@" + file,
      "leg_id: 'a' srtp_receive { suite: SRTP_SUITE_AES_CM_128_HMAC_SHA1_80 "
      "master_key: 'YS___semctl () {' master_salt: '\\t220;}\\n}\\nunles' mki: '\\000\\000\\000\\001' roc: 5 "
      "} "
      "srtp_send { suite: SRTP_SUITE_AEAD_AES_128_GCM "
      "master_key: '\\001\\002\\003\\004\\005\\006\\007\\010\\011\\012\\013\\014\\015\\016\\017\\020' "
      "master_salt: '\\021\\022\\023\\024\\025\\026\\027\\030\\031\\032\\033\\034' lifetime: 1048576 }");
  // Padding isn't taken for another "=".
  EXPECT_TRUE(parse_leg("a,srtp-send=AEAD_AES_128_GCM:AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHA==").ok());
}

TEST(LegParser, RocZeroIsNotUnset) {
  EXPECT_TRUE(parse_leg("a,srtp-send=" + kSrtp + ",srtp-send-roc=0").value.srtp_send().has_roc());
  EXPECT_FALSE(parse_leg("a,srtp-send=" + kSrtp).value.srtp_send().has_roc());
  EXPECT_EQ(parse_leg("a,srtp-send=" + kSrtp + ",srtp-send-roc=4294967295").value.srtp_send().roc(),
            0xffffffffU);
}

TEST(LegParser, Passthrough) {
  expect_leg("a,srtp=passthrough", "leg_id: 'a' srtp_passthrough: true");
}

struct SrtpCase {
  std::string text;
  const char* problem;
};

class LegParserBadSrtp : public ::testing::TestWithParam<SrtpCase> {};

TEST_P(LegParserBadSrtp, SaysWhatIsWrongAndNeverTheKey) {
  const auto problems = parse_leg(GetParam().text).problems;
  EXPECT_THAT(problems, ::testing::Contains(::testing::HasSubstr(GetParam().problem)));
  EXPECT_THAT(problems, ::testing::Each(::testing::Not(::testing::HasSubstr(kKey.substr(0, 8)))));
}

INSTANTIATE_TEST_SUITE_P(
    Cases, LegParserBadSrtp,
    ::testing::Values(
        SrtpCase{"a,srtp-receive=" + kSrtp + "|0", "': srtp-receive: the lifetime must be"},
        SrtpCase{"a,srtp-send=" + kSrtp + "=",
                 "--leg 'a,srtp-send=...': srtp-send: key and salt aren't base64"},
        SrtpCase{"a,srtp-receive=" + kKey, "srtp-receive: it is written SUITE:BASE64"},
        SrtpCase{"a,srtp-receive", "srtp-receive needs a value: srtp-receive=..."},
        SrtpCase{"a,srtp-receive=", "srtp-receive= needs a value"},
        SrtpCase{"a,srtp-receive=@/nonexistent",
                 "--leg 'a,srtp-receive=@/nonexistent': srtp-receive: file "
                 "/nonexistent: No such file"},
        SrtpCase{"a,srtp-send=" + kSrtp + ",srtp-send=" + kSrtp, "srtp-send is given twice"},
        SrtpCase{"a,srtp_receive=" + kSrtp, "'srtp_receive' is no key of a leg"},
        SrtpCase{"a,strp-receive=" + kSrtp, "'strp-receive' is no key of a leg"},
        SrtpCase{"a,srtp-receive=AES_CM_128_HMAC_SHA1_80," + kKey, "'...' is no key of a leg"},
        SrtpCase{kSrtp, "the leg's id must be"}, SrtpCase{"srtp-receive=" + kSrtp, "begin with the leg's id"},
        SrtpCase{"a,direction=" + kSrtp, "direction is one of"},
        SrtpCase{"a,srtp=" + kSrtp, "srtp can only be passthrough"},
        SrtpCase{"a,srtp=passthrough,srtp-receive=" + kSrtp, "srtp=passthrough goes without keys"},
        SrtpCase{"a,srtp-receive-roc=-1,srtp-receive=" + kSrtp, "srtp-receive-roc must be 0..4294967295"},
        SrtpCase{"a,srtp-send-roc=4294967296,srtp-send=" + kSrtp, "srtp-send-roc must be 0..4294967295"},
        SrtpCase{"a,srtp-send-roc=5,srtp-receive=" + kSrtp, "srtp-send-roc needs srtp-send"}));

}  // namespace
}  // namespace pollux::cli
