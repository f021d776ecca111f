#include "tests/unit/io/stack_fixture.hpp"

namespace pollux::io {
namespace {

class ArpTest : public StackTest {};

TEST_F(ArpTest, AnswersForOurAddress) {
  receive(arp_request("10.0.0.10", "10.0.0.1"));
  ASSERT_EQ(sink->sent.size(), 1U);
  EXPECT_EQ(sink->sent[0].interface, 0);
  EXPECT_EQ(sink->sent[0].bytes, padded(hex("02000000000a 020000000001 0806 0001 0800 06 04 0002"
                                            "020000000001 0a000001 02000000000a 0a00000a")));
  EXPECT_EQ(stack->stats().arp_received, 1U);
  EXPECT_EQ(stack->stats().arp_sent, 1U);
  EXPECT_EQ(resolved("10.0.0.10"), "02:00:00:00:00:0a") << "who asks us will be sent to: learned";
  EXPECT_EQ(stack->stats().neighbours, 1U);
}

TEST_F(ArpTest, AnswersOnTheSameVlan) {
  receive(with_vlan(arp_request("10.1.0.10", "10.1.0.1"), 100), 1);
  ASSERT_EQ(sink->sent.size(), 1U);
  EXPECT_EQ(sink->sent[0].interface, 1);
  EXPECT_EQ(sink->sent[0].bytes, padded(hex("02000000000a 020000000001 8100 0064 0806 0001 0800 06 04 0002"
                                            "020000000001 0a010001 02000000000a 0a01000a")));
}

TEST_F(ArpTest, AnswersWhenTheDeviceHasTakenTheTag) {
  receive(arp_request("10.1.0.10", "10.1.0.1"), 1);
  ASSERT_EQ(sink->sent.size(), 1U);
  EXPECT_EQ(sink->sent[0].bytes[12], 0x81);
}

TEST_F(ArpTest, IsSilentAboutAddressesThatAreNotOnThisInterface) {
  receive(arp_request("10.0.0.10", "10.0.0.2"));
  receive(arp_request("10.0.0.10", "10.1.0.1"));  // ours, but on VLAN 100
  EXPECT_TRUE(sink->sent.empty());
  EXPECT_EQ(stack->stats().neighbours, 0U) << "learned only from those who ask us";
}

TEST_F(ArpTest, AnswersAHostOfAnotherNetworkWithoutLearningIt) {
  receive(arp_request("192.0.2.9", "10.0.0.1"));
  EXPECT_EQ(sink->sent.size(), 1U);
  EXPECT_EQ(stack->stats().neighbours, 0U);
}

TEST_F(ArpTest, AnswersAProbe) {
  receive(arp_request("0.0.0.0", "10.0.0.1"));
  ASSERT_EQ(sink->sent.size(), 1U);
  EXPECT_EQ(sink->sent[0].bytes, padded(hex("02000000000a 020000000001 0806 0001 0800 06 04 0002"
                                            "020000000001 0a000001 02000000000a 00000000")));
  EXPECT_EQ(stack->stats().neighbours, 0U);
  EXPECT_TRUE(duplicates.empty()) << "it will see that the address is taken";
}

TEST_F(ArpTest, GratuitousArpUpdatesKnownNeighboursOnly) {
  const auto gratuitous = [](const char* address, const std::string& from) {
    return arp_request(address, address, from);
  };
  receive(gratuitous("10.0.0.10", kPeer));
  EXPECT_EQ(resolved("10.0.0.10"), "");
  receive(arp_request("10.0.0.10", "10.0.0.1"));
  receive(gratuitous("10.0.0.10", "02000000000b"));
  EXPECT_EQ(resolved("10.0.0.10"), "02:00:00:00:00:0b") << "failed over to another machine";
  receive(arp(kBroadcast, "02000000000c", 2, "10.0.0.10", kBroadcast, "10.0.0.10"));
  EXPECT_EQ(resolved("10.0.0.10"), "02:00:00:00:00:0c") << "announced by a reply";
}

TEST_F(ArpTest, UnaskedReplyCreatesNothing) {
  receive(arp_reply("10.0.0.10"));
  EXPECT_EQ(stack->stats().neighbours, 0U);
}

TEST_F(ArpTest, MalformedIsCounted) {
  const Bytes good = arp_request("10.0.0.10", "10.0.0.1");
  for (const std::size_t at : {14U, 16U, 18U, 19U, 20U}) {  // types, lengths, operation
    Bytes bad = good;
    bad[at] ^= 0x40;
    receive(bad);
  }
  Bytes group_sender = good;
  group_sender[22] |= 1;
  receive(group_sender);
  EXPECT_EQ(drops(DropReason::ethernet_malformed), 6U);
  EXPECT_TRUE(sink->sent.empty());
  EXPECT_EQ(stack->stats().arp_received, 0U);
}

TEST_F(ArpTest, TruncatedAtEveryLength) {
  const Bytes good = with_vlan(arp_request("10.1.0.10", "10.1.0.1"), 100);
  for (std::size_t length = 0; length < 18 + 28; ++length) {
    // A vector of its own, so that the sanitizer sees the end.
    receive(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length)), 1);
  }
  EXPECT_TRUE(sink->sent.empty());
  EXPECT_EQ(all_drops(), 46U);
  receive(Bytes(good.begin(), good.begin() + 18 + 28), 1);
  EXPECT_EQ(sink->sent.size(), 1U);
}

