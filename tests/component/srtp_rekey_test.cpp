// Keys that change in the middle of a call: what is taken, what is sent, and what never happens twice.
#include "tests/component/srtp_fixture.hpp"

namespace pollux::testing {
namespace {

constexpr auto kSuite = SrtpSuite::kAesCm128HmacSha1_80;

struct Rekeying {
  SrtpBackend backend = SrtpBackend::kIpsecMb;
  const char* name = "";
};

// Party a speaks SRTP, b plain RTP.
struct SrtpRekeyTest : SrtpCallTest, ::testing::WithParamInterface<Rekeying> {
  void begin(std::uint32_t overlap_ms) {
    restart(config_of(GetParam().backend, overlap_ms));
    meet(a, b);
    spec = bridged_call();
    session = bed().add(spec);
  }
  void receive_with(const SrtpParamsRef& key) {
    spec.legs[0].srtp_receive = key;
    bed().update(session, spec);
  }
  void send_with(const SrtpParamsRef& key) {
    spec.legs[0].srtp_send = key;
    bed().update(session, spec);
  }
  bool overlaps() { return bed().stats(session).legs[0].srtp_receive->overlap; }
  // Time passes until the former key isn't good any more.
  void outlive_overlap() {
    for (int i = 0; overlaps() && i < 10000; ++i) {
      wait_ms(1);
      bed().turn();
    }
    ASSERT_FALSE(overlaps());
  }
  // `plain` goes from a to b under the key of `says`; kept for replays().
  void expect_taken(SrtpParty& says, const Bytes& plain) {
    used.push_back(says.seal(plain));
    ASSERT_EQ(pass(a, b, used.back()), Heard{plain}) << bed().describe();
  }
  void expect_refused(SrtpParty& says, const Bytes& plain) {
    ASSERT_EQ(pass(a, b, says.seal(plain)), Heard{}) << bed().describe();
  }
  // Nothing that was taken once is taken again.
  void expect_no_replays() {
    for (const Bytes& packet : used) {
      ASSERT_EQ(pass(a, b, packet), Heard{}) << load_be16(&packet[2]);
    }
  }
  // b's packet reaches a under the key of `hears`.
  void expect_sent(SrtpParty& hears, std::uint16_t sequence) {
    const Bytes plain = speech(sequence, kSsrcB);
    ASSERT_EQ(opened(hears, pass(b, a, plain)), Heard{plain}) << sequence << "\n" << bed().describe();
  }

