// Bytes on sockets: duplicates, what has no cookie, encodings, and how TCP is cut into messages.
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <thread>

#include "controlplane/ng/message.hpp"
#include "tests/unit/ng/fake_polluxd.hpp"
#include "tests/unit/ng/proxy.hpp"

namespace pollux::ng {
namespace {

const std::string kPing = "d7:command4:pinge";
const std::string kPong = "d6:result4:ponge";

class Servers : public testing::Test {
 protected:
  FakePolluxd node;
  std::unique_ptr<Gateway> gateway = std::move(*Gateway::start(test_config({node.address()})));
  Proxy udp{gateway->udp_ports()[0]};
  std::string asked(const std::string& bytes) {
    udp.send(bytes);
    return udp.receive();
  }
};

TEST_F(Servers, TheReplyHasCookieAndEncoding) {
  EXPECT_EQ(asked("1_2 " + kPing), "1_2 " + kPong);
  EXPECT_EQ(asked("1_3 {\"command\": \"ping\"}"), "1_3 {\"result\":\"pong\"}");
  EXPECT_EQ(asked("1_4 "), "1_4 d6:result5:error12:error-reason25:Invalid data (no payload)e");
  EXPECT_EQ(asked("1_5 x"), "1_5 d6:result5:error12:error-reason22:Invalid NG data formate");
}

TEST_F(Servers, WhatHasNoCookieIsDroppedAndCounted) {
  udp.send(kPing);
  udp.send(" " + kPing);
  EXPECT_EQ(asked("1 " + kPing), "1 " + kPong) << "and nothing before it";
  EXPECT_EQ(udp.receive(50), "");
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (read(gateway->counters().dropped) < 2 && std::chrono::steady_clock::now() < limit) {
    std::this_thread::yield();  // another of its threads may have taken it
  }
  EXPECT_EQ(read(gateway->counters().dropped), 2U);
}

TEST_F(Servers, ARequestThatComesAgainIsDoneOnce) {
  const std::string request = "9 " + print_bencode(Value(offer_of("call-1")));
  const std::string first = asked(request);
  EXPECT_EQ(asked(request), first);
  EXPECT_EQ(node.offers.size(), 1U);
  EXPECT_EQ(read(gateway->counters().duplicates), 1U);
  Proxy another(gateway->udp_ports()[0]);
  another.send(request);
  EXPECT_EQ(another.receive(), first);
  EXPECT_EQ(node.offers.size(), 2U) << "the same cookie of another client is another request";
}

TEST_F(Servers, ADuplicateOfWhatIsInWorkWaits) {
  std::promise<void> begun;
  std::promise<void> release;
  std::shared_future<void> released(release.get_future());
  node.before_offer = [&begun, released] {
    begun.set_value();  // a second Offer would throw
    released.wait();
  };
  const std::string request = "9 " + print_bencode(Value(offer_of("call-1")));
  udp.send(request);
  begun.get_future().wait();
  udp.send(request);
  release.set_value();
  const std::string first = udp.receive();
  EXPECT_NE(first, "");
  EXPECT_EQ(udp.receive(), first);
  EXPECT_EQ(node.offers.size(), 1U);
}

// A proxy's socket is connected: it gets nothing from another address.
TEST(UdpServer, RepliesLeaveFromTheAddressThatWasAsked) {
  FakePolluxd node;
  GatewayConfig config = test_config({node.address()});
  config.listen_udp = {*SocketAddress::parse("0.0.0.0:0")};
  const auto gateway = std::move(*Gateway::start(config));
  for (const std::uint32_t address : {0x7f000001U, 0x7f000002U, 0x7f0000ffU}) {
    Proxy proxy(SocketAddress{IpAddress::v4(be32(address)), gateway->udp_ports()[0]});
    proxy.send("1 " + kPing);
    EXPECT_EQ(proxy.receive(), "1 " + kPong) << address;
  }
}

TEST(UdpServer, RepliesByIpv6) {
  ASSERT_TRUE(open_listener(*SocketAddress::parse("[::1]:0"), SOCK_DGRAM))
      << "the tests need IPv6 on the loopback: net.ipv6.conf.lo.disable_ipv6 must be 0";
  FakePolluxd node;
  GatewayConfig config = test_config({node.address()});
  config.listen_udp = {*SocketAddress::parse("[::]:0")};
  const auto gateway = std::move(*Gateway::start(config));
  Proxy proxy(*SocketAddress::parse("[::1]:" + std::to_string(gateway->udp_ports()[0])));
  proxy.send("1 " + kPing);
  EXPECT_EQ(proxy.receive(), "1 " + kPong);
}

TEST_F(Servers, TcpIsCutAtTheEndOfEachMessage) {
  Proxy tcp(gateway->tcp_ports()[0], SOCK_STREAM);
  const std::string request = "1 " + kPing;
  for (const char letter : request) {
    tcp.send(std::string(1, letter));
  }
  EXPECT_EQ(tcp.receive(), "1 " + kPong);
  const std::string reply2 = "2 " + kPong;
  const std::string reply3 = "3 {\"result\":\"pong\"}";
  tcp.send("2 " + kPing + "\n3 {\"command\":\"ping\"}");
  std::string replies;
  while (replies.size() < reply2.size() + reply3.size()) {
    const std::string more = tcp.receive();
    ASSERT_NE(more, "");
    replies += more;
  }
  EXPECT_EQ(replies, reply2 + reply3);
}

TEST_F(Servers, ATcpConnectionWithoutMessagesIsClosed) {
  for (const std::string& bytes : {std::string("1 x"), std::string(300, 'x'), " " + kPing}) {
    Proxy tcp(gateway->tcp_ports()[0], SOCK_STREAM);
    tcp.send(bytes);
    EXPECT_EQ(tcp.receive(), "") << bytes;
  }
}

TEST(TcpServer, ConnectionsAreBounded) {
  FakePolluxd node;
  GatewayConfig config = test_config({node.address()});
  config.max_connections = 1;
  const auto gateway = std::move(*Gateway::start(config));
  Proxy first(gateway->tcp_ports()[0], SOCK_STREAM);
  first.send("1 " + kPing);
  EXPECT_EQ(first.receive(), "1 " + kPong);
  Proxy second(gateway->tcp_ports()[0], SOCK_STREAM);
  EXPECT_EQ(second.receive(), "") << "closed";
}

TEST(MessageExtent, NeedsAWholeMessage) {
  EXPECT_EQ(message_extent("1 " + kPing + "2 d").length, kPing.size() + 2);
  EXPECT_EQ(message_extent("1").kind, Extent::Kind::kUnfinished);
  EXPECT_EQ(message_extent("1 ").kind, Extent::Kind::kUnfinished);
  EXPECT_EQ(message_extent("1 {\"a\":").kind, Extent::Kind::kUnfinished);
  EXPECT_EQ(message_extent("1 i5e").kind, Extent::Kind::kBroken);
  EXPECT_EQ(message_extent("1 {" + std::string(2'000'000, ' ')).kind, Extent::Kind::kBroken);
}

TEST(Gateway, SaysWhichAddressItCantHave) {
  GatewayConfig config = test_config({"unix:/nowhere"});
  config.listen_udp = {*SocketAddress::parse("192.0.2.1:22222")};
  const auto gateway = Gateway::start(config);
  ASSERT_FALSE(gateway);
  EXPECT_EQ(gateway.error().field, "listen.udp");
  EXPECT_TRUE(gateway.error().message.starts_with("can't listen on 192.0.2.1:22222: "))
      << gateway.error().message;
}

}  // namespace
}  // namespace pollux::ng
