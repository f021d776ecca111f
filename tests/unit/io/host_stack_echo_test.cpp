#include "tests/unit/io/stack_fixture.hpp"

namespace pollux::io {
namespace {

class EchoTest : public StackTest {
 protected:
  // An IPv4 packet whose check sums are filled in; `mutate` gets the IP header before.
  template <typename Mutate>
  static Bytes packet(const Mutate& mutate,
                      const std::string& message = "08 00 0000 1234 0001 706f6c6c757821",
                      const std::string& macs = kOur + kPeer) {
    Bytes icmp = hex(message);
    const std::uint16_t icmp_sum = checksum_finish(checksum_add(0, icmp.data(), icmp.size()));
    std::memcpy(&icmp[2], &icmp_sum, 2);
    Bytes header = hex("45 b8 0000 0001 0000 40 01 0000 0a00000a 0a000001");
    header[3] = static_cast<std::uint8_t>(header.size() + icmp.size());
    mutate(header);
    const std::uint16_t header_sum = checksum_finish(checksum_add(0, header.data(), header.size()));
    std::memcpy(&header[10], &header_sum, 2);
    return padded(hex(macs + "0800") + header + icmp);
  }
  static Bytes ping() {
    return packet([](Bytes&) {});
  }
  static Bytes ping_v6(const std::string& destination = kOurV6) {
    return icmpv6(kOur + kPeer, kPeerV6, destination, "80 00 0000 1234 0001 706f6c6c757821", 64);
  }
};

TEST_F(EchoTest, AnswersIpv4ByteExact) {
  // Both frames' check sums reckoned independently of this code.
  const Bytes asked =
      padded(hex("020000000001 02000000000a 0800 45b80023 00010000 4001 6617 0a00000a 0a000001"
                 "08 00 7276 1234 0001 706f6c6c757821"));
  EXPECT_EQ(ping(), asked);
  receive(asked);
  ASSERT_EQ(sink->sent.size(), 1U);
  EXPECT_EQ(sink->sent[0].bytes,
            padded(hex("02000000000a 020000000001 0800 45b80023 00004000 4001 2618 0a000001 0a00000a"
                       "00 00 7a76 1234 0001 706f6c6c757821")));
  EXPECT_EQ(stack->stats().echo_answered, 1U);
}

TEST_F(EchoTest, AnswersIpv6) {
  receive(ping_v6());
  ASSERT_EQ(sink->sent.size(), 1U);
  EXPECT_EQ(sink->sent[0].bytes,
            icmpv6(kPeer + kOur, kOurV6, kPeerV6, "81 00 0000 1234 0001 706f6c6c757821", 64));
  receive(ping_v6("fe80000000000000000000fffe000001"));
  EXPECT_EQ(sink->sent.size(), 2U) << "link-local";
}

TEST_F(EchoTest, AnswersOnTheSameVlan) {
  receive(with_vlan(packet([](Bytes& header) {
                      header[13] = header[17] = 1;  // 10.1.0.10 to 10.1.0.1
                    }),
                    100),
          1);
  ASSERT_EQ(sink->sent.size(), 1U);
  EXPECT_EQ(sink->sent[0].interface, 1);
  EXPECT_EQ(Bytes(sink->sent[0].bytes.begin() + 12, sink->sent[0].bytes.begin() + 18), hex("8100 0064 0800"));
}

TEST_F(EchoTest, RefusesWhatIsNotAPingToUs) {
  receive(packet([](Bytes& header) { header[19] = 2; }));  // another host's address
  receive(packet([](Bytes& header) { header[19] = 255; }));
  EXPECT_EQ(drops(DropReason::address_unknown), 2U);
  receive(packet([](Bytes&) {}, "08 00 0000 1234 0001", kBroadcast + kPeer));
  EXPECT_EQ(drops(DropReason::not_for_us), 1U);
  receive(packet([](Bytes& header) { header[6] = 0x20; }));  // more fragments
  receive(packet([](Bytes& header) { header[7] = 1; }));
  EXPECT_EQ(drops(DropReason::ip_fragment), 2U);
  receive(packet([](Bytes& header) { header[9] = 17; }));
  EXPECT_EQ(drops(DropReason::protocol_unknown), 1U);
  receive(packet([](Bytes& header) { header[0] = 0x46; }));  // the first of the message becomes an option
  EXPECT_EQ(all_drops(), 7U);
  receive(packet([](Bytes& header) { header[0] = 0x55; }));
  receive(packet([](Bytes& header) { header[0] = 0x44; }));
  receive(packet([](Bytes& header) { header[3] = 200; }));
  receive(packet([](Bytes& header) { header[3] = 23; }));  // no room for an ICMP header
  receive(packet([](Bytes& header) { header[12] = 224; }));
  receive(packet([](Bytes& header) { header[15] = 1; }));  // from our own address
  receive(packet([](Bytes&) {}, "08 01 0000 1234 0001"));
  receive(packet([](Bytes&) {}, "08 00 0000 1234"));
  EXPECT_EQ(all_drops(), 15U);
  receive(packet([](Bytes&) {}, "00 00 0000 1234 0001"));  // a reply nobody asked for
  EXPECT_EQ(all_drops(), 15U);
  EXPECT_TRUE(sink->sent.empty());
}

TEST_F(EchoTest, RefusesWrongCheckSums) {
  Bytes bad_icmp = ping();
  bad_icmp[40] ^= 1;
  receive(bad_icmp);
  Bytes bad_icmpv6 = ping_v6();
  bad_icmpv6[60] ^= 1;
  receive(bad_icmpv6);
  EXPECT_EQ(drops(DropReason::checksum_wrong), 2U);
  Bytes bad_ip = ping();
  bad_ip[22] ^= 1;
  receive(bad_ip);
  EXPECT_EQ(drops(DropReason::ip_malformed), 1U);
  EXPECT_TRUE(sink->sent.empty());
}

TEST_F(EchoTest, TruncatedAtEveryLength) {
  for (const Bytes& good : {ping(), ping_v6()}) {
    const std::uint64_t before = all_drops();
    const std::size_t whole = good[12] == 0x08 ? 14 + 35 : good.size();  // without padding
    for (std::size_t length = 0; length < whole; ++length) {
      receive(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length)));
    }
    EXPECT_EQ(all_drops() - before, whole);
  }
  EXPECT_TRUE(sink->sent.empty());
}

