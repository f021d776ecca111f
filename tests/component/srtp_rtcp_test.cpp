// SRTCP: what is said of streams that change on the way, what Pollux says itself, and how long a key lasts.
#include <algorithm>

#include "tests/component/srtp_fixture.hpp"

namespace pollux::testing {
namespace {

struct SrtpRtcpTest : SrtpCallTest, ::testing::WithParamInterface<SrtpBackend> {
  SrtpRtcpTest() : SrtpCallTest(config_of(GetParam())) {}
  Bytes one(const Heard& heard) {
    EXPECT_EQ(heard.size(), 1U) << bed().describe();
    return heard.empty() ? Bytes() : heard[0];
  }
  Bytes rtp_by_b(const Heard& heard) { return b_hears.open(one(heard)).value_or(Bytes(40)); }
  Bytes rtp_by_a(const Heard& heard) { return a_hears.open(one(heard)).value_or(Bytes(40)); }
  Bytes by_b(const Heard& heard) { return b_hears.open_rtcp(one(heard)).value_or(Bytes(40)); }
  Bytes by_a(const Heard& heard) { return a_hears.open_rtcp(one(heard)).value_or(Bytes(40)); }
};
INSTANTIATE_TEST_SUITE_P(Backends, SrtpRtcpTest,
                         ::testing::Values(SrtpBackend::kIpsecMb, SrtpBackend::kLibsrtp),
                         [](const auto& each) {
                           return each.param == SrtpBackend::kIpsecMb ? "ipsec_mb" : "libsrtp";
                         });

TEST_P(SrtpRtcpTest, ReportsAreTranslatedBetweenTheKeys) {
  const SessionHandle session = bed().add(keyed([] {
    SessionSpec spec = mux_call();
    spec.legs[0].stream_mode = spec.legs[1].stream_mode = StreamMode::kRewrite;
    return spec;
  }()));
  const Bytes heard_by_b = rtp_by_b(pass(a, b, a_says.seal(speech(1000))));
  const Bytes heard_by_a = rtp_by_a(pass(b, a, b_says.seal(speech(2000, kSsrcB))));
  const std::uint32_t a_is = load_be32(&heard_by_b[8]);
  const std::uint32_t b_is = load_be32(&heard_by_a[8]);
  EXPECT_NE(a_is, kSsrcA);
  const Bytes sent =
      by_b(pass(a, b, a_says.seal_rtcp(rtcp_sender_report(kSsrcA, 1000 * 160 + 40, 77, 7777))));
  EXPECT_EQ(load_be32(&sent[4]), a_is);
  EXPECT_EQ(load_be32(&sent[16]), load_be32(&heard_by_b[4]) + 40);
  EXPECT_EQ(load_be32(&sent[20]), 1U);    // packets
  EXPECT_EQ(load_be32(&sent[24]), 160U);  // octets, without SRTP's
  const Bytes report =
      by_a(pass(b, a, b_says.seal_rtcp(rtcp_receiver_report(kSsrcB, a_is, load_be16(&heard_by_b[2])))));
  EXPECT_EQ(load_be32(&report[4]), b_is);
  EXPECT_EQ(load_be32(&report[8]), kSsrcA);
  EXPECT_EQ(load_be32(&report[16]) & 0xffff, 1000U);
  EXPECT_TRUE(bed().stats(session).legs[1].reception.party_report);
  EXPECT_EQ(bed().stats(session).legs[0].srtp_receive->rtcp_packets, 1U);
  EXPECT_EQ(bed().stats(session).legs[1].srtp_send->rtcp_packets, 1U);
}

// With the same keys and one count of packets: what was used on one port is a replay on the other.
TEST_P(SrtpRtcpTest, RtcpMuxComesAndGoesWithTheKeys) {
  SessionSpec mux = keyed(call());
  mux.legs[0].local_rtcp_port = mux.legs[0].local_rtp_port;
  mux.legs[1].local_rtcp_port = mux.legs[1].local_rtp_port;
  const SessionHandle session = bed().add(keyed(call()));
  std::uint16_t sequence = 1000;
  Bytes used;
  for (const SessionSpec& spec : {keyed(call()), mux, keyed(call()), mux}) {
    bed().update(session, spec);
    const Party from = spec.legs[0].rtcp_mux() ? a : a.next_port();
    const Party to = spec.legs[1].rtcp_mux() ? b : b.next_port();
    ++sequence;
    EXPECT_EQ(rtp_by_b(pass(a, b, a_says.seal(speech(sequence)))), speech(sequence));
    if (!used.empty()) {
      EXPECT_EQ(pass(from, to, used), Heard{});
    }
    const Bytes report = rtcp_sender_report(kSsrcA, sequence * 160U, 1, 160);
    used = a_says.seal_rtcp(report);
    EXPECT_EQ(by_b(pass(from, to, used)), report);
    const Bytes other = rtcp_sender_report(kSsrcB, sequence * 160U, 1, 160);
    EXPECT_EQ(by_a(pass(to, from, b_says.seal_rtcp(other))), other);
  }
  EXPECT_EQ(bed().drops(DropReason::srtp_replayed), 3U);
}

TEST_P(SrtpRtcpTest, ReplaysAndForgeriesAreRefused) {
  bed().add(secure_call());
  Heard used;
  for (std::uint32_t i = 1; i < 30; ++i) {
    const Bytes report = rtcp_sender_report(kSsrcA, i * 160, i, i * 160);
    used.push_back(a_says.seal_rtcp(report));
    Bytes forged = used.back();
    forged[12] ^= 1;
    ASSERT_EQ(pass(a, b, forged), Heard{});
    ASSERT_EQ(by_b(pass(a, b, used.back())), report) << i;
    for (const Bytes& copy : used) {
      ASSERT_EQ(pass(a, b, copy), Heard{});
    }
  }
  EXPECT_EQ(bed().drops(DropReason::srtp_authentication_failed), 29U);
  EXPECT_EQ(bed().drops(DropReason::srtp_replayed), 29U * 30U / 2U);
}

TEST_P(SrtpRtcpTest, OurByeIsEncrypted) {
  for (const bool mux : {true, false}) {
    const SessionHandle session = bed().add(keyed(mux ? mux_call() : call()));
    const auto sequence = static_cast<std::uint16_t>(mux ? 1 : 2);
    rtp_by_b(pass(a, b, a_says.seal(speech(sequence))));
    rtp_by_a(pass(b, a, b_says.seal(speech(sequence, kSsrcB))));
    bed().remove(session);
    const Party far_a = mux ? a : a.next_port();
    const Party far_b = mux ? b : b.next_port();
    const Bytes to_b_sent = one(heard_by(far_b));
    const Bytes to_a_sent = one(heard_by(far_a));
    // Both sessions begin their SRTCP indices anew: the listeners are new, too.
    for (const auto& [key, sent, ssrc] :
         {std::tuple(to_b, to_b_sent, kSsrcA), std::tuple(to_a, to_a_sent, kSsrcB)}) {
      SrtpParty listener(*key, Role::kReceives);
      const auto bye = listener.open_rtcp(sent);
      ASSERT_TRUE(bye);
      EXPECT_NE(sent, *bye);
      ASSERT_GE(bye->size(), 16U);
      const auto found = std::find(bye->begin(), bye->end(), 203);
      ASSERT_NE(found, bye->end());
      EXPECT_EQ(load_be32(&*(found + 3)), ssrc);
    }
  }
}

TEST_P(SrtpRtcpTest, WithoutAKeyToSendWithThereIsNoBye) {
  SessionSpec spec = secure_call();
  spec.legs[1].srtp_send = {};
  const SessionHandle session = bed().add(spec);
  EXPECT_EQ(pass(a, b, a_says.seal(speech(1))), Heard{});
  EXPECT_EQ(pass(a, b, a_says.seal_rtcp(rtcp_sender_report(kSsrcA, 1, 1, 1))), Heard{});
  EXPECT_EQ(bed().drops(DropReason::srtp_no_key), 2U);
  bed().remove(session);
  EXPECT_TRUE(bed().received(1).empty());
}

// -- the key's lifetime

struct SrtpLifetimeTest : SrtpRtcpTest {
  static constexpr std::uint16_t kLife = 1024;  // packets
  std::vector<Event> key_events() {
    std::vector<Event> chosen;
    for (const Event& event : bed().events()) {
      if (event.type == EventType::kSrtpKeyExpiring || event.type == EventType::kSrtpKeyExpired) {
        chosen.push_back(event);
      }
    }
    return chosen;
  }
  // Exactly this one, and not again.
  void expect_told(EventType type, bool outgoing) {
    const auto told = key_events();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].type, type);
    EXPECT_EQ(told[0].outgoing, outgoing);
    EXPECT_EQ(told[0].leg_id, 0);
    EXPECT_EQ(told[0].session, session);
  }
  SessionHandle session = 0;
};
INSTANTIATE_TEST_SUITE_P(Backends, SrtpLifetimeTest,
                         ::testing::Values(SrtpBackend::kIpsecMb, SrtpBackend::kLibsrtp),
                         [](const auto& each) {
                           return each.param == SrtpBackend::kIpsecMb ? "ipsec_mb" : "libsrtp";
                         });

