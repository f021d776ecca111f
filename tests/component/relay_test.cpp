// Packets from wire to wire through one worker: what leaves is what came, with the right headers.
#include <gtest/gtest.h>

#include "tests/support/ring_bed.hpp"

namespace pollux::testing {
namespace {

struct RelayTest : ::testing::Test {
  // A call between 192.0.2.7:4000 at port a and 198.51.100.9:5000 at port b.
  SessionSpec call() {
    SessionSpec spec;
    spec.legs = {bed_leg(0, 0, 20000, "192.0.2.7:4000"), bed_leg(1, 1, 30000, "198.51.100.9:5000")};
    spec.legs[0].sinks.push_back(1);
    spec.legs[1].sinks.push_back(0);
    return spec;
  }
  UdpFrame from_a(const Bytes& payload) {
    return {.destination_mac = bed.mac(0),
            .source_mac = RingBed::peer_mac(0),
            .vlan = 0,
            .source = *SocketAddress::parse("192.0.2.7:4000"),
            .destination = *SocketAddress::parse("192.0.2.1:20000"),
            .payload = payload};
  }
  RingBed bed{RingBed::two_ports()};
};

TEST_F(RelayTest, BitExact) {
  bed.add(call());
  for (std::uint16_t i = 0; i < 8; ++i) {
    bed.send(0, build(from_a(rtp({.sequence = i, .timestamp = i * 160U}))));
  }
  bed.turn();
  const auto frames = bed.received_udp(1);
  ASSERT_EQ(frames.size(), 8U) << bed.describe();
  for (std::uint16_t i = 0; i < 8; ++i) {
    EXPECT_EQ(frames[i].payload, rtp({.sequence = i, .timestamp = i * 160U}));
    EXPECT_EQ(frames[i].source, *SocketAddress::parse("198.51.100.1:30000"));
    EXPECT_EQ(frames[i].destination, *SocketAddress::parse("198.51.100.9:5000"));
    EXPECT_EQ(frames[i].destination_mac, RingBed::peer_mac(1));
    EXPECT_EQ(frames[i].time_to_live, 64);
  }
}

}  // namespace
}  // namespace pollux::testing