TEST_F(ArpTest, FramesOfOthersAndOfOurselvesAreDropped) {
  receive(arp("0200000000ff", kPeer, 1, "10.0.0.10", "000000000000", "10.0.0.1"));
  receive(arp_request("10.0.0.10", "10.0.0.1", kOur));  // as a kernel interface gives back what is sent
  EXPECT_EQ(drops(DropReason::not_for_us), 2U);
  receive(with_vlan(arp_request("10.0.0.10", "10.0.0.1"), 7));
  EXPECT_EQ(drops(DropReason::vlan_unknown), 1U);
  receive(with_vlan(arp_request("10.0.0.10", "10.0.0.1"), 0));
  EXPECT_EQ(sink->sent.size(), 1U) << "a priority tag is no VLAN";
}

TEST_F(ArpTest, ProbesThenAnnouncesWhenTheLinkComesUp) {
  stack->link_up(0);
  const auto probe =
      padded(hex("ffffffffffff 020000000001 0806 0001 0800 06 04 0001"
                 "020000000001 00000000 000000000000 0a000001"));
  const auto announcement =
      padded(hex("ffffffffffff 020000000001 0806 0001 0800 06 04 0001"
                 "020000000001 0a000001 000000000000 0a000001"));
  const auto count = [&](const Bytes& frame) {
    return std::count_if(sink->sent.begin(), sink->sent.end(),
                         [&](const auto& sent) { return sent.bytes == frame; });
  };
  EXPECT_EQ(count(probe), 1);
  for (std::uint64_t now = 0; now <= 10000; now += 50) {
    stack->advance(now);
    if (now == 850) {
      EXPECT_EQ(count(probe), 3);
      EXPECT_EQ(count(announcement), 0);
    }
    if (now == 900) {
      EXPECT_EQ(count(announcement), 1);
    }
  }
  EXPECT_EQ(count(probe), 3);
  EXPECT_EQ(count(announcement), 2);
  EXPECT_TRUE(duplicates.empty());
}

TEST_F(ArpTest, ReportsAndDefendsAnAddressThatAnotherHostHas) {
  stack->link_up(0);
  sink->sent.clear();
  receive(arp_reply("10.0.0.1"));  // the answer to our probe
  ASSERT_EQ(duplicates.size(), 1U);
  EXPECT_EQ(duplicates[0], std::pair(std::uint16_t{0}, std::string("10.0.0.1")));
  EXPECT_EQ(sink->sent.size(), 1U) << "announced in defence";
  receive(arp_reply("10.0.0.1"));
  stack->advance(9999);
  sink->sent.clear();
  receive(arp_reply("10.0.0.1"));
  EXPECT_EQ(duplicates.size(), 1U) << "no ping-pong of defences";
  EXPECT_TRUE(sink->sent.empty());
  stack->advance(10000);
  receive(arp_reply("10.0.0.1"));
  EXPECT_EQ(duplicates.size(), 2U);
  EXPECT_EQ(resolved("10.0.0.1"), "");
}

TEST_F(ArpTest, ReportsAProbeWhileProbingItself) {
  stack->link_up(0);
  receive(arp_request("0.0.0.0", "10.0.0.1"));
  EXPECT_EQ(duplicates.size(), 1U);
}

}  // namespace
}  // namespace pollux::io
