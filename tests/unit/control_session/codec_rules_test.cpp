#include "controlplane/session/codec_rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controlplane/sdp/codec_attribute.hpp"
#include "tests/support/control_fixture.hpp"

namespace pollux::control {
namespace {

using test::two_legs;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

CodecFormat codec(std::uint8_t payload_type, const char* encoding, std::uint32_t clock_rate = 0) {
  return {sdp::read_codec({encoding, clock_rate, 0, ""}).value(), payload_type};
}

// Two legs that are each other's sinks, each with a list.
SessionRequest call() {
  SessionRequest request = two_legs();
  request.legs[0].sinks = {"b"};
  request.legs[1].sinks = {"a"};
  request.legs[0].codecs = {codec(8, "PCMA"), codec(101, "telephone-event")};
  request.legs[1].codecs = {codec(96, "opus"), codec(18, "G729")};
  return request;
}

std::vector<CodecCost> all_codecs() {
  return test::FakeDataplane(1).costs;
}

Violations check(const SessionRequest& request, const std::vector<CodecCost>& known = all_codecs()) {
  Violations violations;
  check_codecs(
      request, known, [](std::size_t i) { return "legs[" + std::to_string(i) + "]"; }, violations);
  return violations;
}

// The one violation, as "field: description".
std::string wrong(const SessionRequest& request, const std::vector<CodecCost>& known = all_codecs()) {
  const Violations violations = check(request, known);
  EXPECT_EQ(violations.size(), 1U);
  return violations.empty() ? "" : violations[0].field + ": " + violations[0].description;
}

SessionRequest with_codecs(std::vector<CodecFormat> codecs) {
  SessionRequest request = call();
  request.legs[0].codecs = SharedList(std::move(codecs));
  return request;
}

TEST(CodecRules, TakeWhatIsRight) {
  EXPECT_THAT(check(call()), IsEmpty());
  SessionRequest plain = two_legs();
  EXPECT_THAT(check(plain), IsEmpty());
  EXPECT_THAT(
      check(with_codecs({codec(0, "PCMU"), codec(97, "PCMA"), codec(35, "L16", 16000), codec(63, "G722"),
                         codec(127, "opus"), codec(13, "CN"), codec(98, "CN", 16000)})),
      IsEmpty());
}

TEST(CodecRules, PayloadTypesAreTheCodecsOwn) {
  EXPECT_THAT(wrong(with_codecs({codec(128, "PCMA")})),
              HasSubstr("legs[0].codecs[0].payload_type: must be 0..63 or"));
  EXPECT_THAT(wrong(with_codecs({codec(64, "PCMA")})), HasSubstr("must be 0..63 or 96..127, not 64"));
  EXPECT_THAT(wrong(with_codecs({codec(95, "PCMA")})), HasSubstr("must be 0..63 or 96..127, not 95"));
  EXPECT_EQ(wrong(with_codecs({codec(8, "PCMA"), codec(96, "GSM"), codec(96, "L16")})),
            "legs[0].codecs[2].payload_type: 96 is there twice");
  EXPECT_EQ(
      wrong(with_codecs({codec(0, "PCMA")})),
      "legs[0].codecs[0].payload_type: 0 isn't PCMA, which is 8 (RFC 3551 section 6): use that, or one of "
      "96..127");
  EXPECT_EQ(wrong(with_codecs({codec(10, "L16", 48000)})),
            "legs[0].codecs[0].payload_type: 10 isn't L16 (RFC 3551 section 6): use one of 96..127");
  EXPECT_THAT(wrong(with_codecs({codec(8, "PCMA"), codec(13, "CN", 16000)})), HasSubstr("13 isn't CN"));
  EXPECT_THAT(wrong(with_codecs({codec(34, "opus")})), HasSubstr("34 isn't opus"));
}

TEST(CodecRules, AListHasAudio) {
  EXPECT_EQ(wrong(with_codecs({codec(13, "CN"), codec(101, "telephone-event")})),
            "legs[0].codecs: at least one must be audio: CN, telephone-event and red only ride along");
}

TEST(CodecRules, AListHasItsLength) {
  std::vector<CodecFormat> codecs;
  for (std::uint8_t number = 96; number < 96 + kMaxCodecs; ++number) {
    codecs.push_back(codec(number, "PCMA"));
  }
  EXPECT_THAT(check(with_codecs(codecs)), IsEmpty());
  codecs.push_back(codec(8, "PCMA"));
  EXPECT_EQ(wrong(with_codecs(codecs)), "legs[0].codecs: at most 24 codecs");
}

TEST(CodecRules, NamesWhatThisBuildLacks) {
  EXPECT_EQ(wrong(call(), {{CodecId::kPcma, 0, 0}, {CodecId::kOpus, 0, 0}}),
            "legs[1].codecs[1].encoding: this build of Pollux has no G729; it has: PCMA, opus");
}

TEST(CodecRules, AListRulesOutOtherFields) {
  SessionRequest request = call();
  request.legs[0].payload_types = {{8, 8, 0}};
  EXPECT_THAT(wrong(request), HasSubstr("legs[0].payload_types: not together with codecs"));
  request = call();
  request.legs[1].srtp_passthrough = true;
  EXPECT_THAT(wrong(request), HasSubstr("legs[1].srtp_passthrough: not together with codecs"));
}

TEST(CodecRules, EveryLegThatMediaGoesBetweenHasAList) {
  SessionRequest request = call();
  request.legs[1].codecs.clear();
  EXPECT_THAT(wrong(request),
              HasSubstr("legs[1].codecs: must be set: media goes between this leg and leg \"a\""));
  request.legs[1].sinks.clear();
  EXPECT_THAT(wrong(request), HasSubstr("legs[1].codecs: must be set"));
  request = call();
  request.legs[0].codecs.clear();
  request.legs[0].sinks.clear();
  EXPECT_THAT(wrong(request), HasSubstr("legs[0].codecs: must be set"));
  request.legs[1].sinks.clear();
  EXPECT_THAT(check(request), IsEmpty());
}

TEST(CodecRules, PtimeIsAWholeNumberOfFrames) {
  const auto with_ptime = [](const char* encoding, std::uint16_t ptime_ms) {
    SessionRequest request =
        with_codecs({codec(101, "telephone-event"), codec(96, encoding), codec(8, "PCMA")});
    request.legs[0].ptime_ms = ptime_ms;
    return request;
  };
  for (const auto& [encoding, ptime_ms] :
       std::initializer_list<std::pair<const char*, std::uint16_t>>{{"PCMA", 0},
                                                                    {"PCMA", 5},
                                                                    {"PCMA", 7},
                                                                    {"PCMA", 60},
                                                                    {"G726-24", 33},
                                                                    {"G729", 10},
                                                                    {"G729", 50},
                                                                    {"GSM", 40},
                                                                    {"opus", 5},
                                                                    {"opus", 120},
                                                                    {"L16", 60}}) {
    EXPECT_THAT(check(with_ptime(encoding, ptime_ms)), IsEmpty()) << encoding << " " << ptime_ms;
  }
  EXPECT_THAT(wrong(with_ptime("PCMA", 4)),
              HasSubstr("legs[0].ptime_ms: must be 0 (as it comes) or 5..120, not 4"));
  EXPECT_THAT(wrong(with_ptime("opus", 121)), HasSubstr("5..120, not 121"));
  EXPECT_THAT(wrong(with_ptime("PCMA", 61)), HasSubstr("must be at most 60 for PCMA, the first audio codec"));
  EXPECT_THAT(wrong(with_ptime("G729", 15)), HasSubstr("must be a multiple of 10 for the frames of G729"));
  EXPECT_THAT(wrong(with_ptime("GSM", 30)), HasSubstr("must be a multiple of 20 for the frames of GSM"));
  EXPECT_THAT(wrong(with_ptime("opus", 12)), HasSubstr("must be a multiple of 5 for the frames of opus"));
}

TEST(CodecRules, JitterWindowHasBounds) {
  SessionRequest request = call();
  request.legs[0].jitter_window_ms = 0;
  request.legs[1].jitter_window_ms = 500;
  EXPECT_THAT(check(request), IsEmpty());
  request.legs[1].jitter_window_ms = 501;
  EXPECT_THAT(wrong(request), HasSubstr("legs[1].jitter_window_ms: must be 0"));
}

TEST(CodecRules, SayWhatHasNoEffectWithoutAList) {
  SessionRequest request = two_legs();
  request.legs[0].ptime_ms = 20;
  request.legs[0].dtx = true;
  request.legs[1].rtcp_xr = true;
  request.legs[1].jitter_window_ms = 60;  // stays over an Update that takes the codecs away
  std::vector<std::string> fields;
  for (const FieldViolation& violation : check(request)) {
    fields.push_back(violation.field);
    EXPECT_THAT(violation.description, HasSubstr("only with codecs"));
  }
  EXPECT_THAT(fields, ElementsAre("legs[0].ptime_ms", "legs[0].dtx", "legs[1].rtcp_xr"));
}

TEST(CodecRules, LooksAtNoMoreThanThereMayBe) {
  SessionRequest request = call();
  request.legs[0].codecs = SharedList(std::vector(10000, codec(8, "PCMA")));
  EXPECT_EQ(check(request).size(), kMaxCodecs);  // one about the number, the rest about repeated 8s
}

TEST(CodecRules, TheJitterWindowIsTheNodesWhereThereAreCodecs) {
  SessionRequest request = call();
  request.legs[0].jitter_window_ms = 0;
  NodeDefaults defaults;
  defaults.jitter_window_ms = 80;
  resolve_defaults(request, defaults, SinkDefault::kEachOther);
  EXPECT_EQ(request.legs[0].jitter_window_ms, 0);
  EXPECT_EQ(request.legs[1].jitter_window_ms, 80);
  SessionRequest plain = two_legs();
  resolve_defaults(plain, defaults, SinkDefault::kEachOther);
  EXPECT_FALSE(plain.legs[0].jitter_window_ms);
}

}  // namespace
}  // namespace pollux::control
