// Packets from wire to wire through one worker: what leaves is what came, with the right headers.
#include <cstring>

#include "dataplane/base/byte_order.hpp"
#include "tests/component/call_fixture.hpp"

namespace pollux::testing {
namespace {

using RelayTest = CallTest;

// Where the UDP check sum of an untagged frame is.
constexpr std::size_t kUdpChecksumV4 = 14 + 20 + 6;

struct Families {
  bool a_v6;
  bool b_v6;
};

class RelayFamilies : public CallTest, public ::testing::WithParamInterface<Families> {
 public:
  Party party_a = GetParam().a_v6 ? Party{0, at("[2001:db8:a::7]:4000"), at("[2001:db8:a::1]:20000")} : a;
  Party party_b = GetParam().b_v6 ? Party{1, at("[2001:db8:b::9]:5000"), at("[2001:db8:b::1]:30000")} : b;
  SessionSpec spec = two_legs(bed_leg(0, 0, 20000, party_a.address.to_string().c_str(), GetParam().a_v6),
                              bed_leg(1, 1, 30000, party_b.address.to_string().c_str(), GetParam().b_v6));

  void expect_bit_exact(const Party& from, const Party& to, const Bytes& payload) {
    send(from, payload);
    bed().turn();
    const auto frames = bed().received_udp(to.port);
    ASSERT_EQ(frames.size(), 1U) << bed().describe();
    EXPECT_EQ(frames[0].payload, payload);
    EXPECT_EQ(frames[0].source, to.relay);
    EXPECT_EQ(frames[0].destination, to.address);
    EXPECT_EQ(frames[0].source_mac, bed().mac(to.port));
    EXPECT_EQ(frames[0].destination_mac, RingBed::peer_mac(to.port));
    EXPECT_EQ(frames[0].time_to_live, 64);
    EXPECT_EQ(frames[0].dscp, 0);
    EXPECT_EQ(frames[0].vlan, 0);
  }
};

TEST_P(RelayFamilies, BitExactBothWays) {
  bed().add(spec);
  for (std::uint16_t i = 0; i < 8; ++i) {
    // Odd lengths: the last byte counts half a word in the check sum.
    const RtpFields fields = {.marker = i % 2 == 0,
                              .sequence = i,
                              .timestamp = i * 160U,
                              .payload_length = 150U + i,
                              .fill = static_cast<std::uint8_t>(i * 37)};
    expect_bit_exact(party_a, party_b, rtp(fields));
    expect_bit_exact(party_b, party_a, rtp(fields));
  }
}

TEST_P(RelayFamilies, RtcpOnItsOwnPort) {
  bed().add(spec);
  expect_bit_exact(party_a.next_port(), party_b.next_port(), rtcp_sender_report(1, 2, 3, 4));
  expect_bit_exact(party_b.next_port(), party_a.next_port(), rtcp_receiver_report(5, 1, 6));
}

// Short frames are padded by Ethernet (60 bytes): the padding isn't payload.
TEST_P(RelayFamilies, EthernetPaddingStaysBehind) {
  bed().add(spec);
  const Bytes payload = rtp({.payload_length = 0});
  Bytes frame = build(datagram(party_a, payload));
  frame.resize(frame.size() + 6, 0xee);
  bed().send(0, frame);
  bed().turn();
  EXPECT_EQ(heard_by(party_b), Heard{payload});
}

// Headers in several segments, as a device may deliver them.
TEST_P(RelayFamilies, PacketInSegments) {
  bed().add(spec);
  const Bytes payload = rtp({.sequence = 9});
  const Bytes frame = build(datagram(party_a, payload));
  for (const std::ptrdiff_t cut : {14, 20, 45, 70, 100}) {
    rte_mbuf* const head = RingBed::mbuf_of(Bytes(frame.begin(), frame.begin() + cut));
    ASSERT_EQ(rte_pktmbuf_chain(head, RingBed::mbuf_of(Bytes(frame.begin() + cut, frame.end()))), 0);
    bed().send(0, head);
    bed().turn();
    EXPECT_EQ(heard_by(party_b), Heard{payload}) << cut;
  }
}

INSTANTIATE_TEST_SUITE_P(Families, RelayFamilies,
                         ::testing::Values(Families{false, false}, Families{true, true},
                                           Families{false, true}, Families{true, false}),
                         [](const auto& of) {
                           return std::string(of.param.a_v6 ? "v6" : "v4") + "_to_" +
                                  (of.param.b_v6 ? "v6" : "v4");
                         });

TEST_F(RelayTest, AbsentChecksumStaysAbsent) {
  bed().add(call());
  bed().send(0, build(datagram(a, rtp({})), false));
  bed().turn();
  const auto frames = bed().received(1);
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(load_be16(&frames[0][kUdpChecksumV4]), 0);
  EXPECT_TRUE(parse(frames[0]).has_value());
}

// RFC 8200 §8.1: over IPv6 there is always one.
TEST_F(RelayTest, AbsentChecksumIsMadeForIpv6) {
  const Party v6{1, at("[2001:db8:b::9]:5000"), at("[2001:db8:b::1]:30000")};
  bed().add(
      two_legs(bed_leg(0, 0, 20000, "192.0.2.7:4000"), bed_leg(1, 1, 30000, "[2001:db8:b::9]:5000", true)));
  const Bytes payload = rtp({.payload_length = 33});
  bed().send(0, build(datagram(a, payload), false));
  bed().turn();
  EXPECT_EQ(heard_by(v6), Heard{payload});  // only right check sums are heard
}

// A check sum that the sender got wrong is not made right on the way: the receiver must find out.
TEST_F(RelayTest, WrongChecksumOfABelievedSourceStaysWrong) {
  bed().add(call());
  warm_up();
  Bytes frame = build(datagram(a, rtp({.sequence = 1001, .ssrc = 0xaaaaaaaa})));
  frame.back() ^= 1;
  bed().send(0, frame);
  bed().turn();
  const auto frames = bed().received(1);
  ASSERT_EQ(frames.size(), 1U) << bed().describe();
  EXPECT_FALSE(parse(frames[0]).has_value());
}

// Sums of zero go as all ones (RFC 768). One payload word is tried through all its values, so that both the
// received and the outgoing sum take every value.
TEST_F(RelayTest, EveryChecksum) {
  bed().add(call());
  warm_up();
  std::uint32_t relayed = 0;
  for (std::uint32_t word = 0; word < 0x10000; word += 256) {
    for (std::uint32_t i = word; i < word + 256; ++i) {
      Bytes payload = rtp({.sequence = 1, .ssrc = 0xaaaaaaaa, .payload_length = 2});
      store_be16(&payload[12], static_cast<std::uint16_t>(i));
      send(a, payload);
    }
    bed().turn_workers();
    relayed += static_cast<std::uint32_t>(heard_by(b).size());
  }
  EXPECT_EQ(relayed, 0x10000U);
}

TEST_F(RelayTest, CsrcExtensionAndPaddingAreUntouched) {
  bed().add(call());
  Bytes payload = rtp({.sequence = 7, .payload_length = 0});
  payload[0] = 0x80 | 0x20 | 0x10 | 2;                                  // padding, extension, two CSRCs
  payload.insert(payload.end(), {1, 2, 3, 4, 5, 6, 7, 8});              // CSRCs
  payload.insert(payload.end(), {0xbe, 0xde, 0, 1, 0x10, 0xff, 0, 0});  // RFC 8285 one-byte form
  payload.insert(payload.end(), {9, 9, 9, 0, 0, 3});                    // three of payload, three of padding
  EXPECT_EQ(relay(a, b, payload), Heard{payload});
}

TEST_F(RelayTest, EmptyPayload) {
  bed().add(call());
  EXPECT_EQ(relay(a, b, rtp({.payload_length = 0})), Heard{rtp({.payload_length = 0})});
}

TEST_F(RelayTest, LargestThatFitsAndOneMore) {
  bed().add(call());
  const Bytes fits = rtp({.sequence = 1, .payload_length = 1500 - 28 - 12});
  const Bytes too_large = rtp({.sequence = 2, .payload_length = 1500 - 28 - 12 + 1});
  EXPECT_EQ(relay(a, b, fits), Heard{fits});
  EXPECT_TRUE(relay(a, b, too_large).empty());
  EXPECT_EQ(bed().drops(DropReason::exceeds_mtu), 1U);
}

// A packet that fits IPv4 may be too large for IPv6.
TEST_F(RelayTest, MtuCountsTheLargerHeader) {
  const Party v6{1, at("[2001:db8:b::9]:5000"), at("[2001:db8:b::1]:30000")};
  bed().add(
      two_legs(bed_leg(0, 0, 20000, "192.0.2.7:4000"), bed_leg(1, 1, 30000, "[2001:db8:b::9]:5000", true)));
  const Bytes fits = rtp({.sequence = 1, .payload_length = 1500 - 48 - 12});
  EXPECT_EQ(relay(a, v6, fits), Heard{fits});
  EXPECT_TRUE(relay(a, v6, rtp({.sequence = 2, .payload_length = 1500 - 48 - 12 + 1})).empty());
  EXPECT_EQ(bed().drops(DropReason::exceeds_mtu), 1U);
}

// The sender's code point and hop limit end at the relay; the leg's own begin there.
TEST_F(RelayTest, DscpAndTimeToLiveAreTheLegs) {
  SessionSpec spec = call();
  spec.legs[0].dscp = 34;
  spec.legs[1].dscp = 46;
  bed().add(spec);
  for (const Party* from : {&a, &b}) {
    UdpFrame frame = datagram(*from, rtp({}));
    frame.dscp = 10;
    frame.time_to_live = 3;
    bed().send(from->port, build(frame));
  }
  bed().turn();
  const auto to_b = bed().received_udp(1);
  const auto to_a = bed().received_udp(0);
  ASSERT_EQ(to_b.size(), 1U);
  ASSERT_EQ(to_a.size(), 1U);
  EXPECT_EQ(to_b[0].dscp, 46);
  EXPECT_EQ(to_a[0].dscp, 34);
  EXPECT_EQ(to_b[0].time_to_live, 64);
}

TEST_F(RelayTest, RtcpHasTheLegsDscpToo) {
  SessionSpec spec = call();
  spec.legs[1].dscp = 46;
  bed().add(spec);
  send(a.next_port(), rtcp_sender_report(1, 2, 3, 4));
  bed().turn();
  const auto frames = bed().received_udp(1);
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].dscp, 46);
}

// Hosts beyond the on-link prefix are reached by the gateway.
TEST_F(RelayTest, ByGateway) {
  SessionSpec spec = call();
  spec.legs[1].remote_rtp = at("203.0.113.80:6000");
  bed().add(spec);
  const Party far = {1, at("203.0.113.80:6000"), b.relay};
  EXPECT_EQ(relay(a, far, rtp({})).size(), 1U) << bed().describe();
}

}  // namespace
}  // namespace pollux::testing