TEST_F(EchoTest, ExtensionHeadersAndFragmentsOfIpv6) {
  Bytes frame = ping_v6();
  frame[20] = 0;
  receive(frame);
  EXPECT_EQ(drops(DropReason::ip_options), 1U);
  frame[20] = 44;
  receive(frame);
  EXPECT_EQ(drops(DropReason::ip_fragment), 1U);
  frame[20] = 6;
  receive(frame);
  EXPECT_EQ(drops(DropReason::protocol_unknown), 1U);
}

TEST_F(EchoTest, ReplyNeverExceedsTheMtu) {
  std::string message = "08 00 0000 1234 0001 ";
  for (int i = 0; i < 1500 - 28; ++i) {
    message += "61";
  }
  const auto ping_of = [&](const std::string& text) {
    return packet(
        [&](Bytes& header) {
          const std::size_t total = 20 + hex(text).size();
          header[2] = static_cast<std::uint8_t>(total >> 8);
          header[3] = static_cast<std::uint8_t>(total);
        },
        text);
  };
  receive(ping_of(message));
  ASSERT_EQ(sink->sent.size(), 1U);
  EXPECT_EQ(sink->sent[0].bytes.size(), 1514U);
  receive(ping_of(message + "61"));
  EXPECT_EQ(sink->sent.size(), 1U);
  EXPECT_EQ(drops(DropReason::exceeds_mtu), 1U);
}

TEST_F(EchoTest, RateIsLimitedPerSecond) {
  HostStackOptions options;
  options.echo_per_second = 10;
  restart(options);
  const auto flood = [&] {
    for (int i = 0; i < 50; ++i) {
      receive(ping());
    }
  };
  flood();
  EXPECT_EQ(sink->sent.size(), 10U);
  EXPECT_EQ(drops(DropReason::punt_full), 40U);
  stack->advance(500);
  flood();
  EXPECT_EQ(sink->sent.size(), 15U);
  stack->advance(1000000);
  flood();
  EXPECT_EQ(sink->sent.size(), 25U) << "silence saves up for one second at most";
}

}  // namespace
}  // namespace pollux::io
