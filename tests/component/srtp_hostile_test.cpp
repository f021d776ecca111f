// Who has no key and sends all the same: floods, replays, truncations; and what passes Pollux unread.
#include <algorithm>
#include <random>

#include "tests/component/srtp_fixture.hpp"

namespace pollux::testing {
namespace {

struct SrtpHostileTest : SrtpCallTest {
  // Once by the third host, and it must get nowhere.
  void spray(const Bytes& packet) {
    ++sprayed;
    ASSERT_EQ(pass(sprayer, b, packet), Heard{}) << bed().describe();
  }
  std::uint64_t refused() {
    std::uint64_t sum = 0;
    for (const DropReason reason : {DropReason::srtp_malformed, DropReason::srtp_authentication_failed,
                                    DropReason::srtp_replayed, DropReason::srtp_too_old}) {
      sum += bed().drops(reason);
    }
    return sum;
  }
  std::mt19937 random{4711};
  std::uint64_t sprayed = 0;
};

struct SrtpFloodTest : SrtpHostileTest, ::testing::WithParamInterface<SrtpBackend> {};
INSTANTIATE_TEST_SUITE_P(Backends, SrtpFloodTest,
                         ::testing::Values(SrtpBackend::kIpsecMb, SrtpBackend::kLibsrtp),
                         [](const auto& each) {
                           return each.param == SrtpBackend::kIpsecMb ? "ipsec_mb" : "libsrtp";
                         });

// On a's leg, from a's own address and others; the good streams of this leg and of a neighbour don't notice.
TEST_P(SrtpFloodTest, AFloodOfForgeriesHarmsNobody) {
  restart(config_of(GetParam()));
  meet(a, b);
  const SessionHandle session = bed().add(secure_call());
  const Party c{0, at("192.0.2.17:4000"), at("192.0.2.1:21000")};
  const Party d{1, at("198.51.100.19:5000"), at("198.51.100.1:31000")};
  meet(c, d);
  SessionSpec neighbour = two_legs(leg_at(0, c, 21000), leg_at(1, d, 31000));
  neighbour.legs[0].srtp_receive = test_key(SrtpSuite::kAeadAes128Gcm, 50);
  bed().add(neighbour);
  SrtpParty c_says(*neighbour.legs[0].srtp_receive, Role::kSends);

  const auto forged = [&](const Bytes& sealed) {
    Bytes packet = random() % 2 == 0 ? sealed : Bytes(12 + random() % 200);
    const bool keeps_header = packet.size() == sealed.size() && random() % 2 == 0;
    for (std::size_t i = keeps_header ? 12 : 0; i < packet.size(); ++i) {
      packet[i] = static_cast<std::uint8_t>(random());
    }
    packet[0] = static_cast<std::uint8_t>(0x80 | (random() % 4 == 0 ? packet[0] & 0x3f : 0));
    packet[1] = static_cast<std::uint8_t>(packet[1] % 64);  // RTP
    return packet;
  };
  // libsrtp takes a millisecond for an SSRC that it doesn't know.
  const std::uint16_t rounds = GetParam() == SrtpBackend::kIpsecMb ? 100 : 10;
  std::uint64_t forgeries = 0;
  for (std::uint16_t i = 1; i <= rounds; ++i) {
    const Bytes one = speech(i);
    const Bytes other = speech(i, 0xcccccccc);
    const Bytes sealed = a_says.seal(one);
    for (int k = 0; k < 100; ++k) {
      if (k == 50) {
        send(a, sealed);
        send(c, c_says.seal(other));
      }
      send(k % 2 == 0 ? a : sprayer, forged(sealed));
      ++forgeries;
    }
    bed().turn_workers();
    Heard by_b;
    Heard by_d;
    for (const UdpFrame& frame : bed().received_udp(1)) {
      (frame.destination == b.address ? by_b : by_d).push_back(frame.payload);
    }
    ASSERT_EQ(opened(b_hears, by_b), Heard{one}) << bed().describe();
    ASSERT_EQ(by_d, Heard{other});
  }
  EXPECT_EQ(forgeries, rounds * 100U);
  EXPECT_EQ(bed().drops(DropReason::srtp_authentication_failed) + bed().drops(DropReason::srtp_malformed) +
                bed().drops(DropReason::srtp_too_old) + bed().drops(DropReason::srtp_replayed) +
                bed().drops(DropReason::rtp_malformed),
            forgeries);
  EXPECT_EQ(bed().stats(session).legs[0].srtp_receive->streams.size(), 1U);
  EXPECT_EQ(bed().stats(session).legs[0].srtp_receive->rtp_packets, rounds);
  EXPECT_TRUE(events(EventType::kStreamChanged).empty());
}

struct SrtpSprayerTest : SrtpHostileTest, ::testing::WithParamInterface<LearningMode> {};
INSTANTIATE_TEST_SUITE_P(Modes, SrtpSprayerTest,
                         ::testing::Values(LearningMode::kHeuristic, LearningMode::kDelayed,
                                           LearningMode::kImmediate, LearningMode::kOff));

// A third host sends copies of a's packets while a is being learned, and afterwards. Where a isn't where the
// signalling says, it has to prove itself among them.
TEST_P(SrtpSprayerTest, CopiesTeachNothing) {
  const bool moved = GetParam() == LearningMode::kHeuristic || GetParam() == LearningMode::kImmediate;
  SessionSpec spec = secure_call();
  spec.legs[0].learning = GetParam();
  if (moved) {
    spec.legs[0].remote_rtp = at("192.0.2.50:7777");
  }
  const SessionHandle session = bed().add(spec);
  // Before: packets of another key, and of this one with a byte turned.
  SrtpParty stranger(*from_b, Role::kSends);
  for (std::uint16_t i = 1; i < 20; ++i) {
    spray(stranger.seal(speech(i)));
    Bytes turned = SrtpParty(*from_a, Role::kSends).seal(speech(i));
    turned[static_cast<std::size_t>(20 + i)] ^= 1;
    spray(turned);
  }
  ASSERT_TRUE(events(EventType::kSourceLearned).empty());
  Heard used;
  std::size_t heard = 0;
  for (std::uint16_t i = 1; i < 40; ++i) {
    bed().advance_ms(20);
    const Bytes plain = speech(i);
    used.push_back(a_says.seal(plain));
    const Heard by_b = pass(a, b, used.back());
    heard += by_b.size();
    if (i > 10) {  // learned for certain
      ASSERT_EQ(opened(b_hears, by_b), Heard{plain}) << bed().describe();
    }
    for (const Bytes& copy : used) {
      spray(copy);
    }
  }
  EXPECT_GE(heard, moved && GetParam() == LearningMode::kHeuristic ? 30U : 39U);
  EXPECT_EQ(refused(), sprayed);
  const auto learned = events(EventType::kSourceLearned);
  ASSERT_EQ(learned.size(), 1U);
  EXPECT_EQ(learned[0].to, a.address);
  const Bytes back = speech(1, kSsrcB);
  EXPECT_EQ(opened(a_hears, relay(b, a, b_says.seal(back))), Heard{back}) << bed().describe();
  EXPECT_EQ(bed().stats(session).legs[0].rtp.rx_packets, heard);
}

// Handed over in silence, but never to copies.
TEST_F(SrtpHostileTest, SilenceIsNoChanceForCopies) {
  SessionSpec spec = secure_call();
  spec.legs[0].source_policy = SourcePolicy::kMediaHandover;
  bed().add(spec);
  Heard used;
  for (std::uint16_t i = 1; i < 30; ++i) {
    used.push_back(a_says.seal(speech(i)));
    ASSERT_EQ(pass(a, b, used.back()).size(), 1U);
  }
  bed().events();
  for (const Bytes& copy : used) {
    bed().advance_ms(500);
    spray(copy);
  }
  EXPECT_TRUE(events(EventType::kSourceChanged).empty());
  const Bytes back = speech(1, kSsrcB);
  EXPECT_EQ(opened(a_hears, relay(b, a, b_says.seal(back))), Heard{back});
}

// Half the circle ahead, and everywhere else: what isn't genuine moves no index.
TEST_F(SrtpHostileTest, ForgedSequenceNumbersMoveNothing) {
  const SessionHandle session = bed().add(secure_call());
  for (std::uint32_t i = 65500; i < 65600; ++i) {
    const auto sequence = static_cast<std::uint16_t>(i);
    const Bytes plain = speech(sequence);
    const Bytes sealed = a_says.seal(plain);
    for (const int by : {0x8000, 0x7fff, 0x8001, 1, -1, 0x4000}) {
      Bytes forged = sealed;
      store_be16(&forged[2], static_cast<std::uint16_t>(sequence + by));
      ASSERT_EQ(pass(a, b, forged), Heard{}) << i << " " << by;
    }
    ASSERT_EQ(opened(b_hears, pass(a, b, sealed)), Heard{plain}) << i << "\n" << bed().describe();
  }
  const SrtpStreamStats stream = bed().stats(session).legs[0].srtp_receive->streams[0];
  EXPECT_EQ(stream.roc, 1U);
  EXPECT_EQ(stream.sequence, 63U);
}

TEST_F(SrtpHostileTest, TruncatedPacketsOfEveryLength) {
  bed().add(secure_call());
  const Bytes plain = rtp({.sequence = 1, .ssrc = kSsrcA, .payload_length = 20});
  const Bytes sealed = a_says.seal(plain);
  const Bytes report = rtcp_sender_report(kSsrcA, 160, 1, 160);
  const Bytes sealed_report = a_says.seal_rtcp(report);
  ASSERT_EQ(sealed.size(), 42U);
  for (const Bytes& whole : {sealed, sealed_report}) {
    for (std::size_t length = 0; length < whole.size(); ++length) {
      ASSERT_EQ(pass(a, b, Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length))),
                Heard{})
          << length;
    }
  }
  for (const std::uint8_t first :
       Bytes{0x8f, 0x90, 0x9f, 0xa0, 0xbf}) {  // headers that claim more than there is
    for (std::size_t length = 12; length < 40; ++length) {
      Bytes packet(sealed.begin(), sealed.begin() + static_cast<std::ptrdiff_t>(length));
      packet[0] = first;
      ASSERT_EQ(pass(a, b, packet), Heard{}) << length;
    }
  }
  EXPECT_EQ(opened(b_hears, pass(a, b, sealed)), Heard{plain}) << bed().describe();
  const Heard heard = pass(a, b, sealed_report);
  ASSERT_EQ(heard.size(), 1U);
  EXPECT_EQ(b_hears.open_rtcp(heard[0]), report);
}