TEST_P(SrtpLifetimeTest, OfWhatIsReceived) {
  SessionSpec spec = bridged_call();
  spec.legs[0].srtp_receive = test_key(SrtpSuite::kAesCm128HmacSha1_80, 1, {}, kLife);
  session = bed().add(spec);
  std::uint16_t sequence = 1;
  std::uint32_t expiring_at = 0;
  for (std::uint32_t packet = 1; packet <= kLife; ++packet, ++sequence) {
    const Bytes plain = speech(sequence);
    ASSERT_EQ(pass(a, b, a_says.seal(plain)), Heard{plain}) << packet << "\n" << bed().describe();
    if (expiring_at == 0 && packet >= kLife * 3 / 4) {
      const auto told = key_events();
      if (!told.empty()) {
        expiring_at = packet;
        ASSERT_EQ(told.size(), 1U);
        EXPECT_EQ(told[0].type, EventType::kSrtpKeyExpiring);
        EXPECT_FALSE(told[0].outgoing);
      }
    }
  }
  EXPECT_GT(expiring_at, kLife * 3U / 4U);
  EXPECT_LT(expiring_at, std::uint32_t{kLife});
  EXPECT_TRUE(key_events().empty());
  EXPECT_EQ(bed().stats(session).legs[0].srtp_receive->rtp_packets_left, 0U);
  for (int i = 0; i < 70; ++i) {
    send(a, a_says.seal(speech(sequence++)));
  }
  bed().turn_workers();
  EXPECT_EQ(heard_by(b), Heard{});
  EXPECT_EQ(bed().drops(DropReason::srtp_key_expired), 70U);
  expect_told(EventType::kSrtpKeyExpired, false);
  EXPECT_EQ(pass(a, b, a_says.seal(speech(sequence++))), Heard{});
  EXPECT_TRUE(key_events().empty());
  // A new one revives the leg; the spent one stays spent when it comes back.
  SrtpParty renewed(*test_key(SrtpSuite::kAesCm128HmacSha1_80, 9), Role::kSends);
  SessionSpec other = spec;
  other.legs[0].srtp_receive = test_key(SrtpSuite::kAesCm128HmacSha1_80, 9);
  bed().update(session, other);
  const Bytes plain = speech(sequence++);
  EXPECT_EQ(pass(a, b, renewed.seal(plain)), Heard{plain}) << bed().describe();
  bed().update(session, spec);
  EXPECT_EQ(pass(a, b, a_says.seal(speech(sequence++))), Heard{});
}

