// Legs that speak SRTP: to plain ones, to each other, and past Pollux.
#include "tests/component/call_fixture.hpp"
#include "tests/support/srtp_party.hpp"

namespace pollux::testing {
namespace {

using Role = SrtpParty::Role;

// Party a speaks SRTP, party b plain RTP.
struct SrtpTest : CallTest, ::testing::WithParamInterface<SrtpSuite> {
  const SrtpParamsRef from_a = test_key(GetParam(), 1);
  const SrtpParamsRef to_a = test_key(GetParam(), 2);
  SrtpParty a_sends{*from_a, Role::kSends};
  SrtpParty a_receives{*to_a, Role::kReceives};

  SessionSpec bridged() const {
    SessionSpec spec = call();
    spec.legs[0].srtp_receive = from_a;
    spec.legs[0].srtp_send = to_a;
    return spec;
  }
  // As warm_up(), with a's packets sealed.
  void warm_up_sealed() {
    send(a, a_sends.seal(rtp({.sequence = 1000, .timestamp = 160000, .ssrc = 0xaaaaaaaa})));
    send(b, rtp({.sequence = 1000, .timestamp = 160000, .ssrc = 0xbbbbbbbb}));
    bed().turn();
    bed().received(0);
    bed().received(1);
    bed().events();
  }
};

TEST_P(SrtpTest, IsOpenedOnOneSideAndSealedOnTheOther) {
  bed().add(bridged());
  warm_up_sealed();
  for (std::uint16_t i = 1001; i < 1201; ++i) {
    const Bytes there = rtp({.sequence = i, .timestamp = i * 160U, .ssrc = 0xaaaaaaaa, .fill = 0x11});
    const Bytes back = rtp({.sequence = i, .timestamp = i * 160U, .ssrc = 0xbbbbbbbb, .fill = 0x22});
    ASSERT_EQ(relay(a, b, a_sends.seal(there)), Heard{there}) << bed().describe();
    const Heard heard = relay(b, a, back);
    ASSERT_EQ(heard.size(), 1U) << bed().describe();
    ASSERT_EQ(a_receives.open(heard[0]), back);
  }
  EXPECT_EQ(all_drops(), 0U);
}

TEST_P(SrtpTest, RtcpIsOpenedAndSealedAsWell) {
  bed().add(bridged());
  warm_up_sealed();
  const Bytes there = rtcp_sender_report(0xaaaaaaaa, 160160, 2, 320);
  ASSERT_EQ(relay(a.next_port(), b.next_port(), a_sends.seal_rtcp(there)), Heard{there}) << bed().describe();
  const Bytes back = rtcp_receiver_report(0xbbbbbbbb, 0xaaaaaaaa, 1001);
  const Heard heard = relay(b.next_port(), a.next_port(), back);
  ASSERT_EQ(heard.size(), 1U) << bed().describe();
  EXPECT_EQ(a_receives.open_rtcp(heard[0]), back);
}

TEST_P(SrtpTest, WhatIsForgedOrReplayedGoesNowhereAndTeachesNothing) {
  const SessionHandle session = bed().add(bridged());
  const Bytes sealed = a_sends.seal(rtp({.sequence = 7, .ssrc = 0xaaaaaaaa}));
  Bytes forged = sealed;
  forged.back() ^= 1;
  ASSERT_TRUE(relay(a.from("192.0.2.99:4999"), b, forged).empty());
  EXPECT_TRUE(events(EventType::kSourceLearned).empty());
  EXPECT_EQ(bed().stats(session).legs[0].rtp.rx_packets, 0U);
  EXPECT_EQ(bed().drops(DropReason::srtp_authentication_failed), 1U);

  ASSERT_EQ(relay(a, b, sealed).size(), 1U) << bed().describe();
  for (std::uint16_t i = 8; i < 208; ++i) {
    ASSERT_EQ(relay(a, b, a_sends.seal(rtp({.sequence = i, .ssrc = 0xaaaaaaaa}))).size(), 1U);
    ASSERT_TRUE(relay(a, b, sealed).empty()) << i;
  }
  EXPECT_EQ(bed().drops(DropReason::srtp_replayed) + bed().drops(DropReason::srtp_too_old), 200U);
}

TEST_P(SrtpTest, WithoutItsKeyADirectionIsShut) {
  SessionSpec spec = bridged();
  spec.legs[0].srtp_receive = {};
  bed().add(spec);
  EXPECT_TRUE(relay(a, b, rtp({.sequence = 1})).empty());
  EXPECT_EQ(bed().drops(DropReason::srtp_no_key), 1U);
  SessionSpec other =
      two_legs(bed_leg(0, 0, 21000, "192.0.2.7:4100"), bed_leg(1, 1, 31000, "198.51.100.9:5100"));
  other.legs[0].srtp_receive = test_key(GetParam(), 9);
  bed().add(other);
  const Party c{1, at("198.51.100.9:5100"), at("198.51.100.1:31000")};
  send(c, rtp({.sequence = 1}));
  bed().turn();
  EXPECT_TRUE(bed().received_udp(0).empty());
  EXPECT_EQ(bed().drops(DropReason::srtp_no_key), 2U);
}

INSTANTIATE_TEST_SUITE_P(Suites, SrtpTest,
                         ::testing::Values(SrtpSuite::kAesCm128HmacSha1_80, SrtpSuite::kAesCm128HmacSha1_32,
                                           SrtpSuite::kAes256CmHmacSha1_80, SrtpSuite::kAes256CmHmacSha1_32,
                                           SrtpSuite::kAeadAes128Gcm, SrtpSuite::kAeadAes256Gcm,
                                           SrtpSuite::kNullHmacSha1_80),
                         [](const auto& each) { return std::string(facts_of(each.param).name); });

}  // namespace
}  // namespace pollux::testing
