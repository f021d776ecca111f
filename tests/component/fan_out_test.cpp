// One received stream for several legs.
#include <map>

#include "tests/component/call_fixture.hpp"

namespace pollux::testing {
namespace {

// The speaker at port a; listeners at port b, one of which knows the format by another number.
struct FanOutTest : CallTest {
  SessionSpec conference() {
    SessionSpec spec = call();
    spec.legs[0].sinks.clear();
    spec.legs[1].sinks.clear();
    for (std::uint16_t id = 2; id < 5; ++id) {
      const auto port = static_cast<std::uint16_t>(30000 + 2 * id);
      spec.legs.push_back(bed_leg(id, 1, port, "198.51.100.9:6000"));
      spec.legs.back().remote_rtp->port = static_cast<std::uint16_t>(6000 + 2 * id);
    }
    for (std::uint16_t id = 1; id < 5; ++id) {
      spec.legs[0].sinks.push_back(id);
    }
    spec.legs[4].payload_types.push_back({.wire = 96, .common = 8, .clock_rate = 8000});
    return spec;
  }
};

TEST_F(FanOutTest, EveryListenerHearsEveryPacketInOrder) {
  bed().add(conference());
  send(a, rtp({.sequence = 1}));
  bed().turn();
  bed().received(1);
  for (std::uint16_t i = 2; i < 102; ++i) {
    send(a, rtp({.sequence = i, .timestamp = i * 160U}));
  }
  bed().turn();
  std::map<std::uint16_t, Heard> heard;
  for (UdpFrame& frame : bed().received_udp(1)) {
    heard[frame.destination.port].push_back(std::move(frame.payload));
  }
  ASSERT_EQ(heard.size(), 4U) << bed().describe();
  for (const auto& [port, payloads] : heard) {
    ASSERT_EQ(payloads.size(), 100U) << port;
    const std::uint8_t type = port == 6008 ? 96 : 8;
    for (std::uint16_t i = 0; i < 100; ++i) {
      const auto sequence = static_cast<std::uint16_t>(i + 2);
      ASSERT_EQ(payloads[i], rtp({.payload_type = type, .sequence = sequence, .timestamp = sequence * 160U}));
    }
  }
  EXPECT_EQ(all_drops(), 0U);
}

TEST_F(FanOutTest, RtcpGoesToAllAsWell) {
  bed().add(conference());
  send(a, rtp({.sequence = 1}));
  send(a.next_port(), rtcp_sender_report(0x11223344, 160, 1, 160));
  bed().turn();
  std::size_t reports = 0;
  for (const UdpFrame& frame : bed().received_udp(1)) {
    reports += frame.payload[1] == 200 ? 1U : 0U;
  }
  EXPECT_EQ(reports, 4U);
}

TEST_F(FanOutTest, ALegMayComeAndGoWhileOthersListen) {
  SessionSpec spec = conference();
  const SessionHandle session = bed().add(spec);
  send(a, rtp({.sequence = 1}));
  bed().turn();
  bed().received(1);
  std::vector<std::uint16_t> sinks(spec.legs[0].sinks.begin(), spec.legs[0].sinks.end());
  sinks.erase(sinks.begin() + 3);  // nobody sends to leg 4 any more
  spec.legs[0].sinks = SharedList(sinks);
  spec.legs.pop_back();
  bed().update(session, spec);
  send(a, rtp({.sequence = 2}));
  bed().turn();
  EXPECT_EQ(bed().received_udp(1).size(), 3U);
  bed().remove(session);
  send(a, rtp({.sequence = 3}));
  bed().turn();
  EXPECT_EQ(bed().drops(DropReason::no_endpoint), 1U);
}

}  // namespace
}  // namespace pollux::testing
