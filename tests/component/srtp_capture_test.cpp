// Captures of SRTP legs: what is on the wire, or what is inside, and never the one in place of the other.
#include <algorithm>

#include "tests/component/srtp_fixture.hpp"

namespace pollux::testing {
namespace {

struct SrtpCaptureTest : SrtpCallTest {
  void begin(const SessionSpec& spec, bool decrypted) {
    session = bed().add(spec);
    const auto capture = bed().dataplane().start_capture({.session = session, .decrypted = decrypted});
    ASSERT_TRUE(capture);
    bed().turn_workers();
  }
  std::vector<CapturedPacket> taken() {
    std::vector<CapturedPacket> packets;
    bed().dataplane().take_captured(packets, 10000);
    return packets;
  }
  // Speech whose payload nobody can mistake.
  static Bytes secret(std::uint16_t sequence, std::uint32_t ssrc = kSsrcA, std::uint8_t type = 8) {
    Bytes packet =
        rtp({.payload_type = type, .sequence = sequence, .timestamp = sequence * 160U, .ssrc = ssrc});
    for (std::size_t i = 12; i < packet.size(); ++i) {
      packet[i] = kPattern[i % kPattern.size()];
    }
    return packet;
  }
  // The pattern, even of a part of the payload; RTCP's name likewise.
  static bool shows_plaintext(const CapturedPacket& packet) {
    const auto shows = [&](const auto& what, std::size_t from, std::size_t length) {
      return std::search(packet.frame.begin(), packet.frame.end(),
                         what.begin() + static_cast<std::ptrdiff_t>(from),
                         what.begin() + static_cast<std::ptrdiff_t>(from + length)) != packet.frame.end();
    };
    for (std::size_t from = 0; from + 3 <= kPattern.size(); ++from) {
      if (shows(kPattern, from, 3)) {
        return true;
      }
    }
    return shows(std::string_view("test"), 0, 4);
  }
  static constexpr std::array<std::uint8_t, 10> kPattern{0x50, 0x4c, 0x41, 0x49, 0x4e,
                                                         0x54, 0x45, 0x58, 0x54, 0x21};
  SessionHandle session = 0;
};

TEST_F(SrtpCaptureTest, FramesAreAsOnTheWire) {
  begin(secure_call(), false);
  const Bytes sealed = a_says.seal(secret(1));
  const Heard heard = pass(a, b, sealed);
  ASSERT_EQ(opened(b_hears, heard), Heard{secret(1)});
  auto packets = taken();
  ASSERT_EQ(packets.size(), 2U);
  EXPECT_EQ(packets[0].point, CapturePoint::kReceived);
  EXPECT_EQ(packets[0].leg_id, 0);
  EXPECT_EQ(packets[0].frame, build(datagram(a, sealed)));
  EXPECT_EQ(packets[0].original_length, packets[0].frame.size());
  EXPECT_EQ(packets[1].point, CapturePoint::kSent);
  EXPECT_EQ(packets[1].leg_id, 1);
  const auto sent = parse(packets[1].frame);
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->payload, heard[0]);
  const Bytes report = a_says.seal_rtcp(rtcp_sender_report(kSsrcA, 160, 1, 160));
  const Heard reported = pass(a, b, report);
  ASSERT_EQ(reported.size(), 1U);
  packets = taken();
  ASSERT_EQ(packets.size(), 2U);
  EXPECT_EQ(packets[0].frame, build(datagram(a, report)));
  EXPECT_EQ(packets[0].component, Component::kRtcp);
  EXPECT_EQ(parse(packets[1].frame)->payload, reported[0]);
}

// Whatever becomes of a packet that was opened.
TEST_F(SrtpCaptureTest, DroppedPacketsShowNothingEither) {
  SessionSpec spec = secure_call();
  spec.legs[0].payload_types.push_back({.wire = 8, .common = 8, .clock_rate = 8000});
  begin(spec, false);
  std::uint16_t sequence = 1;
  const auto dropped_for = [&](DropReason reason, const Party& from, const Bytes& packet) {
    const std::uint64_t before = bed().drops(reason);
    ASSERT_EQ(pass(from, b, packet), Heard{});
    EXPECT_EQ(bed().drops(reason), before + 1) << bed().describe();
    bool found = false;
    for (const CapturedPacket& captured : taken()) {
      EXPECT_FALSE(shows_plaintext(captured)) << static_cast<int>(reason);
      found |= captured.point == CapturePoint::kDropped && captured.reason == reason;
    }
    EXPECT_TRUE(found) << static_cast<int>(reason);
  };
  const auto seal_next = [&] { return a_says.seal(secret(sequence++)); };
  const Bytes first = seal_next();
  ASSERT_EQ(pass(a, b, first).size(), 1U);
  taken();
  dropped_for(DropReason::srtp_replayed, a, first);
  Bytes forged = seal_next();
  forged.back() ^= 1;
  dropped_for(DropReason::srtp_authentication_failed, a, forged);
  dropped_for(DropReason::source_mismatch, sprayer, seal_next());
  dropped_for(DropReason::payload_type_unmapped, a, a_says.seal(secret(sequence++, kSsrcA, 9)));
  Bytes padded = secret(sequence++);
  padded[0] |= 0x20;
  padded.back() = 0;
  dropped_for(DropReason::rtp_malformed, a, a_says.seal(padded));
  Bytes report = rtcp_sender_report(kSsrcA, 160, 1, 160);
  report[3] = 77;  // a length that doesn't fit
  dropped_for(DropReason::rtcp_malformed, a, a_says.seal_rtcp(report));
  const auto with = [&](auto change) {
    SessionSpec other = spec;
    change(other);
    bed().update(session, other);
  };
  with([](SessionSpec& other) { other.legs[0].direction = Direction::kInactive; });
  dropped_for(DropReason::direction, a, seal_next());
  with([](SessionSpec& other) { other.legs[1].direction = Direction::kInactive; });
  dropped_for(DropReason::direction, a, seal_next());
  with([](SessionSpec& other) { other.legs[0].sinks.clear(); });
  dropped_for(DropReason::no_sink, a, seal_next());
  dropped_for(DropReason::no_sink, a, a_says.seal_rtcp(rtcp_sender_report(kSsrcA, 160, 1, 160)));
  with([](SessionSpec& other) { other.legs[1].srtp_send = {}; });
  dropped_for(DropReason::srtp_no_key, a, seal_next());
  with([](SessionSpec& other) { other.legs[0].srtp_receive = {}; });
  dropped_for(DropReason::srtp_no_key, a, seal_next());
}

// Frames that leave Pollux where there is no way: the headers are the outgoing ones by then.
TEST_F(SrtpCaptureTest, NorDoThoseWithNowhereToGo) {
  SessionSpec spec = bridged_call();
  spec.legs[1].remote_rtp = std::nullopt;
  spec.legs[1].learning = LearningMode::kOff;
  begin(spec, false);
  ASSERT_EQ(pass(a, b, a_says.seal(secret(1))), Heard{});
  ASSERT_EQ(pass(a, b, a_says.seal(secret(2))), Heard{});
  ASSERT_EQ(pass(a, b, a_says.seal_rtcp(rtcp_sender_report(kSsrcA, 160, 1, 160))), Heard{});
  EXPECT_EQ(bed().drops(DropReason::no_remote), 3U);
  const auto packets = taken();
  EXPECT_EQ(std::count_if(packets.begin(), packets.end(),
                          [](const auto& p) { return p.point == CapturePoint::kDropped; }),
            3);
  EXPECT_TRUE(std::none_of(packets.begin(), packets.end(), shows_plaintext));
}

// Of a bridge the plain side is plain on the wire; the other side isn't.
TEST_F(SrtpCaptureTest, EachSideOfABridgeAsItIs) {
  begin(bridged_call(), false);
  ASSERT_EQ(pass(a, b, a_says.seal(secret(1))), Heard{secret(1)});
  ASSERT_EQ(opened(a_hears, pass(b, a, secret(1, kSsrcB))), Heard{secret(1, kSsrcB)});
  const auto packets = taken();
  ASSERT_EQ(packets.size(), 4U);
  for (const CapturedPacket& packet : packets) {
    EXPECT_EQ(shows_plaintext(packet), packet.leg_id == 1) << packet.leg_id;
  }
}

struct SrtpDecryptedTest : SrtpCaptureTest, ::testing::WithParamInterface<bool> {
  // The captured frames of one packet, in order: as it came, and as it goes.
  void expect_inside(const Party& from, const Party& to, const Bytes& plain) {
    const auto packets = taken();
    ASSERT_EQ(packets.size(), 2U);
    EXPECT_EQ(packets[0].point, CapturePoint::kReceived);
    EXPECT_EQ(packets[1].point, CapturePoint::kSent);
    const auto sent = parse(packets[1].frame);  // every length and check sum is right
    ASSERT_TRUE(sent);
    EXPECT_EQ(sent->payload, plain);
    EXPECT_EQ(sent->destination, to.address);
    EXPECT_EQ(sent->source, to.relay);
    // Of what came the UDP check sum is still that of the wire.
    Bytes frame = packets[0].frame;
    EXPECT_EQ(packets[0].original_length, frame.size());
    const Bytes wanted = build(datagram(from, plain));
    ASSERT_EQ(frame.size(), wanted.size());
    const std::size_t checksum = frame.size() - plain.size() - 2;
    store_be16(&frame[checksum], load_be16(&wanted[checksum]));
    EXPECT_EQ(frame, wanted);
  }
};
INSTANTIATE_TEST_SUITE_P(Families, SrtpDecryptedTest, ::testing::Values(false, true),
                         [](const auto& each) { return each.param ? "ipv6" : "ipv4"; });

TEST_P(SrtpDecryptedTest, ShowsWhatIsInside) {
  const Party one = GetParam() ? Party{0, at("[2001:db8:a::7]:4000"), at("[2001:db8:a::1]:20000")} : a;
  const Party other = GetParam() ? Party{1, at("[2001:db8:b::9]:5000"), at("[2001:db8:b::1]:30000")} : b;
  meet(one, other);
  SessionSpec spec = two_legs(leg_at(0, one, 20000), leg_at(1, other, 30000));
  for (LegSpec& leg : spec.legs) {
    leg.local_rtcp_port = leg.local_rtp_port;
  }
  begin(keyed(spec), true);
  ASSERT_EQ(opened(b_hears, pass(one, other, a_says.seal(secret(1)))), Heard{secret(1)});
  expect_inside(one, other, secret(1));
  ASSERT_EQ(opened(a_hears, pass(other, one, b_says.seal(secret(1, kSsrcB)))), Heard{secret(1, kSsrcB)});
  expect_inside(other, one, secret(1, kSsrcB));
  const Bytes report = rtcp_sender_report(kSsrcA, 160, 1, 160);
  ASSERT_EQ(pass(one, other, a_says.seal_rtcp(report)).size(), 1U);
  expect_inside(one, other, report);
  // What doesn't open can't be shown from inside, and what does is shown when it is dropped.
  Bytes forged = a_says.seal(secret(2));
  forged.back() ^= 1;
  pass(one, other, forged);
  auto packets = taken();
  ASSERT_EQ(packets.size(), 1U);
  EXPECT_EQ(packets[0].reason, DropReason::srtp_authentication_failed);
  EXPECT_FALSE(shows_plaintext(packets[0]));
  spec = keyed(spec);
  spec.legs[1].direction = Direction::kInactive;
  bed().update(session, spec);
  ASSERT_EQ(pass(one, other, a_says.seal(secret(3))), Heard{});
  packets = taken();
  ASSERT_FALSE(packets.empty());
  EXPECT_EQ(packets.back().point, CapturePoint::kDropped);
  EXPECT_TRUE(shows_plaintext(packets.back()));
}

TEST_F(SrtpCaptureTest, SrtpThatPassesThroughIsShownAsItIs) {
  SessionSpec spec = mux_call();
  spec.legs[0].srtp_passthrough = spec.legs[1].srtp_passthrough = true;
  begin(spec, true);
  const Bytes sealed = a_says.seal(secret(1));
  ASSERT_EQ(pass(a, b, sealed), Heard{sealed});
  const auto packets = taken();
  ASSERT_EQ(packets.size(), 2U);
  for (const CapturedPacket& packet : packets) {
    EXPECT_EQ(parse(packet.frame)->payload, sealed);
  }
}

// Copies that find no room cost no media.
TEST_F(SrtpCaptureTest, ATardyReaderLosesCopiesAndNothingElse) {
  begin(secure_call(), false);
  std::size_t heard = 0;
  for (std::uint16_t i = 1; i <= 3000; ++i) {
    send(a, a_says.seal(secret(i)));
    if (i % 50 == 0) {
      bed().turn_workers();
      heard += opened(b_hears, heard_by(b)).size();
    }
  }
  EXPECT_EQ(heard, 3000U);
  const std::uint64_t lost = bed().dataplane().stats().workers[0].capture_lost;
  EXPECT_GT(lost, 0U);
  EXPECT_EQ(taken().size() + lost, 6000U);
}

}  // namespace
}  // namespace pollux::testing
