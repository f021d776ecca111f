#include "controlplane/session/dtmf_rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controlplane/sdp/codec_attribute.hpp"
#include "tests/support/control_fixture.hpp"

namespace pollux::control {
namespace {

using test::two_legs;
using testing::ElementsAre;
using testing::IsEmpty;

CodecFormat codec(std::uint8_t payload_type, const char* encoding, const char* fmtp = "",
                  std::uint32_t clock_rate = 0) {
  return {sdp::read_codec({encoding, clock_rate, 0, fmtp}).value(), payload_type};
}

// Each other's sinks: a with telephone-event, b without.
SessionRequest call() {
  SessionRequest request = two_legs();
  request.legs[0].sinks = {"b"};
  request.legs[1].sinks = {"a"};
  request.legs[0].codecs = {codec(8, "PCMA"), codec(101, "telephone-event")};
  request.legs[1].codecs = {codec(0, "PCMU")};
  return request;
}

std::vector<std::string> check(const SessionRequest& request) {
  Violations violations;
  check_dtmf(
      request, [](std::size_t i) { return "legs[" + std::to_string(i) + "]"; }, violations);
  std::vector<std::string> lines;
  for (const FieldViolation& violation : violations) {
    lines.push_back(violation.field + ": " + violation.description);
  }
  return lines;
}

TEST(DtmfRules, TakeWhatIsRight) {
  EXPECT_THAT(check(call()), IsEmpty());
  EXPECT_THAT(check(two_legs()), IsEmpty());
  SessionRequest request = call();
  request.legs[0].dtmf.send = DtmfSend::kRfc4733;
  request.legs[0].dtmf.receive_rfc4733 = DtmfReceive::kOn;
  request.legs[0].dtmf.receive_in_band = DtmfReceive::kOn;
  request.legs[0].dtmf.tone_guard_ms = 100;
  request.legs[0].dtmf.level_dbm0 = 36;
  request.legs[1].dtmf.send = DtmfSend::kInBand;
  request.legs[1].dtmf.receive_rfc4733 = DtmfReceive::kOff;
  request.legs[1].dtmf.block = DtmfBlock::kTone;
  EXPECT_THAT(check(request), IsEmpty());
}

TEST(DtmfRules, WithoutCodecsNothingMayBeSet) {
  SessionRequest request = two_legs();
  request.legs[1].dtmf.keep_audio = true;
  EXPECT_THAT(check(request),
              ElementsAre("legs[1].dtmf: has an effect only with codecs: give the leg codecs, or leave "
                          "this out"));
}

TEST(DtmfRules, EventsNeedTelephoneEvent) {
  SessionRequest request = call();
  request.legs[1].dtmf.send = DtmfSend::kRfc4733;
  request.legs[1].dtmf.receive_rfc4733 = DtmfReceive::kOn;
  EXPECT_THAT(check(request),
              ElementsAre("legs[1].dtmf.send: can't be RFC4733: codecs has no telephone-event; offer it to "
                          "the party, or use AUTO",
                          "legs[1].dtmf.receive_rfc4733: can't be ON: codecs has no telephone-event; offer "
                          "it to the party, or use AUTO"));
}

TEST(DtmfRules, TonesNeedACodecThatCarriesThem) {
  for (const char* const name : {"G729", "GSM", "G726-16", "G726-24"}) {
    SessionRequest request = call();
    request.legs[1].dtmf.send = DtmfSend::kInBand;
    request.legs[1].codecs = {codec(101, "telephone-event"), codec(97, name), codec(0, "PCMU")};
    EXPECT_THAT(check(request), ElementsAre("legs[1].dtmf.send: can't be IN_BAND: " + std::string(name) +
                                            ", the first audio codec, doesn't carry tones; offer "
                                            "telephone-event to the party, or use SIP_INFO"));
  }
  for (const char* const name : {"PCMA", "G722", "G726-32", "G726-40", "opus", "L16"}) {
    SessionRequest request = call();
    request.legs[1].dtmf.send = DtmfSend::kInBand;
    request.legs[1].codecs = {codec(97, name), codec(18, "G729")};
    EXPECT_THAT(check(request), IsEmpty()) << name;
  }
}

TEST(DtmfRules, Ranges) {
  SessionRequest request = call();
  request.legs[0].dtmf.tone_guard_ms = 101;
  request.legs[0].dtmf.level_dbm0 = 37;
  EXPECT_THAT(check(request), ElementsAre("legs[0].dtmf.tone_guard_ms: must be 0..100, not 101",
                                          "legs[0].dtmf.level_dbm0: must be -36..0"));
}

TEST(DtmfRules, RedRepeatsTheLegsOwnEvents) {
  SessionRequest request = call();
  auto& codecs = request.legs[0].codecs;
  codecs.push_back(codec(121, "red", "101/101"));
  EXPECT_THAT(check(request), IsEmpty());
  codecs.at(2) = codec(121, "red", "102/102");
  const std::string wrong =
      "legs[0].codecs[2].fmtp: 102 must be the payload type of the leg's telephone-event: only that is "
      "repeated in red; ";
  EXPECT_THAT(check(request), ElementsAre(wrong + "codecs has none with this number"));
  codecs.push_back(codec(102, "opus"));
  EXPECT_THAT(check(request), ElementsAre(wrong + "it is opus"));
  codecs.at(3) = codec(102, "telephone-event", "", 48000);
  EXPECT_THAT(check(request), ElementsAre("legs[0].codecs[2].clock_rate: must be 48000, as of payload type "
                                          "102 inside, not 8000"));
}

TEST(DtmfRules, LooksAtNoMoreLegsAndCodecsThanAllowed) {
  SessionRequest request = call();
  request.legs.resize(kMaxLegs + 1);
  request.legs[kMaxLegs].dtmf.keep_audio = true;
  EXPECT_THAT(check(request), IsEmpty());
  SessionRequest many = call();
  many.legs[1].codecs = SharedList(std::vector(kMaxCodecs, codec(0, "PCMU")));
  many.legs[1].codecs.push_back(codec(121, "red", "102/102"));
  EXPECT_THAT(check(many), IsEmpty());
}

DtmfWays ways(const SessionRequest& request, std::size_t leg) {
  return dtmf_ways(request, request.legs[leg]);
}

TEST(DtmfWays, FollowTheCodecs) {
  const SessionRequest request = call();
  EXPECT_EQ(ways(request, 0).send, DtmfSend::kRfc4733);
  EXPECT_EQ(ways(request, 1).send, DtmfSend::kInBand);
  EXPECT_THAT(ways(request, 0).received, ElementsAre(false, true, true));
  EXPECT_THAT(ways(request, 1).received, ElementsAre(true, false, true));  // a gets events
}

TEST(DtmfWays, TonesThatNobodyNeedsArentLookedFor) {
  SessionRequest request = call();
  request.legs[0].codecs = {codec(8, "PCMA")};
  EXPECT_THAT(ways(request, 1).received, ElementsAre(false, false, true));
  request.legs[1].dtmf.block = DtmfBlock::kDrop;
  EXPECT_THAT(ways(request, 1).received, ElementsAre(true, false, true));
  request.legs[1].dtmf.block = DtmfBlock::kOff;
  request.legs[0].codecs = {codec(18, "G729")};  // gets them by SIP INFO
  EXPECT_EQ(ways(request, 0).send, DtmfSend::kSipInfo);
  EXPECT_THAT(ways(request, 1).received, ElementsAre(true, false, true));
  request.legs[1].sinks.clear();
  EXPECT_THAT(ways(request, 1).received, ElementsAre(false, false, true));
}

TEST(DtmfWays, CanBeForced) {
  SessionRequest request = call();
  request.legs[0].dtmf.receive_in_band = DtmfReceive::kOn;
  request.legs[0].dtmf.receive_rfc4733 = DtmfReceive::kOff;
  request.legs[0].dtmf.receive_sip_info = DtmfReceive::kOff;
  request.legs[0].dtmf.send = DtmfSend::kNone;
  request.legs[1].dtmf.receive_in_band = DtmfReceive::kOff;
  EXPECT_EQ(ways(request, 0).send, DtmfSend::kNone);
  EXPECT_THAT(ways(request, 0).received, ElementsAre(true, false, false));
  EXPECT_THAT(ways(request, 1).received, ElementsAre(false, false, true));
}

TEST(InfoLegs, AreTheSinksThatGetPressesThatWay) {
  SessionRequest request = call();
  EXPECT_THAT(info_legs(request, request.legs[0], false), IsEmpty());
  request.legs[1].codecs = {codec(18, "G729")};
  EXPECT_THAT(info_legs(request, request.legs[0], false), ElementsAre("b"));
  EXPECT_THAT(info_legs(request, request.legs[1], false), IsEmpty());
  EXPECT_THAT(info_legs(request, request.legs[1], true), ElementsAre("b"));
  request.legs[0].dtmf.block = DtmfBlock::kSilence;
  EXPECT_THAT(info_legs(request, request.legs[0], false), IsEmpty());
  request.legs[0].dtmf.block = DtmfBlock::kOff;
  request.legs[0].sinks.clear();
  EXPECT_THAT(info_legs(request, request.legs[0], false), IsEmpty());
}

}  // namespace
}  // namespace pollux::control
