#include "controlplane/cli/render_srtp.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controlplane/cli/render_session.hpp"
#include "tests/unit/cli/messages.hpp"

namespace pollux::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

v1::Session encrypted() {
  return message<v1::Session>(R"(
    session_id: "call-1"
    spec { legs { leg_id: "a"
             srtp_receive { suite: SRTP_SUITE_AES_CM_128_HMAC_SHA1_80 mki: "\000\000\000\001"
                            lifetime: 4194304 }
             srtp_send { suite: SRTP_SUITE_AEAD_AES_256_GCM } }
           legs { leg_id: "b" } }
    state { legs { leg_id: "a"
              srtp_receive { rtp_packets: 12345 rtcp_packets: 7 rtp_packets_left: 4181959 overlap: true
                             streams { ssrc: 71475905 roc: 2 sequence: 65535 } }
              srtp_send { rtp_packets: 99 rtcp_packets: 2 rtp_packets_left: 281474976710557
                          streams { ssrc: 66 sequence: 99 } } }
            legs { leg_id: "b" } })");
}

TEST(RenderSrtp, ALinePerDirection) {
  EXPECT_EQ(
      render_srtp(encrypted(), Style{}),
      "leg a SRTP received: AES_CM_128_HMAC_SHA1_80, MKI 1:4, 12.3 k RTP and 7 RTCP packets opened, SSRC "
      "0x0442a2c1 at ROC 2 sequence 65535, 4.18 M packets left of the key, former key still accepted\n"
      "leg a SRTP sent: AEAD_AES_256_GCM, 99 RTP and 2 RTCP packets sent, SSRC 0x00000042 at ROC 0 "
      "sequence 99\n");
}

TEST(RenderSrtp, IsPartOfTheSession) {
  EXPECT_THAT(render_session(encrypted(), 0, {}, Style{}), HasSubstr("\n\nleg a SRTP received: "));
}

TEST(RenderSrtp, PlainLegsHaveNone) {
  EXPECT_EQ(render_srtp(message<v1::Session>("spec { legs { leg_id: 'a' } } state { legs { leg_id: 'a' } }"),
                        Style{}),
            "");
}

TEST(RenderSrtp, PassthroughSaysSo) {
  EXPECT_EQ(
      render_srtp(message<v1::Session>("spec { legs { leg_id: 'a' srtp_passthrough: true } }"), Style{}),
      "leg a SRTP: passes through untouched; this node can neither read nor check it\n");
}

TEST(RenderSrtp, DirectionWithoutAKey) {
  auto session = encrypted();
  session.mutable_spec()->mutable_legs(0)->clear_srtp_send();
  session.mutable_state()->mutable_legs(0)->clear_srtp_send();
  EXPECT_THAT(render_srtp(session, Style{}),
              ::testing::EndsWith("\nleg a SRTP sent: no key yet: packets are dropped (srtp_no_key)\n"));
}

TEST(RenderSrtp, LifetimeWhereItMatters) {
  auto session = encrypted();
  auto* const sent = session.mutable_state()->mutable_legs(0)->mutable_srtp_send();
  sent->set_rtp_packets_left((1U << 20) - 1);
  EXPECT_THAT(render_srtp(session, Style{}), HasSubstr("sequence 99, only 1.05 M packets left of the key\n"));
  sent->set_rtp_packets_left(1U << 20);
  EXPECT_THAT(render_srtp(session, Style{}), HasSubstr("sequence 99\n"));
  sent->set_rtp_packets_left(0);
  EXPECT_THAT(render_srtp(session, Style{}), HasSubstr("sequence 99, the key HAS EXPIRED\n"));
  session.mutable_spec()->mutable_legs(0)->mutable_srtp_send()->set_lifetime(std::uint64_t{1} << 48);
  sent->set_rtp_packets_left(1U << 20);
  EXPECT_THAT(render_srtp(session, Style{}), HasSubstr("sequence 99\n"));
}

TEST(RenderSrtp, ManyStreamsAreCut) {
  auto session = encrypted();
  auto* const sent = session.mutable_state()->mutable_legs(0)->mutable_srtp_send();
  for (unsigned ssrc = 1; ssrc <= 5; ++ssrc) {
    sent->add_streams()->set_ssrc(ssrc);
  }
  EXPECT_THAT(
      render_srtp(session, Style{}),
      AllOf(HasSubstr("0x00000003 at ROC 0 sequence 0, and 2 SSRCs more"), Not(HasSubstr("0x00000004"))));
}

TEST(RenderSrtp, LongMkiInHexadecimal) {
  auto session = encrypted();
  session.mutable_spec()->mutable_legs(0)->mutable_srtp_receive()->set_mki(
      "\x01\xab\x02\x03\x04\x05\x06\x07\x08");
  EXPECT_THAT(render_srtp(session, Style{}), HasSubstr("MKI 0x01ab02030405060708,"));
}

// The node gives back no key. Should one get here all the same, it isn't shown.
TEST(RenderSrtp, NeverShowsAKey) {
  auto session = encrypted();
  auto* const params = session.mutable_spec()->mutable_legs(0)->mutable_srtp_receive();
  params->set_master_key("0123456789abcdef");
  params->set_master_salt("SALTSALTSALTSA");
  EXPECT_THAT(render_session(session, 0, {}, Style{}),
              AllOf(Not(HasSubstr("0123456789")), Not(HasSubstr("SALT"))));
}

}  // namespace
}  // namespace pollux::cli
