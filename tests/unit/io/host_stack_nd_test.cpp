#include "tests/unit/io/stack_fixture.hpp"

namespace pollux::io {
namespace {

class NdTest : public StackTest {
 protected:
  static inline const std::string kZero16 = "00000000000000000000000000000000 ";
  static inline const std::string kAllNodes = "ff020000000000000000000000000001 ";
  static inline const std::string kToGroup = "3333ff000001 ";

  static Bytes solicitation(const std::string& options = "0101 " + kPeer, int hop_limit = 255) {
    return icmpv6(kToGroup + kPeer, kPeerV6, kSolicitedNode, "87 00 0000 00000000 " + kOurV6 + options,
                  hop_limit);
  }
  // For an address of the peer's, sent to us.
  static Bytes advertisement(const std::string& flags, const std::string& options,
                             const std::string& target = kPeerV6) {
    return icmpv6(kOur + kPeer, kPeerV6, kOurV6, "88 00 0000 " + flags + target + options);
  }
};

TEST_F(NdTest, AnswersASolicitation) {
  receive(solicitation());
  ASSERT_EQ(sink->sent.size(), 1U);
  EXPECT_EQ(sink->sent[0].bytes,
            icmpv6(kPeer + kOur, kOurV6, kPeerV6, "88 00 0000 60000000 " + kOurV6 + "0201 " + kOur));
  EXPECT_EQ(resolved("2001:db8::a"), "02:00:00:00:00:0a");
  EXPECT_EQ(stack->stats().nd_received, 1U);
  EXPECT_EQ(stack->stats().nd_sent, 1U);
}

TEST_F(NdTest, AnswerIsByteExact) {
  receive(solicitation());
  ASSERT_EQ(sink->sent.size(), 1U);
  // Check sum reckoned independently, apart from the code under test.
  EXPECT_EQ(sink->sent[0].bytes,
            hex("02000000000a 020000000001 86dd 60000000 0020 3a ff"
                "20010db8000000000000000000000001 20010db800000000000000000000000a"
                "88 00 8a6b 60000000 20010db8000000000000000000000001 02 01 020000000001"));
}

TEST_F(NdTest, AnswersForLinkLocalAndOnTheSameVlan) {
  // fe80::ff:fe00:1 is made from our MAC.
  const Bytes asked = with_vlan(icmpv6(kToGroup + kPeer, "fe80000000000000000000000000000a", kSolicitedNode,
                                       "87 00 0000 00000000 fe80000000000000000000fffe000001 0101 " + kPeer),
                                100);
  receive(asked, 1);
  ASSERT_EQ(sink->sent.size(), 1U);
  EXPECT_EQ(
      sink->sent[0].bytes,
      with_vlan(icmpv6(kPeer + kOur, "fe80000000000000000000fffe000001", "fe80000000000000000000000000000a",
                       "88 00 0000 60000000 fe80000000000000000000fffe000001 0201 " + kOur),
                100));
}

TEST_F(NdTest, TellsEverybodyWhenTheAddressIsProbedFor) {
  receive(icmpv6(kToGroup + kPeer, kZero16, kSolicitedNode, "87 00 0000 00000000 " + kOurV6));
  ASSERT_EQ(sink->sent.size(), 1U);
  EXPECT_EQ(sink->sent[0].bytes, icmpv6("333300000001" + kOur, kOurV6, kAllNodes,
                                        "88 00 0000 20000000 " + kOurV6 + "0201 " + kOur));
  EXPECT_TRUE(duplicates.empty());
}

TEST_F(NdTest, UnicastProbeWithoutOptionIsAnsweredToItsSender) {
  receive(icmpv6(kOur + kPeer, kPeerV6, kOurV6, "87 00 0000 00000000 " + kOurV6));
  ASSERT_EQ(sink->sent.size(), 1U);
  EXPECT_EQ(Bytes(sink->sent[0].bytes.begin(), sink->sent[0].bytes.begin() + 6), hex(kPeer));
  EXPECT_EQ(stack->stats().neighbours, 0U);
}

TEST_F(NdTest, InvalidIsCountedAndNotAnswered) {
  receive(solicitation("0101 " + kPeer, 254));  // came through a router
  receive(solicitation("0100 " + kPeer));       // option of no length
  receive(solicitation("0102 " + kPeer));       // option longer than the message
  receive(solicitation("01"));                  // half an option
  receive(solicitation("0101 0300000000 0a"));  // group address
  receive(icmpv6(kToGroup + kPeer, kPeerV6, kSolicitedNode, "87 01 0000 00000000 " + kOurV6));  // code
  receive(icmpv6(kToGroup + kPeer, kPeerV6, kSolicitedNode, "87 00 0000 00000000 20010db8"));   // short
  receive(icmpv6(kToGroup + kPeer, kPeerV6, kSolicitedNode, "87 00 0000 00000000 " + kAllNodes));
  receive(icmpv6(kToGroup + kPeer, kPeerV6, kSolicitedNode,
                 "87 00 0000 00000000 00000000000000000000ffff0a000001"));  // v4-mapped, ours as IPv4
  receive(
      icmpv6(kToGroup + kPeer, kZero16, kSolicitedNode, "87 00 0000 00000000 " + kOurV6 + "0101 " + kPeer));
  receive(icmpv6(kToGroup + kPeer, kZero16, kAllNodes, "87 00 0000 00000000 " + kOurV6));
  receive(icmpv6(kToGroup + kPeer, kPeerV6, kAllNodes,
                 "88 00 0000 60000000 " + kPeerV6));  // solicited, to a group
  receive(
      icmpv6(kToGroup + kPeer, kAllNodes, kSolicitedNode, "87 00 0000 00000000 " + kOurV6));  // from a group
  EXPECT_EQ(drops(DropReason::ip_malformed), 13U);
  Bytes wrong_checksum = solicitation();
  wrong_checksum[56] ^= 1;
  receive(wrong_checksum);
  EXPECT_EQ(drops(DropReason::checksum_wrong), 1U);
  EXPECT_TRUE(sink->sent.empty());
  EXPECT_EQ(stack->stats().neighbours, 0U);
}

TEST_F(NdTest, UnknownOptionsAreSkipped) {
  receive(solicitation("0e01 112233445566 0101 " + kPeer));  // a nonce before (RFC 3971)
  EXPECT_EQ(resolved("2001:db8::a"), "02:00:00:00:00:0a");
}

TEST_F(NdTest, TruncatedAtEveryLength) {
  const Bytes good = solicitation();
  for (std::size_t length = 0; length < good.size(); ++length) {
    receive(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length)));
  }
  EXPECT_TRUE(sink->sent.empty());
  EXPECT_EQ(all_drops(), good.size());
}

