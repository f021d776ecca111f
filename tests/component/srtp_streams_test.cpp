// Many SRTP streams and long ones: rollover counters, SSRCs, what is counted, and a second worker.
#include "tests/component/srtp_fixture.hpp"

namespace pollux::testing {
namespace {

struct SrtpStreamsTest : SrtpCallTest, ::testing::WithParamInterface<SrtpBackend> {
  SrtpStreamsTest() : SrtpCallTest(config_of(GetParam())) {}
};

INSTANTIATE_TEST_SUITE_P(Backends, SrtpStreamsTest,
                         ::testing::Values(SrtpBackend::kIpsecMb, SrtpBackend::kLibsrtp),
                         [](const auto& each) {
                           return each.param == SrtpBackend::kIpsecMb ? "ipsec_mb" : "libsrtp";
                         });

// Strides of 20011 pass a wrap every third or fourth packet; neighbours in time are swapped, some are lost.
TEST_P(SrtpStreamsTest, RolloverCountersSurviveLossAndReordering) {
  const SessionHandle session = bed().add(secure_call());
  std::uint64_t index = 60000;
  for (int round = 0; round < 60; ++round) {
    const auto base = static_cast<std::uint16_t>(index);
    const auto next = [&base](int more) { return static_cast<std::uint16_t>(base + more); };
    a_says.seal(speech(next(2)));  // lost
    const Heard there{speech(next(3)), speech(base), speech(next(5)), speech(next(1)), speech(next(4))};
    const Heard back{speech(next(1), kSsrcB), speech(base, kSsrcB), speech(next(9), kSsrcB)};
    expect_both_ways(a, b, there, back);
    index += 20011;
  }
  index -= 20011;
  const SessionStats stats = bed().stats(session);
  for (const LegStats& leg : stats.legs) {
    const std::uint64_t highest = index + (leg.id == 0 ? 5 : 9);
    const std::uint64_t sent = index + (leg.id == 0 ? 9 : 5);
    ASSERT_EQ(leg.srtp_receive->streams.size(), 1U);
    EXPECT_EQ(leg.srtp_receive->streams[0].roc, highest >> 16);
    EXPECT_EQ(leg.srtp_receive->streams[0].sequence, highest & 0xffff);
    EXPECT_EQ(leg.srtp_send->streams[0].roc, sent >> 16);
    EXPECT_EQ(leg.srtp_send->streams[0].sequence, sent & 0xffff);
  }
  EXPECT_GT(index >> 16, 17U);
  EXPECT_EQ(all_drops(), 0U);
}

TEST_P(SrtpStreamsTest, EverySsrcHasItsOwnRolloverCounter) {
  const SessionHandle session = bed().add(secure_call());
  // Three at once, each at another place before its wrap; a fourth takes over in the middle.
  Heard there;
  for (std::uint32_t i = 0; i < 300; ++i) {
    for (std::uint32_t stream = 0; stream < 4; ++stream) {
      if (stream != 3 || i >= 150) {
        there.push_back(
            speech(static_cast<std::uint16_t>(65530 - 90 * stream + i), 0x01010101U * (stream + 1)));
      }
    }
  }
  for (std::size_t at = 0; at < there.size(); at += 100) {
    const std::size_t end = std::min(there.size(), at + 100);
    expect_both_ways(a, b,
                     Heard(there.begin() + static_cast<std::ptrdiff_t>(at),
                           there.begin() + static_cast<std::ptrdiff_t>(end)),
                     {});
  }
  EXPECT_EQ(bed().stats(session).legs[0].srtp_receive->streams.size(), 4U);
  EXPECT_EQ(bed().stats(session).legs[0].srtp_receive->streams[0].roc, 1U);
  EXPECT_EQ(all_drops(), 0U);
}

TEST_P(SrtpStreamsTest, TooManySsrcsDontHarmTheFirst) {
  DataplaneConfig config = config_of(GetParam());
  config.srtp.streams_per_key = 4;
  restart(config);
  meet(a, b);
  const SessionHandle session = bed().add(secure_call());
  Heard known;
  for (std::uint32_t ssrc = 1; ssrc <= 4; ++ssrc) {
    known.push_back(speech(1, ssrc));
  }
  expect_both_ways(a, b, known, {});
  std::uint32_t newcomer = 100;
  for (std::uint16_t sequence = 2; sequence < 30; ++sequence) {
    Heard packets;
    for (Bytes& packet : known) {
      packet = speech(sequence, load_be32(&packet[8]));
      packets.push_back(a_says.seal(packet));
      packets.push_back(a_says.seal(speech(sequence, newcomer++)));
    }
    ASSERT_EQ(opened(b_hears, pass(a, b, packets)), known);
  }
  EXPECT_EQ(bed().drops(DropReason::srtp_streams_full), 28U * 4U);
  EXPECT_EQ(leg_drops(session, 0, DropReason::srtp_streams_full), 28U * 4U);
  EXPECT_EQ(bed().stats(session).legs[0].srtp_receive->streams.size(), 4U);
}

// The same for the key that is sent with: the source is plain and changes its SSRC with every packet.
TEST_P(SrtpStreamsTest, TooManySsrcsToSendDontHarmTheFirst) {
  DataplaneConfig config = config_of(GetParam());
  config.srtp.streams_per_key = 4;
  restart(config);
  meet(a, b);
  bed().add(bridged_call());
  for (std::uint32_t ssrc = 1; ssrc <= 4; ++ssrc) {
    ASSERT_EQ(opened(a_hears, pass(b, a, speech(1, ssrc))), Heard{speech(1, ssrc)});
  }
  for (std::uint16_t sequence = 2; sequence < 20; ++sequence) {
    ASSERT_EQ(pass(b, a, speech(sequence, 100U + sequence)), Heard{});
    ASSERT_EQ(opened(a_hears, pass(b, a, speech(sequence, 3))), Heard{speech(sequence, 3)});
  }
  EXPECT_EQ(bed().drops(DropReason::srtp_streams_full), 18U);
}

// The same speech by a plain call and by one that is encrypted twice.
TEST_P(SrtpStreamsTest, StatisticsAreThoseOfAPlainCall) {
  const SessionHandle secure = bed().add(secure_call());
  const Party plain_a{0, at("192.0.2.17:4000"), at("192.0.2.1:21000")};
  const Party plain_b{1, at("198.51.100.19:5000"), at("198.51.100.1:31000")};
  meet(plain_a, plain_b);
  const SessionHandle plain = bed().add(two_legs(leg_at(0, plain_a, 21000), leg_at(1, plain_b, 31000)));
  for (std::uint16_t i = 1; i <= 640; ++i) {
    bed().advance_ms(i % 3 == 0 ? 33 : 14);
    if (i % 10 == 0) {
      continue;  // lost
    }
    const auto sequence = static_cast<std::uint16_t>(i % 10 == 4 ? i + 1 : i % 10 == 5 ? i - 1 : i);
    const Bytes packet = speech(sequence, kSsrcA, i <= 320 ? 0x2a : 0xd5);
    send(a, a_says.seal(packet));
    send(plain_a, packet);
    bed().turn_workers();
  }
  EXPECT_EQ(bed().received_udp(1).size(), 2U * 576U);
  const SessionStats s = bed().stats(secure);
  const SessionStats p = bed().stats(plain);
  EXPECT_EQ(s.legs[0].rtp.rx_packets, 576U);
  EXPECT_EQ(s.legs[0].rtp.rx_bytes, 576U * 172U);
  EXPECT_EQ(s.legs[1].rtp.tx_packets, 576U);
  EXPECT_EQ(s.legs[1].rtp.tx_bytes, 576U * 172U);
  const ReceptionStats& one = s.legs[0].reception;
  const ReceptionStats& other = p.legs[0].reception;
  EXPECT_EQ(one.expected, 639U);
  EXPECT_EQ(one.lost(), 63U);
  EXPECT_EQ(one.reordered, 64U);
  EXPECT_EQ(one.expected, other.expected);
  EXPECT_EQ(one.received, other.received);
  EXPECT_EQ(one.reordered, other.reordered);
  EXPECT_EQ(one.gaps, other.gaps);
  EXPECT_EQ(one.longest_gap_packets, other.longest_gap_packets);
  EXPECT_GT(one.jitter_rtp_ticks, 20U);
  EXPECT_EQ(one.jitter_rtp_ticks, other.jitter_rtp_ticks);
  EXPECT_EQ(one.max_jitter_rtp_ticks, other.max_jitter_rtp_ticks);
  EXPECT_EQ(one.ptime_rtp_ticks, 160U);
  EXPECT_EQ(one.talk_us, other.talk_us);
  EXPECT_EQ(one.silence_us, other.silence_us);
  EXPECT_GT(one.talk_us, 4'000'000U);
  EXPECT_GT(one.silence_us, 4'000'000U);
  EXPECT_EQ(s.legs[0].rtp.lost, p.legs[0].rtp.lost);
  EXPECT_FALSE(p.legs[0].srtp_receive);
  EXPECT_FALSE(p.legs[0].srtp_send);
  EXPECT_EQ(s.legs[0].srtp_receive->rtp_packets, 576U);
  EXPECT_EQ(s.legs[1].srtp_send->rtp_packets, 576U);
  EXPECT_EQ(s.legs[0].srtp_receive->rtp_packets_left, kMaxSrtpLifetime - 576);
  EXPECT_EQ(s.legs[0].srtp_send->rtp_packets, 0U);
  EXPECT_FALSE(s.legs[0].srtp_receive->overlap);
}

// Whichever worker has the call, one direction comes to the other worker's queue.
TEST_P(SrtpStreamsTest, PacketsThatReachTheOtherWorker) {
  DataplaneConfig config = RingBed::two_ports(2);
  config.srtp.backend = GetParam();
  restart(config);
  for (const std::uint16_t port : {std::uint16_t{20000}, std::uint16_t{20002}}) {
    Party one = a;
    Party other = b;
    one.relay.port = other.relay.port = port;
    meet(one, other);
    SessionSpec spec = two_legs(leg_at(0, one, port), leg_at(1, other, port));
    for (LegSpec& leg : spec.legs) {
      leg.local_rtcp_port = port;
    }
    spec.worker = bed().dataplane().port_owner(ip("192.0.2.1"), port);
    EXPECT_EQ(spec.worker, port == 20000 ? 0 : 1);
    const SessionHandle session = bed().add(keyed(spec));
    const int base = port == 20000 ? 0 : 5000;
    Heard there;
    Heard back;
    for (std::uint16_t i = 1; i < 201; ++i) {
      there.push_back(speech(static_cast<std::uint16_t>(base + i)));
      back.push_back(speech(static_cast<std::uint16_t>(base + i), kSsrcB));
    }
    expect_both_ways(one, other, there, back);
    spec = keyed(spec);
    spec.legs[0].srtp_receive = test_key(SrtpSuite::kAeadAes128Gcm, 40);
    bed().update(session, spec);
    SrtpParty renewed(*spec.legs[0].srtp_receive, Role::kSends);
    const Bytes last = speech(static_cast<std::uint16_t>(base + 201));
    EXPECT_EQ(opened(b_hears, pass(one, other, renewed.seal(last))), Heard{last}) << bed().describe();
    bed().remove(session);
    bed().received(0);
    bed().received(1);
  }
  EXPECT_EQ(all_drops(), 0U);
}

}  // namespace
}  // namespace pollux::testing
