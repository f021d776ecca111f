// Tagged interfaces: one port with untagged traffic and two VLANs, each with addresses of its own.
#include "dataplane/base/byte_order.hpp"
#include "tests/component/call_fixture.hpp"

namespace pollux::testing {
namespace {

DataplaneConfig vlan_ports() {
  DataplaneConfig config = RingBed::two_ports();
  for (const std::uint16_t vlan : {std::uint16_t{10}, std::uint16_t{20}}) {
    InterfaceConfig tagged;
    tagged.vlan = vlan;
    const std::string net = "10." + std::to_string(vlan) + ".0.";
    tagged.addresses.push_back(*IpPrefix::parse(net + "1/24"));
    tagged.addresses.push_back(*IpPrefix::parse("2001:db8:" + std::to_string(vlan) + "::1/64"));
    tagged.gateways.push_back(ip((net + "254").c_str()));
    config.ports[1].interfaces.push_back(tagged);
  }
  return config;
}

LegSpec vlan_leg(std::uint16_t id, const char* local, std::uint16_t port, const char* remote) {
  LegSpec leg = bed_leg(id, 0, port, remote);
  leg.local_address = ip(local);
  return leg;
}

struct VlanTest : CallTest {
  VlanTest() : CallTest(vlan_ports()) {}

  const Party in_10{1, at("10.10.0.7:4000"), at("10.10.0.1:30000")};
  const Party in_20{1, at("10.20.0.7:4000"), at("10.20.0.1:30002")};
  const Party v6_in_20{1, at("[2001:db8:20::7]:4000"), at("[2001:db8:20::1]:30002")};

  Bytes tagged(const Party& from, std::uint16_t vlan, const Bytes& payload) {
    UdpFrame frame = datagram(from, payload);
    frame.vlan = vlan;
    return build(frame);
  }
};

TEST_F(VlanTest, UntaggedToTagged) {
  bed().add(
      two_legs(bed_leg(0, 0, 20000, "192.0.2.7:4000"), vlan_leg(1, "10.10.0.1", 30000, "10.10.0.7:4000")));
  const Bytes payload = rtp({.payload_length = 161});
  send(a, payload);
  bed().turn();
  const auto frames = bed().received_udp(1);
  ASSERT_EQ(frames.size(), 1U) << bed().describe();
  EXPECT_EQ(frames[0].vlan, 10);
  EXPECT_EQ(frames[0].payload, payload);
  EXPECT_EQ(frames[0].destination, in_10.address);
  EXPECT_EQ(frames[0].destination_mac, RingBed::peer_mac(1));

  bed().send(1, tagged(in_10, 10, payload));
  bed().turn();
  const auto back = bed().received_udp(0);
  ASSERT_EQ(back.size(), 1U) << bed().describe();
  EXPECT_EQ(back[0].vlan, 0);
  EXPECT_EQ(back[0].payload, payload);
}

TEST_F(VlanTest, BetweenTwoVlansOfAPort) {
  bed().add(two_legs(vlan_leg(0, "10.10.0.1", 30000, "10.10.0.7:4000"),
                     vlan_leg(1, "2001:db8:20::1", 30002, "[2001:db8:20::7]:4000")));
  const Bytes payload = rtp({});
  bed().send(1, tagged(in_10, 10, payload));
  bed().turn();
  auto frames = bed().received_udp(1);
  ASSERT_EQ(frames.size(), 1U) << bed().describe();
  EXPECT_EQ(frames[0].vlan, 20);
  EXPECT_EQ(frames[0].destination, v6_in_20.address);
  EXPECT_EQ(frames[0].payload, payload);

  bed().send(1, tagged(v6_in_20, 20, payload));
  bed().turn();
  frames = bed().received_udp(1);
  ASSERT_EQ(frames.size(), 1U) << bed().describe();
  EXPECT_EQ(frames[0].vlan, 10);
  EXPECT_EQ(frames[0].payload, payload);
}

TEST_F(VlanTest, UnknownVlanIsDropped) {
  bed().add(
      two_legs(bed_leg(0, 0, 20000, "192.0.2.7:4000"), vlan_leg(1, "10.10.0.1", 30000, "10.10.0.7:4000")));
  bed().send(1, tagged(in_10, 30, rtp({})));
  bed().turn();
  EXPECT_EQ(bed().drops(DropReason::vlan_unknown), 1U);
  EXPECT_TRUE(heard_by(a).empty());
}

// The address is ours, but not in this VLAN: a host of one network must not reach another's.
TEST_F(VlanTest, AddressOfAnotherVlanIsDropped) {
  bed().add(
      two_legs(bed_leg(0, 0, 20000, "192.0.2.7:4000"), vlan_leg(1, "10.10.0.1", 30000, "10.10.0.7:4000")));
  bed().send(1, tagged(in_10, 20, rtp({})));
  bed().send(1, tagged(in_10, 0, rtp({})));
  bed().send(0, build(datagram({0, at("192.0.2.7:4000"), in_10.relay}, rtp({}))));
  bed().turn();
  EXPECT_EQ(bed().drops(DropReason::address_unknown), 3U) << bed().describe();
  EXPECT_TRUE(heard_by(a).empty());
}

// A priority tag (VLAN 0) is untagged traffic (IEEE 802.1Q), and the priority bits are nobody's business.
TEST_F(VlanTest, PriorityBitsAndPriorityTag) {
  bed().add(
      two_legs(bed_leg(0, 0, 20000, "192.0.2.7:4000"), vlan_leg(1, "10.10.0.1", 30000, "10.10.0.7:4000")));
  bed().send(1, tagged(in_10, 0xa000 | 10, rtp({.sequence = 1})));
  bed().turn();
  EXPECT_EQ(heard_by(a).size(), 1U);
  Bytes priority = build(datagram(a, rtp({.sequence = 2})));
  const Bytes tag = {0x81, 0x00, 0xa0, 0x00};
  priority.insert(priority.begin() + 12, tag.begin(), tag.end());
  bed().send(0, priority);
  bed().turn();
  EXPECT_EQ(bed().received_udp(1).size(), 1U) << bed().describe();
}

// A device that takes the tag out says so beside the frame.
TEST_F(VlanTest, TagTakenOutByTheDevice) {
  bed().add(
      two_legs(bed_leg(0, 0, 20000, "192.0.2.7:4000"), vlan_leg(1, "10.10.0.1", 30000, "10.10.0.7:4000")));
  rte_mbuf* const mbuf = RingBed::mbuf_of(build(datagram(in_10, rtp({}))));
  mbuf->ol_flags |= RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
  mbuf->vlan_tci = 0x600a;
  bed().send(1, mbuf);
  bed().turn();
  EXPECT_EQ(heard_by(a).size(), 1U) << bed().describe();
}

// The tag costs no payload: the MTU is that of the IP packet.
TEST_F(VlanTest, MtuIsWithoutTheTag) {
  bed().add(
      two_legs(bed_leg(0, 0, 20000, "192.0.2.7:4000"), vlan_leg(1, "10.10.0.1", 30000, "10.10.0.7:4000")));
  send(a, rtp({.sequence = 1, .payload_length = 1500 - 28 - 12}));
  send(a, rtp({.sequence = 2, .payload_length = 1500 - 28 - 12 + 1}));
  bed().turn();
  EXPECT_EQ(bed().received_udp(1).size(), 1U);
  EXPECT_EQ(bed().drops(DropReason::exceeds_mtu), 1U);
}

}  // namespace
}  // namespace pollux::testing