TEST_P(SrtpLifetimeTest, OfWhatIsSent) {
  SessionSpec spec = bridged_call();
  spec.legs[0].srtp_send = test_key(SrtpSuite::kAesCm128HmacSha1_80, 2, {}, kLife);
  session = bed().add(spec);
  std::uint16_t sequence = 1;
  for (std::uint32_t packet = 0; packet < kLife; packet += 64) {
    Heard plain;
    for (int i = 0; i < 64; ++i) {
      plain.push_back(speech(sequence++, kSsrcB));
    }
    ASSERT_EQ(opened(a_hears, pass(b, a, plain)), plain) << packet;
  }
  expect_told(EventType::kSrtpKeyExpiring, true);
  Heard late;
  for (int i = 0; i < 70; ++i) {
    late.push_back(speech(sequence++, kSsrcB));
  }
  EXPECT_EQ(pass(b, a, late), Heard{});
  EXPECT_EQ(bed().drops(DropReason::srtp_key_expired), 70U);
  expect_told(EventType::kSrtpKeyExpired, true);
  // SRTCP has a lifetime of its own.
  const Bytes report = rtcp_sender_report(kSsrcB, 160, 1, 160);
  EXPECT_EQ(by_a(pass(b, a, report)), report);
  SrtpParty renewed(*test_key(SrtpSuite::kAesCm128HmacSha1_80, 9), Role::kReceives);
  SessionSpec other = spec;
  other.legs[0].srtp_send = test_key(SrtpSuite::kAesCm128HmacSha1_80, 9);
  bed().update(session, other);
  const Heard plain{speech(sequence++, kSsrcB)};
  EXPECT_EQ(opened(renewed, pass(b, a, plain)), plain);
  bed().update(session, spec);
  EXPECT_EQ(pass(b, a, speech(sequence++, kSsrcB)), Heard{});
}

