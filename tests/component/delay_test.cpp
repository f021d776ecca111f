// How long packets are with a worker, as it counts by itself.
#include <rte_cycles.h>

#include "dataplane/stages/context.hpp"
#include "tests/component/call_fixture.hpp"

namespace pollux::testing {
namespace {

struct DelayTest : CallTest {
  explicit DelayTest(std::size_t workers = 1) : CallTest(RingBed::two_ports(workers)) {}

  WorkerStats worker(std::uint16_t index = 0) { return bed().dataplane().stats().workers[index]; }
  // Turns the worker until its next loop is one that is sampled.
  void before_a_sample(std::uint16_t index = 0) {
    while ((worker(index).loops + 1) % stages::kSampleEvery != 0) {
      bed().turn_worker(index);
    }
  }
  // The bed's time stands still and falls behind by so much.
  void fall_behind_ms(std::uint64_t milliseconds) {
    const std::uint64_t until = bed().now_tsc() + milliseconds * rte_get_tsc_hz() / 1000;
    while (rte_rdtsc() < until) {
    }
  }
};

TEST_F(DelayTest, OneLoopInSixteenTellsAndEveryLoopWithWork) {
  bed().add(call());
  warm_up();
  before_a_sample();
  bed().turn_worker(0);
  const WorkerStats before = worker();
  for (std::uint16_t i = 0; i < 4 * stages::kSampleEvery; ++i) {
    send(a, rtp({.sequence = static_cast<std::uint16_t>(1001 + i)}));
    send(a, rtp({.sequence = static_cast<std::uint16_t>(2001 + i)}));
    bed().turn_worker(0);
  }
  const WorkerStats after = worker();
  EXPECT_EQ(after.forward_delay.total() - before.forward_delay.total(), 4U * 2U);
  EXPECT_GT(after.forward_delay.sum_ns, before.forward_delay.sum_ns);
  EXPECT_EQ(after.loop_time.total() - before.loop_time.total(), 4 * stages::kSampleEvery);
  EXPECT_EQ(after.loop_time.total(), after.busy_loops);
  bed().turn();
}

TEST_F(DelayTest, ALoopTakesFromItsTimeToItsEnd) {
  bed().add(call());
  warm_up();
  fall_behind_ms(3);
  const std::uint64_t before = worker().loop_time.sum_ns;
  send(a, rtp({.sequence = 1001}));
  bed().turn_worker(0);
  EXPECT_GE(worker().loop_time.sum_ns - before, 3'000'000U);
  bed().turn();
}

TEST_F(DelayTest, WhatNoPacketCausedHasNone) {
  const SessionHandle session = bed().add(call());
  warm_up();
  before_a_sample();
  const std::uint64_t sent = bed().stage_packets("tx");
  const std::uint64_t before = worker().forward_delay.total();
  ASSERT_TRUE(bed().dataplane().remove_session(session, 1000).has_value());
  bed().turn_worker(0);
  EXPECT_GT(bed().stage_packets("tx"), sent) << "a BYE to each party";
  EXPECT_EQ(worker().forward_delay.total(), before);
  bed().turn();
}

TEST_F(DelayTest, DroppedPacketsHaveNone) {
  before_a_sample();
  send(a, rtp({.sequence = 1}));
  bed().turn_worker(0);
  EXPECT_EQ(bed().drops(DropReason::no_endpoint), 1U);
  EXPECT_EQ(worker().forward_delay.total(), 0U);
}

struct DelayHandoffTest : DelayTest {
  DelayHandoffTest() : DelayTest(2) {}
};

// Port a's queue is worker 0's; the call is worker 1's.
TEST_F(DelayHandoffTest, APassedPacketIsWithUsFromItsFirstWorkersLoopOn) {
  std::uint16_t port = 20000;
  while (bed().dataplane().port_owner(ip("192.0.2.1"), port) != 1) {
    port = static_cast<std::uint16_t>(port + 2);
  }
  SessionSpec spec =
      two_legs(bed_leg(0, 0, port, "192.0.2.7:4000"), bed_leg(1, 1, port, "198.51.100.9:5000"));
  spec.worker = 1;
  bed().add(spec);
  const Party from{0, at("192.0.2.7:4000"), {ip("192.0.2.1"), port}};
  const Party to{1, at("198.51.100.9:5000"), {ip("198.51.100.1"), port}};
  relay(from, to, rtp({.sequence = 1}));
  relay(to, from, rtp({.sequence = 1}));
  before_a_sample(1);
  fall_behind_ms(3);
  const WorkerStats passing = worker(0);
  const WorkerStats before = worker(1);
  send(from, rtp({.sequence = 2}));
  bed().turn_worker(0);
  bed().turn_worker(1);
  EXPECT_EQ(worker(0).handed_off, passing.handed_off + 1);
  EXPECT_EQ(worker(0).forward_delay.total(), passing.forward_delay.total());
  EXPECT_EQ(worker(1).forward_delay.total(), before.forward_delay.total() + 1);
  EXPECT_GE(worker(1).forward_delay.sum_ns - before.forward_delay.sum_ns, 3'000'000U);
  bed().turn();
}

}  // namespace
}  // namespace pollux::testing
