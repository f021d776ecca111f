#include "tests/unit/io/stack_fixture.hpp"

namespace pollux::io {
namespace {

class ResolveTest : public StackTest {
 protected:
  void send(const char* destination, unsigned mark = 0, std::uint16_t interface = 0) {
    stack->resolve_and_send(interface, sink->make(outgoing(destination, mark)));
  }
  // Advances in the steps of a running thread.
  void run_until(std::uint64_t end) {
    for (; now < end; now += 10) {
      stack->advance(now);
    }
    stack->advance(now = end);
  }
  // As a worker does with every packet.
  bool use(const char* address) { return !resolved(address).empty(); }

  std::uint64_t now = 0;
};

TEST_F(ResolveTest, HoldsTheFrameUntilTheNextHopAnswers) {
  send("10.0.0.10", 7);
  ASSERT_EQ(sink->sent.size(), 1U);
  EXPECT_EQ(sink->sent[0].bytes, padded(hex("ffffffffffff 020000000001 0806 0001 0800 06 04 0001"
                                            "020000000001 0a000001 000000000000 0a00000a")));
  EXPECT_TRUE(neighbours->find(0, ip("10.0.0.10")));
  EXPECT_EQ(resolved("10.0.0.10"), "");
  receive(arp_reply("10.0.0.10"));
  ASSERT_EQ(sink->released.size(), 1U);
  Bytes expected = outgoing("10.0.0.10", 7);
  std::copy(kPeerMac.begin(), kPeerMac.end(), expected.begin());
  EXPECT_EQ(sink->released[0].bytes, expected);
  EXPECT_EQ(resolved("10.0.0.10"), "02:00:00:00:00:0a");
  send("10.0.0.10", 8);
  EXPECT_EQ(sink->released.size(), 2U);
  EXPECT_TRUE(sink->owned.empty());
}

TEST_F(ResolveTest, FarHostsAreReachedByTheGateway) {
  send("198.51.100.7");
  send("2001:db8:ffff::7");
  ASSERT_EQ(sink->sent.size(), 2U);
  EXPECT_TRUE(neighbours->find(0, ip("10.0.0.254")));
  EXPECT_TRUE(neighbours->find(0, ip("2001:db8::fe")));
  receive(arp_reply("10.0.0.254"));
  ASSERT_EQ(sink->released.size(), 1U);
}

TEST_F(ResolveTest, WithoutRouteIsDropped) {
  send("198.51.100.7", 0, 1);  // VLAN 100 has no gateway
  send("10.0.0.255");
  send("224.0.0.1");
  send("10.0.0.1");
  EXPECT_EQ(drops(DropReason::no_route), 4U);
  stack->resolve_and_send(0, sink->make(hex("000000000000" + kOur + "0800 45")));
  stack->resolve_and_send(0, sink->make(hex("0000")));
  EXPECT_EQ(drops(DropReason::ip_malformed), 2U);
  EXPECT_EQ(sink->discarded, 6U);
  EXPECT_TRUE(sink->owned.empty());
  EXPECT_TRUE(sink->sent.empty());
}

TEST_F(ResolveTest, OnVlanTheQuestionIsTagged) {
  stack->resolve_and_send(1, sink->make(with_vlan(outgoing("10.1.0.10"), 100)));
  ASSERT_EQ(sink->sent.size(), 1U);
  EXPECT_EQ(Bytes(sink->sent[0].bytes.begin() + 12, sink->sent[0].bytes.begin() + 18), hex("8100 0064 0806"));
}

TEST_F(ResolveTest, OldestOfNineFramesGivesWay) {
  for (unsigned mark = 1; mark <= 9; ++mark) {
    send("10.0.0.10", mark);
  }
  EXPECT_EQ(sink->sent.size(), 1U) << "asked once";
  EXPECT_EQ(drops(DropReason::neighbour_unresolved), 1U);
  receive(arp_reply("10.0.0.10"));
  ASSERT_EQ(sink->released.size(), 8U);
  for (unsigned i = 0; i < 8; ++i) {
    EXPECT_EQ(sink->released[i].bytes.back(), i + 2) << "in order";
  }
}

TEST_F(ResolveTest, GivesUpAfterThreeQuestionsAndStartsOverLater) {
  send("10.0.0.10");
  run_until(2990);
  EXPECT_EQ(sink->sent.size(), 3U);
  EXPECT_EQ(sink->discarded, 0U);
  run_until(3010);
  EXPECT_EQ(sink->sent.size(), 3U);
  EXPECT_EQ(sink->discarded, 1U);
  EXPECT_EQ(stack->stats().neighbours_failed, 1U);
  send("10.0.0.10");
  EXPECT_EQ(drops(DropReason::neighbour_unresolved), 2U) << "no question for a second";
  run_until(4020);
  EXPECT_EQ(stack->stats().neighbours, 0U);
  send("10.0.0.10");
  EXPECT_EQ(sink->sent.size(), 4U);
}

TEST_F(ResolveTest, AnswerAfterFailureStillCounts) {
  send("10.0.0.10");
  run_until(3020);
  receive(arp_request("10.0.0.10", "10.0.0.1"));
  EXPECT_EQ(resolved("10.0.0.10"), "02:00:00:00:00:0a");
}

TEST_F(ResolveTest, NeighbourInUseIsProbedAndKept) {
  send("10.0.0.10");
  receive(arp_reply("10.0.0.10"));
  const auto ref = neighbours->find(0, ip("10.0.0.10"));
  sink->sent.clear();
  for (int round = 1; round <= 5; ++round) {
    run_until(now + 29900);
    EXPECT_TRUE(sink->sent.empty()) << "reachable for 30 s";
    EXPECT_TRUE(use("10.0.0.10"));
    run_until(now + 150);
    ASSERT_EQ(sink->sent.size(), 1U);
    EXPECT_EQ(sink->sent[0].bytes, padded(hex("02000000000a 020000000001 0806 0001 0800 06 04 0001"
                                              "020000000001 0a000001 000000000000 0a00000a")))
        << "asked by unicast";
    EXPECT_TRUE(use("10.0.0.10")) << "usable meanwhile";
    receive(arp_reply("10.0.0.10"));
    sink->sent.clear();
  }
  EXPECT_EQ(neighbours->find(0, ip("10.0.0.10")), ref) << "the same entry all the time";
}

TEST_F(ResolveTest, NeighbourThatFellSilentIsDroppedAfterThreeProbes) {
  send("2001:db8::a");
  receive(icmpv6(kOur + kPeer, kPeerV6, kOurV6, "88 00 0000 60000000 " + kPeerV6 + "0201 " + kPeer));
  const auto ref = neighbours->find(0, ip("2001:db8::a"));
  sink->sent.clear();
  MacAddress mac{};
  for (; now < 32500; now += 10) {
    stack->advance(now);
    EXPECT_TRUE(neighbours->load_mac(ref, mac.data())) << now;
  }
  ASSERT_EQ(sink->sent.size(), 3U);
  EXPECT_EQ(sink->sent[2].bytes,
            icmpv6(kPeer + kOur, kOurV6, kPeerV6, "87 00 0000 00000000 " + kPeerV6 + "0101 " + kOur));
  run_until(33100);
  EXPECT_FALSE(neighbours->load_mac(ref, mac.data()));
  EXPECT_FALSE(neighbours->find(0, ip("2001:db8::a")));
  EXPECT_EQ(stack->stats().neighbours_failed, 1U);
}

TEST_F(ResolveTest, UnusedNeighbourIsForgottenWithoutAQuestion) {
  receive(arp_request("10.0.0.10", "10.0.0.1"));
  sink->sent.clear();
  run_until(599000);
  EXPECT_EQ(stack->stats().neighbours, 1U);
  run_until(602000);
  EXPECT_EQ(stack->stats().neighbours, 0U);
  EXPECT_TRUE(sink->sent.empty());
}

TEST_F(ResolveTest, StaleNeighbourIsProbedOnceUsed) {
  receive(arp_request("10.0.0.10", "10.0.0.1"));
  run_until(60000);
  sink->sent.clear();
  EXPECT_TRUE(use("10.0.0.10"));
  run_until(61100);
  EXPECT_EQ(sink->sent.size(), 1U);
}

TEST_F(ResolveTest, AScanTakesABoundedShare) {
  HostStackOptions options;
  options.incomplete_total = 20;
  options.held_total = 50;
  restart(options);
  receive(arp_request("10.0.0.10", "10.0.0.1"));
  for (unsigned host = 20; host < 120; ++host) {
    const std::string address = "10.0.0." + std::to_string(host);
    send(address.c_str());
    send(address.c_str());
    send(address.c_str());
  }
  EXPECT_EQ(stack->stats().neighbours, 21U);
  EXPECT_EQ(sink->owned.size(), 50U);
  EXPECT_EQ(sink->discarded, 250U);
  EXPECT_TRUE(use("10.0.0.10"));
  run_until(1500);
  receive(arp_reply("10.0.0.10"));  // to the probe that its use has led to
  run_until(5000);
  EXPECT_TRUE(sink->owned.empty());
  EXPECT_EQ(stack->stats().neighbours, 1U);
  send("10.0.0.200");
  receive(arp_reply("10.0.0.200"));
  EXPECT_EQ(resolved("10.0.0.200"), "02:00:00:00:00:0a") << "afterwards all is well again";
}

TEST_F(ResolveTest, AFloodOfQuestionsLeavesEntriesInUseAlone) {
  HostStackOptions options;
  options.learned_total = 100;
  restart(options);
  send("10.0.0.10");
  receive(arp_reply("10.0.0.10"));
  for (unsigned host = 11; host < 250; ++host) {
    receive(arp_request(("10.0.0." + std::to_string(host)).c_str(), "10.0.0.1"));
  }
  EXPECT_EQ(stack->stats().neighbours, 101U);
  EXPECT_TRUE(use("10.0.0.10"));
  send("10.0.0.251");
  EXPECT_EQ(stack->stats().neighbours, 102U) << "there is room for whom we want to reach";
}

TEST_F(ResolveTest, SpoofedUnaskedReplyIsTriedOutFirst) {
  send("10.0.0.10");
  receive(arp_reply("10.0.0.10"));
  sink->sent.clear();
  receive(arp_reply("10.0.0.10", "02000000000b"));
  EXPECT_TRUE(use("10.0.0.10"));
  run_until(1100);
  ASSERT_EQ(sink->sent.size(), 1U) << "the new one is asked at once";
  EXPECT_EQ(Bytes(sink->sent[0].bytes.begin(), sink->sent[0].bytes.begin() + 6), hex("02000000000b"));
}

TEST_F(ResolveTest, HeldFramesComeBackWhenTheStackEnds) {
  send("10.0.0.10");
  stack.reset();
  EXPECT_EQ(sink->discarded, 1U);
  EXPECT_TRUE(sink->owned.empty());
}

}  // namespace
}  // namespace pollux::io