TEST_P(SrtpLifetimeTest, OfSrtcp) {
  SessionSpec spec = bridged_call();
  spec.legs[0].srtp_receive = test_key(SrtpSuite::kAesCm128HmacSha1_80, 1, {}, kLife);
  spec.legs[0].srtp_send = test_key(SrtpSuite::kAesCm128HmacSha1_80, 2, {}, kLife);
  session = bed().add(spec);
  ASSERT_EQ(pass(a, b, a_says.seal(speech(1))).size(), 1U);
  ASSERT_EQ(pass(b, a, speech(1, kSsrcB)).size(), 1U);
  bed().events();
  const Bytes there = rtcp_sender_report(kSsrcA, 160, 1, 160);
  const Bytes back = rtcp_sender_report(kSsrcB, 160, 1, 160);
  for (std::uint32_t packet = 0; packet < kLife; packet += 64) {
    ASSERT_EQ(pass(a, b,
                   [&] {
                     Heard sealed;
                     for (int i = 0; i < 64; ++i) {
                       sealed.push_back(a_says.seal_rtcp(there));
                     }
                     return sealed;
                   }()),
              Heard(64, there))
        << packet << "\n"
        << bed().describe();
  }
  expect_told(EventType::kSrtpKeyExpiring, false);
  for (std::uint32_t packet = 0; packet < kLife; packet += 64) {
    for (const Bytes& sealed : pass(b, a, Heard(64, back))) {
      ASSERT_EQ(a_hears.open_rtcp(sealed), back);
    }
  }
  EXPECT_EQ(bed().stats(session).legs[0].srtp_send->rtcp_packets, kLife);
  expect_told(EventType::kSrtpKeyExpiring, true);
  EXPECT_EQ(pass(a, b, Heard{a_says.seal_rtcp(there), a_says.seal_rtcp(there)}), Heard{});
  expect_told(EventType::kSrtpKeyExpired, false);
  EXPECT_EQ(pass(b, a, Heard{back, back}), Heard{});
  expect_told(EventType::kSrtpKeyExpired, true);
  EXPECT_EQ(bed().drops(DropReason::srtp_key_expired), 4U);
  EXPECT_EQ(pass(a, b, a_says.seal(speech(2))).size(), 1U);  // RTP lives on
}

}  // namespace
}  // namespace pollux::testing
