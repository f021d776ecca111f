// SRTP on both sides of a call: every form of packet, every way through Pollux, many streams and long ones.
#include <map>
#include <memory>

#include "tests/component/srtp_fixture.hpp"

namespace pollux::testing {
namespace {

Bytes with_header(Bytes packet, std::uint8_t csrcs, std::uint16_t extension_words, std::uint8_t padding) {
  packet[0] =
      static_cast<std::uint8_t>(0x80 | csrcs | (extension_words != 0 ? 0x10 : 0) | (padding != 0 ? 0x20 : 0));
  Bytes more(std::size_t{4} * csrcs, 0xcc);
  if (extension_words != 0) {
    more.insert(more.end(), {0xbe, 0xde, 0, static_cast<std::uint8_t>(extension_words)});
    more.resize(more.size() + std::size_t{4} * extension_words, 0xee);
  }
  packet.insert(packet.begin() + 12, more.begin(), more.end());
  packet.resize(packet.size() + padding, 0);
  if (padding != 0) {
    packet.back() = padding;
  }
  return packet;
}

struct SrtpPathsTest : SrtpCallTest, ::testing::WithParamInterface<SrtpBackend> {
  SrtpPathsTest() : SrtpCallTest(config_of(GetParam())) {}
};

INSTANTIATE_TEST_SUITE_P(Backends, SrtpPathsTest,
                         ::testing::Values(SrtpBackend::kIpsecMb, SrtpBackend::kLibsrtp),
                         [](const auto& each) {
                           return each.param == SrtpBackend::kIpsecMb ? "ipsec_mb" : "libsrtp";
                         });

TEST_P(SrtpPathsTest, WholeBatchesGoBetweenTwoKeys) {
  bed().add(secure_call());
  for (std::uint16_t first = 1; first < 600; first = static_cast<std::uint16_t>(first + 150)) {
    Heard there;
    Heard back;
    for (std::uint16_t i = first; i < first + 150; ++i) {
      there.push_back(speech(i, kSsrcA, static_cast<std::uint8_t>(i)));
      back.push_back(speech(static_cast<std::uint16_t>(i + 7000), kSsrcB, static_cast<std::uint8_t>(~i)));
    }
    expect_both_ways(a, b, there, back);
  }
  EXPECT_EQ(all_drops(), 0U);
}

TEST_P(SrtpPathsTest, EveryFormOfPacket) {
  bed().add(secure_call());
  Heard there;
  Heard back;
  std::uint16_t sequence = 1;
  for (const std::size_t length : {0U, 1U, 15U, 16U, 17U, 160U, 1000U}) {
    for (const auto& [csrcs, words, padding] :
         {std::tuple(0, 0, 0), std::tuple(3, 0, 0), std::tuple(0, 1, 4), std::tuple(15, 9, 0),
          std::tuple(1, 2, 1), std::tuple(0, 0, 255)}) {
      ++sequence;
      for (Heard* packets : {&there, &back}) {
        packets->push_back(with_header(rtp({.sequence = sequence,
                                            .timestamp = sequence * 160U,
                                            .ssrc = packets == &there ? kSsrcA : kSsrcB,
                                            .payload_length = length}),
                                       static_cast<std::uint8_t>(csrcs), static_cast<std::uint16_t>(words),
                                       static_cast<std::uint8_t>(padding)));
      }
    }
  }
  expect_both_ways(a, b, there, back);
  EXPECT_EQ(all_drops(), 0U);
}

// What was added on the way in and out counts: 1500 bytes of IP packet are the most.
TEST_P(SrtpPathsTest, WhatGrowsBeyondTheMtuIsDropped) {
  bed().add(secure_call());
  const auto of_size = [](std::uint16_t sequence, std::size_t udp_payload) {
    return rtp({.sequence = sequence, .ssrc = kSsrcA, .payload_length = udp_payload - 12});
  };
  constexpr std::size_t kFits = 1500 - 28 - 16 - 4;  // tag and MKI of what b gets
  const Bytes fits = of_size(1, kFits);
  EXPECT_EQ(opened(b_hears, pass(a, b, a_says.seal(fits))), Heard{fits}) << bed().describe();
  EXPECT_EQ(pass(a, b, a_says.seal(of_size(2, kFits + 1))), Heard{});
  EXPECT_EQ(bed().drops(DropReason::exceeds_mtu), 1U);
  EXPECT_EQ(opened(b_hears, pass(a, b, a_says.seal(of_size(3, kFits)))), Heard{of_size(3, kFits)});
}

TEST_P(SrtpPathsTest, Ipv6AndBetweenTheFamilies) {
  const Party a6{0, at("[2001:db8:a::7]:4000"), at("[2001:db8:a::1]:20000")};
  const Party b6{1, at("[2001:db8:b::9]:5000"), at("[2001:db8:b::1]:30000")};
  meet(a6, b6);
  std::uint16_t sequence = 0;
  for (const auto& [one, other] : {std::pair(a6, b6), std::pair(a, b6), std::pair(a6, b)}) {
    SessionSpec spec = two_legs(leg_at(0, one, 20000), leg_at(1, other, 30000));
    for (LegSpec& leg : spec.legs) {
      leg.local_rtcp_port = leg.local_rtp_port;
    }
    const SessionHandle session = bed().add(keyed(spec));
    // Each session begins anew under the same keys; the parties go on.
    const Heard there{speech(++sequence), speech(++sequence)};
    expect_both_ways(one, other, there, {speech(sequence, kSsrcB), speech(++sequence, kSsrcB)});
    bed().remove(session);
    bed().received(0);
    bed().received(1);
  }
  EXPECT_EQ(bed().drops(DropReason::srtp_authentication_failed), 0U);
}

TEST_P(SrtpPathsTest, PayloadTypesAreMappedInsideSrtp) {
  SessionSpec spec = secure_call();
  spec.legs[0].payload_types.push_back({.wire = 96, .common = 8, .clock_rate = 8000});
  spec.legs[1].payload_types.push_back({.wire = 101, .common = 8, .clock_rate = 8000});
  bed().add(spec);
  const auto typed = [](std::uint8_t type, std::uint16_t sequence, std::uint32_t ssrc) {
    return rtp({.payload_type = type, .marker = true, .sequence = sequence, .ssrc = ssrc});
  };
  EXPECT_EQ(opened(b_hears, pass(a, b, a_says.seal(typed(96, 1, kSsrcA)))), Heard{typed(101, 1, kSsrcA)});
  EXPECT_EQ(opened(a_hears, pass(b, a, b_says.seal(typed(101, 1, kSsrcB)))), Heard{typed(96, 1, kSsrcB)});
  EXPECT_EQ(pass(a, b, a_says.seal(typed(8, 2, kSsrcA))), Heard{});
  EXPECT_EQ(bed().drops(DropReason::payload_type_unmapped), 1U);
}

TEST_P(SrtpPathsTest, ARewrittenStreamIsOneStreamToItsListener) {
  SessionSpec spec = secure_call();
  spec.legs[1].stream_mode = StreamMode::kRewrite;
  const SessionHandle session = bed().add(spec);
  std::uint32_t ssrc = 0;
  std::uint16_t expected = 0;
  bool begun = false;
  const auto hear = [&](std::uint16_t sequence, std::uint32_t source) {
    bed().advance_ms(20);
    const Heard plain = opened(b_hears, pass(a, b, a_says.seal(speech(sequence, source))));
    ASSERT_EQ(plain.size(), 1U) << bed().describe();
    ASSERT_EQ(plain[0].size(), 172U);
    if (!begun) {
      ssrc = load_be32(&plain[0][8]);
      expected = load_be16(&plain[0][2]);
      begun = true;
    }
    ASSERT_EQ(load_be32(&plain[0][8]), ssrc);
    ASSERT_EQ(load_be16(&plain[0][2]), expected++);
  };
  hear(65000, kSsrcA);
  EXPECT_NE(ssrc, kSsrcA);
  EXPECT_EQ(bed().stats(session).legs[1].srtp_send->streams[0].roc, 0U);
  for (std::uint16_t i = 1; i < 50; ++i) {
    hear(static_cast<std::uint16_t>(65000 + i), kSsrcA);
  }
  for (std::uint16_t i = 0; i < 50; ++i) {
    hear(static_cast<std::uint16_t>(9 + i), 0xdddddddd);
  }
  const LegStats heard = bed().stats(session).legs[1];
  ASSERT_EQ(heard.srtp_send->streams.size(), 1U);
  EXPECT_EQ(heard.srtp_send->streams[0].ssrc, ssrc);
  EXPECT_EQ(heard.srtp_send->streams[0].sequence, static_cast<std::uint16_t>(expected - 1));
  EXPECT_EQ(bed().stats(session).legs[0].srtp_receive->streams.size(), 2U);
}

// One stream to a plain leg and to two with keys of their own.
TEST_P(SrtpPathsTest, OneStreamForSeveralKeys) {
  SessionSpec spec = bridged_call();
  spec.legs[0].sinks.clear();
  spec.legs[1].sinks.clear();
  std::map<std::uint16_t, std::unique_ptr<SrtpParty>> listeners;
  for (std::uint16_t id = 2; id < 4; ++id) {
    const auto remote = static_cast<std::uint16_t>(6000 + 2 * id);
    LegSpec leg = bed_leg(id, 1, static_cast<std::uint16_t>(30000 + 2 * id), "198.51.100.9:1");
    leg.remote_rtp->port = remote;
    leg.local_rtcp_port = leg.local_rtp_port;
    leg.remote_rtcp = leg.remote_rtp;
    leg.srtp_send = test_key(id == 2 ? SrtpSuite::kAes256CmHmacSha1_32 : SrtpSuite::kAeadAes128Gcm,
                             static_cast<std::uint8_t>(20 + id));
    listeners[remote] = std::make_unique<SrtpParty>(*leg.srtp_send, Role::kReceives);
    spec.legs.push_back(leg);
  }
  spec.legs[0].sinks.push_back(2);
  spec.legs[0].sinks.push_back(1);
  spec.legs[0].sinks.push_back(3);
  bed().add(spec);
  Heard plain;
  for (std::uint16_t i = 1; i < 151; ++i) {
    plain.push_back(speech(i, kSsrcA, static_cast<std::uint8_t>(i)));
    send(a, a_says.seal(plain.back()));
  }
  bed().turn();
  const Bytes report = rtcp_sender_report(kSsrcA, 160, 1, 160);
  send(a, a_says.seal_rtcp(report));
  bed().turn();
  std::map<std::uint16_t, Heard> heard;
  for (UdpFrame& frame : bed().received_udp(1)) {
    heard[frame.destination.port].push_back(std::move(frame.payload));
  }
  ASSERT_EQ(heard.size(), 3U) << bed().describe();
  for (auto& [port, packets] : heard) {
    ASSERT_EQ(packets.size(), 151U) << port;
    const Bytes last = packets.back();
    packets.pop_back();
    if (port == 5000) {
      EXPECT_EQ(packets, plain);
      EXPECT_EQ(last, report);
    } else {
      EXPECT_EQ(opened(*listeners[port], packets), plain) << port;
      EXPECT_EQ(listeners[port]->open_rtcp(last), report);
    }
  }
  EXPECT_EQ(all_drops(), 0U);
}

}  // namespace
}  // namespace pollux::testing
