#include "controlplane/cli/render_dtmf.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controlplane/cli/render_session.hpp"
#include "tests/unit/cli/messages.hpp"

namespace pollux::cli {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

v1::Session call() {
  return message<v1::Session>(R"(
    session_id: "call-1"
    spec { legs { leg_id: "a" sinks: "b" codecs { payload_type: 8 encoding: "PCMA" } }
           legs { leg_id: "b" sinks: "a" codecs { payload_type: 8 encoding: "PCMA" } } }
    state {
      legs { leg_id: "a" dtmf { send: DTMF_SEND_RFC4733
        ways { way: DTMF_WAY_IN_BAND }
        ways { way: DTMF_WAY_RFC4733 received: true seen: 12 merged: 1 repaired: 2 sent: 5 }
        ways { way: DTMF_WAY_SIP_INFO received: true seen: 3 merged: 3 } } }
      legs { leg_id: "b" dtmf { send: DTMF_SEND_IN_BAND
        ways { way: DTMF_WAY_IN_BAND received: true sent: 12 }
        ways { way: DTMF_WAY_RFC4733 }
        ways { way: DTMF_WAY_SIP_INFO received: true } } } })");
}

TEST(RenderDtmf, WaysThatAreOpenOrWereUsed) {
  EXPECT_EQ(render_dtmf(call(), Style{}),
            "LEG  KEY PRESSES BY  TAKEN  SEEN  MERGED  REPAIRED  SENT BY IT  SENT  REFUSED\n"
            "a    RFC 4733        yes      12       1         2  yes            5        0\n"
            "a    SIP INFO        yes       3       3         0  no             0        0\n"
            "b    in-band         yes       0       0         0  yes           12        0\n"
            "b    SIP INFO        yes       0       0         0  no             0        0\n");
}

TEST(RenderDtmf, IsPartOfTheSession) {
  EXPECT_THAT(render_session(call(), 0, std::nullopt, Style{}), HasSubstr("\n\nLEG  KEY PRESSES BY  TAKEN"));
}

TEST(RenderDtmf, LegsWithoutCodecsHaveNone) {
  EXPECT_EQ(render_dtmf(message<v1::Session>("spec { legs { leg_id: 'a' } } state { legs { leg_id: 'a' } }"),
                        Style{}),
            "");
}

TEST(RenderDtmf, AUsedWayIsShownThoughItIsClosed) {
  auto session = call();
  session.mutable_state()->mutable_legs(1)->mutable_dtmf()->mutable_ways(1)->set_refused(4);
  EXPECT_THAT(
      render_dtmf(session, Style{}),
      AllOf(HasSubstr("b    RFC 4733        no        0       0         0  no             0        4\n"),
            EndsWith("  note: leg b: 4 key presses refused: by a way that isn't taken, an event that "
                     "isn't in the fmtp of telephone-event, or more than 64 waiting\n")));
}

TEST(RenderDtmf, SaysWhyDigitsMayNotArrive) {
  auto session = call();
  auto& a = *session.mutable_state()->mutable_legs(0)->mutable_dtmf();
  EXPECT_THAT(render_dtmf(session, Style{}), Not(HasSubstr("note:")));
  a.mutable_ways(1)->set_seen(0);
  a.mutable_ways(2)->set_seen(0);
  EXPECT_THAT(
      render_dtmf(session, Style{}),
      EndsWith("  note: no key press of leg a has come. It agreed to telephone-event, so tones in its "
               "audio aren't looked for: if it sends those all the same, dtmf-receive=in-band\n"));
  a.mutable_ways(0)->set_received(true);
  EXPECT_THAT(render_dtmf(session, Style{}), Not(HasSubstr("note:")));
}

TEST(RenderDtmf, SaysWhoSendsTheInfo) {
  auto session = call();
  session.mutable_state()->mutable_legs(1)->mutable_dtmf()->set_send(v1::DTMF_SEND_SIP_INFO);
  EXPECT_THAT(render_dtmf(session, Style{}),
              EndsWith("  note: leg b gets those of leg a by SIP INFO, which the signalling has to send: "
                       "polluxctl events shows what it is told\n"));
  session.mutable_state()->mutable_legs(1)->mutable_dtmf()->set_send(v1::DTMF_SEND_NONE);
  EXPECT_THAT(render_dtmf(session, Style{}),
              EndsWith("  note: leg b gets no key presses of leg a: its dtmf-send is none\n"));
}

TEST(RenderDtmf, SaysWhatIsBlocked) {
  auto session = call();
  session.mutable_spec()->mutable_legs(0)->mutable_dtmf()->set_block(v1::DTMF_BLOCK_SILENCE);
  session.mutable_state()->mutable_legs(1)->mutable_dtmf()->set_send(v1::DTMF_SEND_SIP_INFO);
  EXPECT_THAT(render_dtmf(session, Style{}),
              EndsWith("0\n  note: key presses of leg a are kept from its sinks (block: silence); polluxctl "
                       "dtmf unblock call-1 a\n"));
}

TEST(DtmfText, OnlyWhatIsNotTheDefault) {
  EXPECT_EQ(dtmf_text(message<v1::LegSpec>("")), "");
  EXPECT_EQ(
      dtmf_text(message<v1::LegSpec>(
          "dtmf { receive_in_band: DTMF_RECEIVE_AUTO receive_rfc4733: DTMF_RECEIVE_AUTO "
          "receive_sip_info: DTMF_RECEIVE_AUTO send: DTMF_SEND_AUTO level_dbm0: -8 block: DTMF_BLOCK_OFF }")),
      "");
  EXPECT_EQ(
      dtmf_text(message<v1::LegSpec>(
          "dtmf { receive_in_band: DTMF_RECEIVE_ON receive_rfc4733: DTMF_RECEIVE_OFF "
          "receive_sip_info: DTMF_RECEIVE_OFF send: DTMF_SEND_NONE level_dbm0: 0 block: DTMF_BLOCK_TONE "
          "tone_guard_ms: 40 keep_audio: true }")),
      "DTMF sent none, in-band taken, RFC 4733 not taken, SIP INFO not taken, blocked (tone), guard 40 ms, "
      "level 0 dBm0, audio kept");
  EXPECT_THAT(render_session(message<v1::Session>("spec { legs { leg_id: 'a' codecs { encoding: 'PCMA' } "
                                                  "dtmf { send: DTMF_SEND_IN_BAND } } }"),
                             0, std::nullopt, Style{}),
              HasSubstr("codecs PCMA:0, DTMF sent in-band"));
}

}  // namespace
}  // namespace pollux::cli