TEST_F(NdTest, IgnoresRoutersAndRedirects) {
  for (const char* type : {"85", "86", "89"}) {
    receive(icmpv6("333300000001 " + kPeer, kPeerV6, kAllNodes,
                   std::string(type) + " 00 0000 00000000" + kPeerV6));
  }
  EXPECT_TRUE(sink->sent.empty());
  EXPECT_EQ(stack->stats().neighbours, 0U);
  EXPECT_EQ(all_drops(), 0U);
}

TEST_F(NdTest, AdvertisementResolvesWhatIsAskedFor) {
  stack->resolve_and_send(0, sink->make(outgoing("2001:db8::a")));
  ASSERT_EQ(sink->sent.size(), 1U);
  EXPECT_EQ(sink->sent[0].bytes, icmpv6("3333ff00000a " + kOur, kOurV6, "ff0200000000000000000001ff00000a",
                                        "87 00 0000 00000000 " + kPeerV6 + "0101 " + kOur));
  receive(advertisement("60000000", ""));  // without its address there is nothing to learn
  EXPECT_EQ(resolved("2001:db8::a"), "");
  receive(advertisement("60000000", "0201 " + kPeer));
  EXPECT_EQ(resolved("2001:db8::a"), "02:00:00:00:00:0a");
  EXPECT_EQ(sink->released.size(), 1U);
}

TEST_F(NdTest, OverrideDecidesWhetherAKnownAddressChanges) {
  receive(advertisement("60000000", "0201 " + kPeer));
  EXPECT_EQ(stack->stats().neighbours, 0U) << "unasked and unknown";
  receive(solicitation());
  receive(advertisement("00000000", "0201 02000000000b"));
  EXPECT_EQ(resolved("2001:db8::a"), "02:00:00:00:00:0a");
  receive(advertisement("20000000", "0201 02000000000b"));
  EXPECT_EQ(resolved("2001:db8::a"), "02:00:00:00:00:0b");
}

TEST_F(NdTest, ProbesThenAnnouncesWhenTheLinkComesUp) {
  stack->link_up(0);
  for (std::uint64_t now = 0; now <= 10000; now += 50) {
    stack->advance(now);
  }
  const Bytes probe = icmpv6(kToGroup + kOur, kZero16, kSolicitedNode, "87 00 0000 00000000 " + kOurV6);
  const Bytes announcement =
      icmpv6("333300000001" + kOur, kOurV6, kAllNodes, "88 00 0000 20000000 " + kOurV6 + "0201 " + kOur);
  const auto count = [&](const Bytes& frame) {
    return std::count_if(sink->sent.begin(), sink->sent.end(),
                         [&](const auto& sent) { return sent.bytes == frame; });
  };
  EXPECT_EQ(count(probe), 3);
  EXPECT_EQ(count(announcement), 2);
  // Two IPv4, two global and two link-local addresses: 3 probes and 2 announcements of each.
  EXPECT_EQ(sink->sent.size(), 6U * 5);
}

TEST_F(NdTest, ReportsAnAddressThatAnotherHostHas) {
  receive(advertisement("20000000", "0201 " + kPeer, kOurV6));
  ASSERT_EQ(duplicates.size(), 1U);
  EXPECT_EQ(duplicates[0].second, "2001:db8::1");
  stack->advance(20000);
  receive(
      icmpv6(kToGroup + kPeer, kOurV6, kSolicitedNode, "87 00 0000 00000000 " + kOurV6 + "0101 " + kPeer));
  EXPECT_EQ(duplicates.size(), 2U) << "another host asks from our address";
}

TEST_F(NdTest, ReportsAProbeWhileProbingItself) {
  stack->link_up(0);
  receive(icmpv6(kToGroup + kPeer, kZero16, kSolicitedNode, "87 00 0000 00000000 " + kOurV6));
  EXPECT_EQ(duplicates.size(), 1U);
}

}  // namespace
}  // namespace pollux::io