TEST_F(SrtpHostileTest, PlainAndEncryptedLegsDontMix) {
  bed().add(bridged_call());
  EXPECT_EQ(pass(a, b, speech(1)), Heard{});
  EXPECT_EQ(pass(a, b, rtcp_sender_report(kSsrcA, 160, 1, 160)), Heard{});
  EXPECT_EQ(bed().drops(DropReason::srtp_authentication_failed) + bed().drops(DropReason::srtp_malformed),
            2U);
  // A plain leg can't tell: what looks like RTP passes as it came, here into a's key. The party hears noise.
  SrtpParty wrong(*from_b, Role::kSends);
  const Bytes noise = wrong.seal(speech(1, kSsrcB));
  EXPECT_EQ(opened(a_hears, pass(b, a, noise)), Heard{noise});
  // SRTCP doesn't look like RTCP inside, as a rule.
  EXPECT_EQ(pass(b, a, wrong.seal_rtcp(rtcp_sender_report(kSsrcB, 160, 1, 160))), Heard{});
  EXPECT_EQ(bed().drops(DropReason::rtcp_malformed), 1U);
  EXPECT_EQ(pass(a, b, a_says.seal(speech(2))), Heard{speech(2)});
}

// -- SRTP that Pollux has no key of

struct SrtpPassthroughTest : SrtpCallTest {
  static SessionSpec unread(SessionSpec spec) {
    spec.legs[0].srtp_passthrough = spec.legs[1].srtp_passthrough = true;
    return spec;
  }
};

