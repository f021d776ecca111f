// Two workers: packets that reach the wrong one, and a device with fewer transmit queues than workers.
#include "dataplane/base/byte_order.hpp"
#include "tests/component/call_fixture.hpp"

namespace pollux::testing {
namespace {

struct HandoffTest : CallTest {
  HandoffTest() : CallTest(RingBed::two_ports(2)) {}
  // A call of the worker that owns `rtp_port` at both legs.
  SessionSpec call_on(std::uint16_t rtp_port) {
    SessionSpec spec =
        two_legs(bed_leg(0, 0, rtp_port, "192.0.2.7:4000"), bed_leg(1, 1, rtp_port, "198.51.100.9:5000"));
    spec.worker = bed().dataplane().port_owner(ip("192.0.2.1"), rtp_port);
    return spec;
  }
  Party party_a(std::uint16_t rtp_port) { return {0, at("192.0.2.7:4000"), {ip("192.0.2.1"), rtp_port}}; }
  Party party_b(std::uint16_t rtp_port) {
    return {1, at("198.51.100.9:5000"), {ip("198.51.100.1"), rtp_port}};
  }
  std::uint64_t handed_off() {
    std::uint64_t sum = 0;
    for (const WorkerStats& worker : bed().dataplane().stats().workers) {
      sum += worker.handed_off;
    }
    return sum;
  }
};

TEST_F(HandoffTest, PortsAreDealtOutInTurn) {
  EXPECT_EQ(bed().dataplane().port_owner(ip("192.0.2.1"), 20000),
            bed().dataplane().port_owner(ip("192.0.2.1"), 20001));
  EXPECT_NE(bed().dataplane().port_owner(ip("192.0.2.1"), 20000),
            bed().dataplane().port_owner(ip("192.0.2.1"), 20002));
}

// Port a's queue is worker 0's, port b's is worker 1's: whichever worker has the call, one direction is
// handed over.
TEST_F(HandoffTest, EveryPacketReachesItsOwnerInOrder) {
  for (const std::uint16_t port : {std::uint16_t{20000}, std::uint16_t{20002}}) {
    bed().add(call_on(port));
    const Party from_a = party_a(port);
    const Party from_b = party_b(port);
    relay(from_a, from_b, rtp({.sequence = 1, .timestamp = 160}));
    relay(from_b, from_a, rtp({.sequence = 1, .timestamp = 160}));
    const std::uint64_t before = handed_off();
    for (std::uint16_t i = 2; i < 202; ++i) {
      send(from_a, rtp({.sequence = i, .timestamp = i * 160U}));
      send(from_b, rtp({.sequence = i, .timestamp = i * 160U}));
    }
    bed().turn();
    for (const Heard& heard : {heard_by(from_b), heard_by(from_a)}) {
      ASSERT_EQ(heard.size(), 200U) << bed().describe();
      for (std::uint16_t i = 0; i < 200; ++i) {
        ASSERT_EQ(load_be16(&heard[i][2]), i + 2);
      }
    }
    EXPECT_EQ(handed_off() - before, 200U);  // one direction of the two
  }
}

TEST_F(HandoffTest, APacketForNobodyIsDroppedByItsOwner) {
  send(party_a(20000), rtp({}));
  send(party_a(20002), rtp({}));
  bed().turn();
  EXPECT_EQ(bed().drops(DropReason::no_endpoint), 2U);
  EXPECT_EQ(handed_off(), 1U);
}

TEST_F(HandoffTest, WorkersShareATransmitQueueWhereThereIsOnlyOne) {
  restart(RingBed::two_ports(2), {.receive = 1, .transmit = 1});
  for (const std::uint16_t port : {std::uint16_t{20000}, std::uint16_t{20002}}) {
    bed().add(call_on(port));
    relay(party_a(port), party_b(port), rtp({.sequence = 1}));
    EXPECT_EQ(relay(party_a(port), party_b(port), rtp({.sequence = 2})), Heard{rtp({.sequence = 2})});
  }
}

}  // namespace
}  // namespace pollux::testing
