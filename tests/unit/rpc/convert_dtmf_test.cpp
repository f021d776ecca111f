#include "controlplane/rpc/convert_dtmf.hpp"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include "controlplane/rpc/convert.hpp"
#include "tests/support/rpc_fixture.hpp"

namespace pollux::rpc {
namespace {

using namespace std::chrono_literals;
using google::protobuf::util::MessageDifferencer;
using test::RpcFixture;
using testing::ElementsAre;
using testing::IsEmpty;

const std::vector<config::NetworkConfig> kNetworks = test::two_networks();
const std::vector<CodecCost> kCosts = test::FakeDataplane(1).costs;

control::NodeDefaults defaults() {
  control::NodeDefaults defaults{kNetworks, 60s};
  defaults.codecs = kCosts;
  return defaults;
}

v1::CreateRequest request() {
  v1::CreateRequest request = RpcFixture::create_request("call");
  for (v1::LegSpec& leg : *request.mutable_spec()->mutable_legs()) {
    v1::Codec& audio = *leg.add_codecs();
    audio.set_payload_type(8);
    audio.set_encoding("PCMA");
    v1::Codec& events = *leg.add_codecs();
    events.set_payload_type(101);
    events.set_encoding("telephone-event");
  }
  return request;
}

v1::DtmfPolicy full_policy() {
  v1::DtmfPolicy policy;
  policy.set_receive_in_band(v1::DTMF_RECEIVE_ON);
  policy.set_receive_rfc4733(v1::DTMF_RECEIVE_OFF);
  policy.set_receive_sip_info(v1::DTMF_RECEIVE_OFF);
  policy.set_send(v1::DTMF_SEND_IN_BAND);
  policy.set_tone_guard_ms(40);
  policy.set_keep_audio(true);
  policy.set_level_dbm0(-20);
  policy.set_block(v1::DTMF_BLOCK_TONE);
  return policy;
}

std::vector<std::string> lines(const control::Violations& violations) {
  std::vector<std::string> lines;
  for (const auto& violation : violations) {
    lines.push_back(violation.field + ": " + violation.description);
  }
  return lines;
}

control::SessionRequest read(const v1::CreateRequest& from) {
  control::Violations violations;
  auto result = read_create(from, defaults(), violations);
  EXPECT_THAT(lines(violations), IsEmpty());
  return result;
}

std::vector<std::string> wrong(const v1::CreateRequest& from) {
  control::Violations violations;
  read_create(from, defaults(), violations);
  return lines(violations);
}

TEST(ConvertDtmf, ReadsAndWritesEveryField) {
  v1::CreateRequest from = request();
  *from.mutable_spec()->mutable_legs(0)->mutable_dtmf() = full_policy();
  const control::SessionRequest session = read(from);
  const DtmfPolicy& policy = session.legs[0].dtmf;
  EXPECT_EQ(policy, (DtmfPolicy{DtmfReceive::kOn, DtmfReceive::kOff, DtmfReceive::kOff, DtmfSend::kInBand, 40,
                                true, 20, DtmfBlock::kTone}));
  EXPECT_EQ(session.legs[1].dtmf, DtmfPolicy{});

  control::SessionView view;
  view.id = "call";
  view.request = std::make_shared<control::SessionRequest>(session);
  v1::Session written;
  write_session(view, written);
  EXPECT_TRUE(MessageDifferencer::Equals(written.spec().legs(0).dtmf(), full_policy()));
  v1::CreateRequest again;
  again.set_session_id("call");
  *again.mutable_spec() = written.spec();
  EXPECT_EQ(read(again), session);
}

TEST(ConvertDtmf, TheDefaultsAreWrittenOutWhereThereAreCodecs) {
  control::SessionView view;
  view.request = std::make_shared<control::SessionRequest>(read(request()));
  v1::Session written;
  write_session(view, written);
  v1::DtmfPolicy expected;
  expected.set_receive_in_band(v1::DTMF_RECEIVE_AUTO);
  expected.set_receive_rfc4733(v1::DTMF_RECEIVE_AUTO);
  expected.set_receive_sip_info(v1::DTMF_RECEIVE_AUTO);
  expected.set_send(v1::DTMF_SEND_AUTO);
  expected.set_level_dbm0(-8);
  expected.set_block(v1::DTMF_BLOCK_OFF);
  EXPECT_TRUE(MessageDifferencer::Equals(written.spec().legs(0).dtmf(), expected))
      << written.spec().legs(0).dtmf().DebugString();
  view.request = std::make_shared<control::SessionRequest>(read(RpcFixture::create_request("call")));
  written.Clear();
  write_session(view, written);
  EXPECT_FALSE(written.spec().legs(0).has_dtmf());
}

TEST(ConvertDtmf, EveryValueThereAndBack) {
  for (int send = 1; send < v1::DtmfSend_ARRAYSIZE; ++send) {
    for (int block = 1; block < v1::DtmfBlock_ARRAYSIZE; ++block) {
      for (int receive = 1; receive < v1::DtmfReceive_ARRAYSIZE; ++receive) {
        v1::LegSpec leg;
        v1::DtmfPolicy& policy = *leg.mutable_dtmf();
        policy.set_send(static_cast<v1::DtmfSend>(send));
        policy.set_block(static_cast<v1::DtmfBlock>(block));
        policy.set_receive_in_band(static_cast<v1::DtmfReceive>(receive));
        control::LegRequest read;
        control::Violations violations;
        read_dtmf(leg, control::LegFields::all(), "leg", read, violations);
        EXPECT_THAT(violations, IsEmpty());
        v1::DtmfPolicy written;
        write_dtmf_policy(read.dtmf, written);
        EXPECT_EQ(written.send(), policy.send());
        EXPECT_EQ(written.block(), policy.block());
        EXPECT_EQ(written.receive_in_band(), policy.receive_in_band());
      }
    }
  }
}

TEST(ConvertDtmf, NamesWhatIsWrong) {
  v1::CreateRequest from = request();
  v1::DtmfPolicy& policy = *from.mutable_spec()->mutable_legs(1)->mutable_dtmf();
  policy.set_send(static_cast<v1::DtmfSend>(9));
  policy.set_block(static_cast<v1::DtmfBlock>(9));
  policy.set_receive_in_band(static_cast<v1::DtmfReceive>(9));
  policy.set_tone_guard_ms(70'000);
  policy.set_level_dbm0(8);
  EXPECT_THAT(wrong(from), ElementsAre("spec.legs[1].dtmf.receive_in_band: unknown value 9",
                                       "spec.legs[1].dtmf.send: unknown value 9",
                                       "spec.legs[1].dtmf.level_dbm0: must be -36..0 dBm0, not 8",
                                       "spec.legs[1].dtmf.block: unknown value 9",
                                       "spec.legs[1].dtmf.tone_guard_ms: must be 0..100, not 65535"));
  policy.Clear();
  policy.set_level_dbm0(-37);
  EXPECT_THAT(wrong(from), ElementsAre("spec.legs[1].dtmf.level_dbm0: must be -36..0 dBm0, not -37"));
}

TEST(ConvertDtmf, RedNeedsTheLegsTelephoneEvent) {
  v1::CreateRequest from = request();
  v1::Codec& red = *from.mutable_spec()->mutable_legs(0)->add_codecs();
  red.set_payload_type(121);
  red.set_encoding("red");
  red.set_fmtp("101/101/101");
  const control::SessionRequest session = read(from);
  EXPECT_EQ(session.legs[0].codecs[2].params.redundancy, 2);
  control::SessionView view;
  view.request = std::make_shared<control::SessionRequest>(session);
  v1::Session written;
  write_session(view, written);
  EXPECT_EQ(written.spec().legs(0).codecs(2).fmtp(), "101/101/101");
  red.set_fmtp("8/8");
  EXPECT_THAT(wrong(from), ElementsAre(testing::StartsWith("spec.legs[0].codecs[2].fmtp: 8 must be")));
}

// What is read of an InjectDtmf, or what is wrong with it.
struct Read {
  DtmfInjection injection;
  std::vector<std::string> wrong;
  std::vector<int> events() const { return {injection.events.begin(), injection.events.end()}; }
};
Read read(const v1::InjectDtmfRequest& request) {
  Read result;
  control::Violations violations;
  result.injection = read_injection(request, violations);
  result.wrong = lines(violations);
  return result;
}

TEST(ReadInjection, Digits) {
  v1::InjectDtmfRequest request;
  request.set_digits("09*#aD!");
  const Read usual = read(request);
  EXPECT_THAT(usual.wrong, IsEmpty());
  EXPECT_THAT(usual.events(), ElementsAre(0, 9, 10, 11, 12, 15, 16));
  EXPECT_EQ(usual.injection.duration_ms, 160);
  EXPECT_EQ(usual.injection.gap_ms, 40);
  EXPECT_EQ(usual.injection.level_dbm0, 0);
  EXPECT_FALSE(usual.injection.pressed_by_party);
  EXPECT_EQ(digits_of(usual.injection), "09*#AD!");
  request.set_duration_ms(20'000);
  request.set_gap_ms(1);
  request.set_volume_dbm0(-36);
  request.set_pressed_by_party(true);
  const Read special = read(request);
  EXPECT_THAT(special.wrong, IsEmpty());
  EXPECT_EQ(special.injection.duration_ms, 20'000);
  EXPECT_EQ(special.injection.gap_ms, 1);
  EXPECT_EQ(special.injection.level_dbm0, 36);
  EXPECT_TRUE(special.injection.pressed_by_party);
}

TEST(ReadInjection, WrongDigitsAreNamedByTheirPlace) {
  v1::InjectDtmfRequest request;
  EXPECT_THAT(read(request).wrong,
              ElementsAre("digits: must name the keys to press: 0..9, *, #, A..D, ! (flash)"));
  request.set_digits("1 2x");
  EXPECT_THAT(read(request).wrong,
              ElementsAre("digits[1]: must be one of 0..9, *, #, A..D, ! (flash), not \" \"",
                          "digits[3]: must be one of 0..9, *, #, A..D, ! (flash), not \"x\""));
  request.set_digits(std::string(64, '1'));
  EXPECT_THAT(read(request).wrong, IsEmpty());
  request.set_digits(std::string(65, '1'));
  EXPECT_THAT(read(request).wrong, ElementsAre("digits: at most 64 in one call, not 65"));
}

TEST(ReadInjection, Ranges) {
  v1::InjectDtmfRequest request;
  request.set_digits("1");
  request.set_duration_ms(20'001);
  request.set_gap_ms(100'000);
  request.set_volume_dbm0(0);
  EXPECT_THAT(read(request).wrong, ElementsAre("duration_ms: must be at most 20000, not 20001",
                                               "gap_ms: must be at most 20000, not 100000",
                                               "volume_dbm0: must be -36..-1 dBm0, not 0"));
}

TEST(ReadInjection, BodiesOfSipInfo) {
  v1::InjectDtmfRequest request;
  request.mutable_info()->set_content_type("application/dtmf-relay");
  request.mutable_info()->set_body("Signal=*\r\nDuration=250\r\n");
  request.set_pressed_by_party(true);
  const Read from_body = read(request);
  EXPECT_THAT(from_body.wrong, IsEmpty());
  EXPECT_THAT(from_body.events(), ElementsAre(10));
  EXPECT_EQ(from_body.injection.duration_ms, 250);
  request.set_duration_ms(90);
  EXPECT_EQ(read(request).injection.duration_ms, 90);
  request.mutable_info()->set_body("Duration=250\nSignal=x");
  EXPECT_THAT(read(request).wrong, ElementsAre(testing::StartsWith("info.body: line 2: Signal must be")));
  request.mutable_info()->set_content_type("text/plain");
  EXPECT_THAT(read(request).wrong, ElementsAre(testing::StartsWith("info.content_type: must be")));
}

TEST(ReadBlockMode, DropsWhereNothingIsSaid) {
  v1::BlockDtmfRequest request;
  control::Violations violations;
  EXPECT_EQ(read_block_mode(request, violations), DtmfBlock::kDrop);
  request.set_mode(v1::DTMF_BLOCK_RANDOM);
  EXPECT_EQ(read_block_mode(request, violations), DtmfBlock::kRandom);
  EXPECT_THAT(violations, IsEmpty());
  request.set_mode(v1::DTMF_BLOCK_OFF);
  read_block_mode(request, violations);
  EXPECT_THAT(lines(violations),
              ElementsAre("mode: must be DROP, SILENCE, TONE or RANDOM; UnblockDtmf ends a block"));
}

TEST(WriteDtmfState, WaysAndTheirCounts) {
  control::DtmfWays ways;
  ways.send = DtmfSend::kSipInfo;
  ways.received = {true, false, true};
  DtmfCounts<std::uint64_t> counts{};
  counts[1] = {1, 2, 3, 4, 5};  // in the order of DtmfCount
  v1::DtmfState state;
  write_dtmf_state(ways, counts, state);
  EXPECT_EQ(state.send(), v1::DTMF_SEND_SIP_INFO);
  ASSERT_EQ(state.ways_size(), 3);
  EXPECT_EQ(state.ways(0).way(), v1::DTMF_WAY_IN_BAND);
  EXPECT_TRUE(state.ways(0).received());
  EXPECT_EQ(state.ways(0).seen(), 0U);
  EXPECT_EQ(state.ways(1).way(), v1::DTMF_WAY_RFC4733);
  EXPECT_FALSE(state.ways(1).received());
  EXPECT_EQ(state.ways(1).seen(), 1U);
  EXPECT_EQ(state.ways(1).merged(), 2U);
  EXPECT_EQ(state.ways(1).sent(), 3U);
  EXPECT_EQ(state.ways(1).repaired(), 4U);
  EXPECT_EQ(state.ways(1).refused(), 5U);
  EXPECT_EQ(state.ways(2).way(), v1::DTMF_WAY_SIP_INFO);
}

control::LoggedEvent press(DtmfPhase phase, std::uint8_t event) {
  control::LoggedEvent logged;
  logged.type = control::LogEventType::kDtmf;
  logged.session_id = "call";
  logged.leg_id = "a";
  logged.press = control::LoggedPress{{event, DtmfWay::kRfc4733, phase, 10, 200, 0},
                                      std::chrono::system_clock::time_point(1'700'000'000'250ms),
                                      {"b"}};
  return logged;
}

TEST(WritePress, StartAndEnd) {
  v1::Event event;
  write_event(press(DtmfPhase::kStart, 5), event);
  EXPECT_EQ(event.type(), v1::EVENT_TYPE_DTMF);
  EXPECT_EQ(event.dtmf().digit(), "5");
  EXPECT_EQ(event.dtmf().way(), v1::DTMF_WAY_RFC4733);
  EXPECT_EQ(event.dtmf().phase(), v1::DTMF_PHASE_START);
  EXPECT_EQ(event.dtmf().start_time().seconds(), 1'700'000'000);
  EXPECT_EQ(event.dtmf().start_time().nanos(), 250'000'000);
  EXPECT_EQ(event.dtmf().volume_dbm0(), -10);
  EXPECT_EQ(event.dtmf().duration_ms(), 0U);
  EXPECT_EQ(event.dtmf().info_dtmf_relay(), "");
  EXPECT_THAT(event.dtmf().info_leg_ids(), IsEmpty());
  v1::Event end;
  write_event(press(DtmfPhase::kEnd, 5), end);
  EXPECT_EQ(end.dtmf().phase(), v1::DTMF_PHASE_END);
  EXPECT_EQ(end.dtmf().duration_ms(), 200U);
  EXPECT_EQ(end.dtmf().info_dtmf_relay(), "Signal=5\r\nDuration=200\r\n");
  EXPECT_EQ(end.dtmf().info_dtmf(), "5");
  EXPECT_THAT(end.dtmf().info_leg_ids(), ElementsAre("b"));
}

TEST(WritePress, FlashAndUnknownVolume) {
  control::LoggedEvent logged = press(DtmfPhase::kEnd, kFlashEvent);
  logged.press->press.volume = 0;
  v1::Event event;
  write_event(logged, event);
  EXPECT_EQ(event.dtmf().digit(), "!");
  EXPECT_FALSE(event.dtmf().has_volume_dbm0());
  EXPECT_EQ(event.dtmf().info_dtmf_relay(), "Signal=16\r\nDuration=200\r\n");
  EXPECT_EQ(event.dtmf().info_dtmf(), "");
}

}  // namespace
}  // namespace pollux::rpc