TEST_F(SrtpPassthroughTest, PassesUntouchedAndUnread) {
  SessionSpec spec = unread(mux_call());
  spec.legs[0].remote_rtp = at("192.0.2.50:7777");  // a has to be learned
  const SessionHandle session = bed().add(spec);
  std::uint16_t sequence = 1;
  for (; sequence < 10; ++sequence) {
    bed().advance_ms(20);
    pass(a, b, a_says.seal(speech(sequence)));
  }
  const auto learned = events(EventType::kSourceLearned);
  ASSERT_EQ(learned.size(), 1U);
  EXPECT_EQ(learned[0].to, a.address);
  for (int i = 0; i < 50; ++i, ++sequence) {
    Bytes there = a_says.seal(speech(sequence));
    there[0] |= 0x20;  // padding, whose count is encrypted
    const Bytes back = b_says.seal(speech(sequence, kSsrcB));
    ASSERT_EQ(pass(a, b, there), Heard{there}) << bed().describe();
    ASSERT_EQ(pass(a, b, there), Heard{there});  // nobody here can tell a replay
    ASSERT_EQ(pass(b, a, back), Heard{back});
  }
  const Bytes report = a_says.seal_rtcp(rtcp_sender_report(kSsrcA, 160, 1, 160));
  EXPECT_EQ(pass(a, b, report), Heard{report});
  const Bytes answer = b_says.seal_rtcp(rtcp_receiver_report(kSsrcB, kSsrcA, 1));
  EXPECT_EQ(pass(b, a, answer), Heard{answer});
  EXPECT_EQ(pass(sprayer, b, a_says.seal(speech(sequence))), Heard{});
  EXPECT_EQ(bed().drops(DropReason::source_mismatch), 1U);
  const LegStats leg = bed().stats(session).legs[0];
  EXPECT_FALSE(leg.srtp_receive);
  EXPECT_EQ(leg.reception.lost(), 0U);
  EXPECT_FALSE(leg.reception.party_report);
  EXPECT_FALSE(bed().stats(session).legs[1].reception.party_report);  // of an SRTCP that can't be read
  bed().remove(session);
  EXPECT_TRUE(bed().received(0).empty());  // a BYE of ours would have to be in the clear
  EXPECT_TRUE(bed().received(1).empty());
}

