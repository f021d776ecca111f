// offer, answer, delete and ping over UDP, down to what the node gets.
#include <gtest/gtest.h>

#include "tests/unit/ng/fake_polluxd.hpp"
#include "tests/unit/ng/proxy.hpp"

namespace pollux::ng {
namespace {

class OfferCommand : public testing::Test {
 protected:
  FakePolluxd node;
  std::unique_ptr<Gateway> gateway = std::move(*Gateway::start(test_config({node.address()})));
  Proxy proxy{gateway->udp_ports()[0]};
};

TEST_F(OfferCommand, PingIsAnsweredAsLongAsANodeIs) {
  EXPECT_EQ(result_of(proxy.ask({{"command", "ping"}})), "pong");
}

TEST_F(OfferCommand, ACallFromOfferToDelete) {
  const Dict offered = proxy.ask(offer_of("call-1"));
  EXPECT_EQ(result_of(offered), "ok");
  EXPECT_EQ(text_of(offered, "sdp"), "offer for v=0");
  ASSERT_EQ(node.offers.size(), 1U);
  EXPECT_EQ(node.offers[0].call_id(), "call-1");
  EXPECT_EQ(node.offers[0].from_tag(), "a");
  EXPECT_EQ(node.offers[0].to_tag(), "");

  const Dict answered = proxy.ask(answer_of("call-1"));
  EXPECT_EQ(result_of(answered), "ok");
  EXPECT_EQ(text_of(answered, "sdp"), "answer for v=0");
  EXPECT_EQ(text_of(answered, "warning"), "ptime is 20");
  ASSERT_EQ(node.answers.size(), 1U);
  EXPECT_EQ(node.answers[0].from_tag(), "a");
  EXPECT_EQ(node.answers[0].to_tag(), "b");

  EXPECT_EQ(result_of(proxy.ask(request_of("delete", "call-1"))), "ok");
  EXPECT_EQ(node.deletes.size(), 1U);
  EXPECT_TRUE(node.calls.empty());
}

TEST_F(OfferCommand, AnAnswerIsFinalWithA2xxOnly) {
  proxy.ask(offer_of("call-1"));
  proxy.ask(answer_of("call-1"));
  proxy.ask(with(answer_of("call-1"), "sip-code", 183));
  proxy.ask(with(answer_of("call-1"), "sip-code", 200));
  proxy.ask(with(answer_of("call-1"), "sip-code", "202"));
  proxy.ask(with(answer_of("call-1"), "sip-code", "2"));
  ASSERT_EQ(node.answers.size(), 5U);
  std::string finals;
  for (const auto& request : node.answers) {
    finals += request.final() ? "1" : "0";
  }
  EXPECT_EQ(finals, "00110");
}

TEST_F(OfferCommand, WhatIsMissingIsSaidInTheWordsThatProxiesKnow) {
  EXPECT_EQ(result_of(proxy.ask({{"command", "offer"}})), "error: No SDP body in message");
  EXPECT_EQ(result_of(proxy.ask({{"command", "offer"}, {"sdp", "v=0"}})), "error: No call-id in message");
  EXPECT_EQ(result_of(proxy.ask({{"command", "offer"}, {"sdp", "v=0"}, {"call-id", "1"}})),
            "error: No from-tag in message");
  EXPECT_EQ(
      result_of(proxy.ask({{"command", "answer"}, {"sdp", "v=0"}, {"call-id", "1"}, {"from-tag", "a"}})),
      "error: No to-tag in message");
  EXPECT_EQ(result_of(proxy.ask({{"command", "delete"}})), "error: No call-id in message");
  EXPECT_TRUE(node.offers.empty());
}

}  // namespace
}  // namespace pollux::ng
