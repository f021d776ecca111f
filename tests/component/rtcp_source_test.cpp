// Where a leg's RTCP goes while its RTP moves.
#include "tests/component/call_fixture.hpp"

namespace pollux::testing {
namespace {

struct RtcpSourceTest : CallTest {
  // A stream of `count` packets, 20 ms apart.
  void stream(const Party& from, std::uint16_t first, std::uint16_t count) {
    for (std::uint16_t i = 0; i < count; ++i) {
      const auto sequence = static_cast<std::uint16_t>(first + i);
      bed().advance_ms(20);
      send(from, rtp({.sequence = sequence, .timestamp = sequence * 160U, .ssrc = 0xaaaaaaaa}));
      bed().turn_workers();
    }
    bed().turn();
    bed().received(0);
    bed().received(1);
  }
  SocketAddress rtcp_destination() {
    send(b.next_port(), rtcp_sender_report(0xbbbbbbbb, 160, 1, 160));
    bed().turn();
    const auto frames = bed().received_udp(0);
    return frames.size() == 1 ? frames[0].destination : SocketAddress{};
  }
};

TEST_F(RtcpSourceTest, WhatWasLearnedGoesWhenRtpMoves) {
  SessionSpec spec = call();
  spec.legs[0].source_policy = SourcePolicy::kMediaHandover;
  bed().add(spec);
  warm_up(99);
  EXPECT_EQ(rtcp_destination(), at("192.0.2.7:4001"));  // signalled: RTP's port + 1

  Party nat = a.next_port();
  nat.address = at("192.0.2.7:7001");  // RTCP by another port of the same host
  send(nat, rtcp_sender_report(0xaaaaaaaa, 160, 1, 160));
  bed().turn();
  bed().received(1);
  EXPECT_EQ(rtcp_destination(), at("192.0.2.7:7001"));

  bed().advance_ms(1500);
  stream(a.from("192.0.2.77:4400"), 500, 12);
  EXPECT_EQ(events(EventType::kSourceChanged).size(), 1U) << bed().describe();
  EXPECT_EQ(rtcp_destination(), at("192.0.2.7:4001"));  // the old place is nobody's any more
}

}  // namespace
}  // namespace pollux::testing