  const SrtpParamsRef next = test_key(kSuite, 5);
  SrtpParty next_says{*next, Role::kSends};
  SrtpParty next_hears{*next, Role::kReceives};
  const SrtpParamsRef third = test_key(SrtpSuite::kAeadAes128Gcm, 6);
  SrtpParty third_says{*third, Role::kSends};
  SessionSpec spec;
  SessionHandle session = 0;
  Heard used;
};

TEST_P(SrtpRekeyTest, BothKeysAreGoodWhileTheyOverlap) {
  begin(600'000);
  for (std::uint16_t i = 1; i < 20; ++i) {
    expect_taken(a_says, speech(i));
  }
  receive_with(next);
  EXPECT_TRUE(overlaps());
  for (std::uint16_t i = 20; i < 60; i += 4) {
    const Heard plain{speech(static_cast<std::uint16_t>(i + 1)), speech(i),
                      speech(static_cast<std::uint16_t>(i + 3)), speech(static_cast<std::uint16_t>(i + 2))};
    const Heard sealed{next_says.seal(plain[0]), a_says.seal(plain[1]), next_says.seal(plain[2]),
                       a_says.seal(plain[3])};
    used.insert(used.end(), sealed.begin(), sealed.end());
    ASSERT_EQ(pass(a, b, sealed), plain) << bed().describe();
  }
  expect_no_replays();
  // The third takes the first one's place.
  receive_with(third);
  expect_refused(a_says, speech(60));
  expect_taken(next_says, speech(61));
  expect_taken(third_says, speech(62));
  expect_no_replays();
  EXPECT_GT(bed().drops(DropReason::srtp_authentication_failed), 0U);
}

TEST_P(SrtpRekeyTest, TheFormerKeyIsRefusedAfterTheOverlap) {
  begin(1);
  expect_taken(a_says, speech(1));
  const Bytes early = a_says.seal(speech(2));
  receive_with(next);
  outlive_overlap();
  EXPECT_EQ(pass(a, b, early), Heard{});
  expect_taken(next_says, speech(3));
  expect_refused(a_says, speech(4));
  EXPECT_EQ(bed().drops(DropReason::srtp_authentication_failed), 2U);
  EXPECT_FALSE(events(EventType::kKeysForgotten).empty());
}

TEST_P(SrtpRekeyTest, WithoutAnOverlapTheFormerKeyIsRefusedAtOnce) {
  begin(0);
  expect_taken(a_says, speech(1));
  receive_with(next);
  EXPECT_FALSE(overlaps());
  expect_refused(a_says, speech(2));
  expect_taken(next_says, speech(3));
  receive_with(from_a);  // and back
  expect_refused(next_says, speech(4));
  expect_taken(a_says, speech(5));
  expect_no_replays();
}

TEST_P(SrtpRekeyTest, ARollbackInsideTheOverlapLosesNothing) {
  begin(600'000);
  // Past a wrap: the rollover counter has to come back with the key.
  for (std::uint32_t i = 65500; i < 65600; ++i) {
    expect_taken(a_says, speech(static_cast<std::uint16_t>(i)));
  }
  for (int round = 0; round < 3; ++round) {
    const auto sequence = static_cast<std::uint16_t>(100 + 10 * round);
    receive_with(next);
    expect_taken(a_says, speech(sequence));
    expect_taken(next_says, speech(static_cast<std::uint16_t>(sequence + 1)));
    receive_with(from_a);
    expect_taken(a_says, speech(static_cast<std::uint16_t>(sequence + 2)));
    expect_taken(next_says, speech(static_cast<std::uint16_t>(sequence + 3)));
    expect_no_replays();
  }
  EXPECT_EQ(bed().stats(session).legs[0].srtp_receive->streams[0].roc, 1U);
}

TEST_P(SrtpRekeyTest, ARollbackAfterTheOverlapLosesNothing) {
  begin(1);
  for (std::uint32_t i = 65500; i < 65600; ++i) {
    expect_taken(a_says, speech(static_cast<std::uint16_t>(i)));
  }
  receive_with(next);
  outlive_overlap();
  expect_taken(next_says, speech(70));
  receive_with(from_a);
  outlive_overlap();
  EXPECT_EQ(bed().stats(session).legs[0].srtp_receive->streams[0].roc, 1U);
  expect_taken(a_says, speech(71));
  expect_refused(next_says, speech(72));
  receive_with(next);
  outlive_overlap();
  expect_taken(next_says, speech(73));
  expect_no_replays();
}

TEST_P(SrtpRekeyTest, WhatIsSentHasTheNewKeyAtOnceAndNoIndexTwice) {
  begin(600'000);
  std::uint16_t sequence = 65500;
  for (int i = 0; i < 60; ++i) {
    expect_sent(a_hears, sequence++);
  }
  for (int round = 0; round < 3; ++round) {
    send_with(next);
    for (int i = 0; i < 5; ++i) {
      expect_sent(next_hears, sequence++);
    }
    send_with(to_a);
    for (int i = 0; i < 5; ++i) {
      expect_sent(a_hears, sequence++);
    }
    // Late packets of the source: what went under this key before must not go again with other bytes.
    for (const int back : {1, 5, 11, 40}) {
      const Bytes other = speech(static_cast<std::uint16_t>(sequence - back), kSsrcB, 0x77);
      ASSERT_EQ(pass(b, a, other), Heard{}) << back;
    }
  }
  const SrtpDirectionStats sent = *bed().stats(session).legs[0].srtp_send;
  ASSERT_EQ(sent.streams.size(), 1U);
  EXPECT_EQ(sent.streams[0].roc, 1U);
  EXPECT_EQ(sent.streams[0].sequence, static_cast<std::uint16_t>(sequence - 1));
}

TEST_P(SrtpRekeyTest, SrtcpIndicesGoOnWithAKeyThatComesBack) {
  begin(1);
  expect_taken(a_says, speech(1));
  const Bytes report = rtcp_receiver_report(kSsrcB, kSsrcA, 1);
  const auto hears = [&](SrtpParty& party) {
    const Heard heard = pass(b, a, report);
    return heard.size() == 1 && party.open_rtcp(heard[0]) == report;
  };
  expect_sent(a_hears, 1);
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(hears(a_hears)) << bed().describe();
    ASSERT_TRUE(hears(a_hears));
    send_with(next);
    ASSERT_TRUE(hears(next_hears));
    send_with(to_a);
  }
}

TEST_P(SrtpRekeyTest, SrtcpOfBothKeysIsTakenOnceWhileTheyOverlap) {
  begin(600'000);
  expect_taken(a_says, speech(1));
  const Bytes report = rtcp_sender_report(kSsrcA, 160, 1, 160);
  const Bytes old_one = a_says.seal_rtcp(report);
  const Bytes unsent = a_says.seal_rtcp(report);
  ASSERT_EQ(pass(a, b, old_one), Heard{report});
  receive_with(next);
  ASSERT_EQ(pass(a, b, next_says.seal_rtcp(report)), Heard{report});
  ASSERT_EQ(pass(a, b, unsent), Heard{report});
  ASSERT_EQ(pass(a, b, old_one), Heard{});
  ASSERT_EQ(pass(a, b, unsent), Heard{});
  receive_with(third);
  ASSERT_EQ(pass(a, b, a_says.seal_rtcp(report)), Heard{});
}

TEST_P(SrtpRekeyTest, AKeyKeepsWhatBelongsToIt) {
  begin(600'000);
  expect_taken(a_says, speech(1));
  expect_sent(a_hears, 1);
  const auto refused = [&](const SrtpParamsRef& receive, const SrtpParamsRef& send, const char* field) {
    SessionSpec other = spec;
    other.legs[0].srtp_receive = receive;
    other.legs[0].srtp_send = send;
    const auto done = bed().dataplane().update_session(session, other, 99);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().cause, "INVALID_FIELD");
    EXPECT_EQ(done.error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(done.error().field, field);
  };
  // test_key() makes the same key of the same number.
  refused(test_key(kSuite, 1, {7}), to_a, "legs[0].srtp_receive");
  refused(test_key(kSuite, 1, {}, 5000), to_a, "legs[0].srtp_receive");
  refused(test_key(SrtpSuite::kAesCm128HmacSha1_32, 1), to_a, "legs[0].srtp_receive");
  refused(from_a, test_key(kSuite, 2, {7}), "legs[0].srtp_send");
  refused(from_a, test_key(kSuite, 2, {}, 5000), "legs[0].srtp_send");
  // A good new key on the one side doesn't help a bad one on the other, and is given back.
  for (int i = 0; i < 3; ++i) {
    refused(next, test_key(kSuite, 2, {7}), "legs[0].srtp_send");
  }
  expect_taken(a_says, speech(2));
  expect_refused(next_says, speech(3));
  expect_sent(a_hears, 2);
  receive_with(next);  // the former key isn't free to change either
  refused(test_key(kSuite, 1, {7}), to_a, "legs[0].srtp_receive");
  expect_taken(a_says, speech(4));
  // An equal key in other memory is the same key, whatever rollover counter it is said to begin with.
  receive_with(test_key(kSuite, 5, {}, 0, 3));
  receive_with(test_key(kSuite, 5));
  expect_taken(next_says, speech(5));
  EXPECT_TRUE(overlaps());
}

TEST_P(SrtpRekeyTest, OtherChangesLeaveKeysAlone) {
  begin(600'000);
  for (std::uint32_t i = 65500; i < 65600; ++i) {
    expect_taken(a_says, speech(static_cast<std::uint16_t>(i)));
    expect_sent(a_hears, static_cast<std::uint16_t>(i));
  }
  spec.legs[0].direction = Direction::kInactive;
  spec.legs[0].dscp = 46;
  spec.legs[1].stream_mode = StreamMode::kRewrite;
  bed().update(session, spec);
  used.push_back(a_says.seal(speech(64)));
  ASSERT_EQ(pass(a, b, used.back()), Heard{});
  spec.legs[0].direction = Direction::kSendRecv;
  spec.legs[1].stream_mode = StreamMode::kPreserve;
  spec.legs[0].remote_rtp = at("192.0.2.8:4002");  // the party moves
  bed().update(session, spec);
  const Party moved = a.from("192.0.2.8:4002");
  used.push_back(a_says.seal(speech(65)));
  ASSERT_EQ(relay(moved, b, used.back()), Heard{speech(65)}) << bed().describe();
  const Bytes back = speech(64, kSsrcB);
  ASSERT_EQ(opened(a_hears, relay(b, moved, back)), Heard{back});
  for (const Bytes& packet : used) {
    ASSERT_EQ(pass(moved, b, packet), Heard{});
  }
  const LegStats stats = bed().stats(session).legs[0];
  EXPECT_EQ(stats.srtp_receive->streams[0].roc, 1U);
  EXPECT_EQ(stats.srtp_receive->streams[0].sequence, 65U);
  EXPECT_EQ(stats.srtp_receive->rtp_packets, 102U);
  EXPECT_EQ(stats.srtp_send->rtp_packets, 101U);
  EXPECT_FALSE(stats.srtp_receive->overlap);
}

TEST_P(SrtpRekeyTest, ALegMayLoseItsKeysAndGetThemBack) {
  begin(600'000);
  expect_taken(a_says, speech(1));
  receive_with({});  // still SRTP: the other direction has a key
  expect_refused(a_says, speech(2));
  EXPECT_EQ(pass(a, b, speech(3)), Heard{});
  EXPECT_EQ(bed().drops(DropReason::srtp_no_key), 2U);
  expect_sent(a_hears, 1);
  EXPECT_FALSE(bed().stats(session).legs[0].srtp_receive);
  send_with({});  // plain now
  EXPECT_EQ(pass(a, b, speech(4)), Heard{speech(4)});
  EXPECT_EQ(pass(b, a, speech(2, kSsrcB)), Heard{speech(2, kSsrcB)});
  spec.legs[0].srtp_receive = from_a;
  spec.legs[0].srtp_send = to_a;
  bed().update(session, spec);
  EXPECT_EQ(pass(a, b, speech(5)), Heard{});
  expect_taken(a_says, speech(6));
  expect_sent(a_hears, 3);
  expect_no_replays();  // the key remembers the time before
}

// The leg goes and comes back, with the keys it had: on other ports, for a new address of its party.
TEST_P(SrtpRekeyTest, ALegMadeAnewGoesOnWhereItsKeysHadGot) {
  begin(600'000);
  for (std::uint16_t i = 65530; i != 10; ++i) {  // past a wrap, so that starting over could not even be heard
    expect_taken(a_says, speech(i));
    expect_sent(a_hears, i);
  }
  const LegSpec leg = spec.legs[0];
  spec.legs.erase(spec.legs.begin());
  spec.legs[0].sinks.clear();
  bed().update(session, spec);
  spec.legs.insert(spec.legs.begin(), leg);
  spec.legs[1].sinks.push_back(leg.id);
  bed().update(session, spec);
  expect_no_replays();
  ASSERT_EQ(pass(b, a, speech(9, kSsrcB)), Heard{});  // its index has been used
  EXPECT_EQ(bed().drops(DropReason::srtp_index_used), 1U);
  for (std::uint16_t i = 10; i < 20; ++i) {
    expect_taken(a_says, speech(i));
    expect_sent(a_hears, i);
  }
}

TEST_P(SrtpRekeyTest, LegsAndSessionsMayGoInsideAnOverlap) {
  begin(5);
  expect_taken(a_says, speech(1));
  receive_with(next);
  expect_taken(a_says, speech(2));
  const SessionSpec whole = spec;
  spec.legs.erase(spec.legs.begin());
  spec.legs[0].sinks.clear();
  bed().update(session, spec);
  spec = whole;
  spec.legs[0].srtp_receive = third;
  bed().update(session, spec);
  expect_taken(third_says, speech(3));
  receive_with(from_a);
  bed().remove(session);
  bed().received(0);
  bed().received(1);
  wait_ms(10);  // the overlaps end with nobody there
  bed().turn();
  bed().events();
  spec = bridged_call();
  session = bed().add(spec);
  SrtpParty fresh(*from_a, Role::kSends);
  expect_taken(fresh, speech(4));
}

INSTANTIATE_TEST_SUITE_P(Backends, SrtpRekeyTest,
                         ::testing::Values(Rekeying{SrtpBackend::kIpsecMb, "ipsec_mb"},
                                           Rekeying{SrtpBackend::kLibsrtp, "libsrtp"}),
                         [](const auto& each) { return std::string(each.param.name); });

}  // namespace
}  // namespace pollux::testing