TEST_F(SrtpPassthroughTest, RtcpOnItsOwnPort) {
  bed().add(unread(call()));
  ASSERT_EQ(relay(a, b, a_says.seal(speech(1))).size(), 1U);
  const Bytes report = a_says.seal_rtcp(rtcp_sender_report(kSsrcA, 160, 1, 160));
  EXPECT_EQ(relay(a.next_port(), b.next_port(), report), Heard{report});
  EXPECT_EQ(relay(a.next_port(), b.next_port(), Bytes(report.begin(), report.begin() + 15)), Heard{});
  EXPECT_EQ(bed().drops(DropReason::rtcp_malformed), 1U);
}

TEST_F(SrtpPassthroughTest, GoesWithNothingThatWouldNeedTheKey) {
  const auto refused = [&](const SessionSpec& spec) {
    const auto done = bed().dataplane().add_session(spec, 99);
    return done ? std::string("taken") : done.error().cause + " " + done.error().field;
  };
  SessionSpec spec = unread(call());
  spec.legs[1].srtp_send = to_b;
  EXPECT_EQ(refused(spec), "INVALID_FIELD legs[1].srtp_passthrough");
  spec = unread(call());
  spec.legs[1].srtp_receive = from_b;
  EXPECT_EQ(refused(spec), "INVALID_FIELD legs[1].srtp_passthrough");
  spec = unread(call());
  spec.legs[0].stream_mode = StreamMode::kRewrite;
  EXPECT_EQ(refused(spec), "INVALID_FIELD legs[0].srtp_passthrough");
  spec = unread(call());
  spec.legs[0].payload_types.push_back({.wire = 8, .common = 8, .clock_rate = 8000});
  EXPECT_EQ(refused(spec), "INVALID_FIELD legs[0].srtp_passthrough");
  spec = unread(call());
  spec.legs[1].srtp_passthrough = false;
  EXPECT_EQ(refused(spec), "INVALID_FIELD legs[0].srtp_passthrough");
  bed().add(unread(call()));  // and alone it goes
}

// Pollux reads along, no longer, and again.
TEST_F(SrtpPassthroughTest, ComesAndGoesInTheMiddleOfACall) {
  const SessionHandle session = bed().add(secure_call());
  EXPECT_EQ(opened(b_hears, pass(a, b, a_says.seal(speech(1)))), Heard{speech(1)});
  bed().update(session, unread(mux_call()));
  const Bytes sealed = a_says.seal(speech(2));
  EXPECT_EQ(pass(a, b, sealed), Heard{sealed});
  bed().update(session, secure_call());
  EXPECT_EQ(opened(b_hears, pass(a, b, a_says.seal(speech(3)))), Heard{speech(3)});
}

}  // namespace
}  // namespace pollux::testing
