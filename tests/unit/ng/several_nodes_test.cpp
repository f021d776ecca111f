// Which node a call is on: choice, drain, failure, and what a gateway finds out that has just been started.
#include <gtest/gtest.h>

#include <cmath>
#include <future>

#include "tests/unit/ng/fake_polluxd.hpp"
#include "tests/unit/ng/proxy.hpp"

namespace pollux::ng {
namespace {

TEST(Rendezvous, SharesAreByWeight) {
  int first = 0;
  for (int i = 0; i < 4000; ++i) {
    const std::string call_id = "call-" + std::to_string(i) + "@192.0.2.1";
    first += rendezvous_score(call_id, "a:1", 3) > rendezvous_score(call_id, "b:1", 1) ? 1 : 0;
  }
  EXPECT_NEAR(first, 3000, 120);  // more than four standard deviations (27)
}

TEST(Rendezvous, IsTheSameInEveryVersion) {
  // Computed with Python's integers from the description of FNV-1a and splitmix64.
  EXPECT_NEAR(rendezvous_score("call-1", "unix:/a", 1), 4.711276632631868, 1e-9);
  EXPECT_NEAR(rendezvous_score("call-1", "unix:/b", 2), 1.4692486695814455, 1e-9);
}

class SeveralNodes : public testing::Test {
 protected:
  void start() { gateway = std::move(*Gateway::start(config())); }
  GatewayConfig config() const { return test_config({nodes[0].address(), nodes[1].address()}); }
  Dict ask(const Dict& request) { return Proxy(gateway->udp_ports()[0]).ask(request); }
  // The node that a new call is for.
  FakePolluxd& home_of(const std::string& call_id) {
    return gateway->pool().order(call_id)[0]->address() == nodes[0].address() ? nodes[0] : nodes[1];
  }
  FakePolluxd& other_than(const FakePolluxd& node) { return &node == &nodes[0] ? nodes[1] : nodes[0]; }
  Node& seen(const FakePolluxd& node) {
    for (const NodePtr& known : gateway->pool().nodes()) {
      if (known->address() == node.address()) {
        return *known;
      }
    }
    throw std::runtime_error("no such node");
  }
  void check() { gateway->pool().check_all(std::chrono::seconds(20)); }

  FakePolluxd nodes[2];
  std::unique_ptr<Gateway> gateway;
};

TEST_F(SeveralNodes, CallsAreSharedAndStayTogether) {
  start();
  for (int i = 0; i < 20; ++i) {
    const std::string call_id = "call-" + std::to_string(i);
    FakePolluxd& home = home_of(call_id);
    EXPECT_EQ(result_of(ask(offer_of(call_id))), "ok");
    EXPECT_TRUE(home.calls.contains(call_id));
    EXPECT_EQ(result_of(ask(answer_of(call_id))), "ok");
    EXPECT_EQ(result_of(ask(request_of("query", call_id))), "ok");
  }
  EXPECT_EQ(nodes[0].offers.size() + nodes[1].offers.size(), 20U);
  EXPECT_GT(nodes[0].offers.size(), 2U);
  EXPECT_GT(nodes[1].offers.size(), 2U);
  EXPECT_EQ(nodes[0].answers.size(), nodes[0].offers.size());
}

TEST_F(SeveralNodes, WhenOneFailsTheOfferGoesToTheOther) {
  start();
  FakePolluxd& home = home_of("call-1");
  home.stop();
  EXPECT_EQ(result_of(ask(offer_of("call-1"))), "ok");
  EXPECT_TRUE(other_than(home).calls.contains("call-1"));
  EXPECT_EQ(result_of(ask(answer_of("call-1"))), "ok");
  EXPECT_EQ(result_of(ask({{"command", "ping"}})), "pong");
}

TEST_F(SeveralNodes, WhenOneIsFullTheOfferGoesToTheOther) {
  start();
  FakePolluxd& home = home_of("call-1");
  home.error = refused(grpc::StatusCode::RESOURCE_EXHAUSTED, "PORTS_EXHAUSTED", "none left");
  EXPECT_EQ(result_of(ask(offer_of("call-1"))), "ok");
  EXPECT_TRUE(other_than(home).calls.contains("call-1"));
  other_than(home).error = refused(grpc::StatusCode::INVALID_ARGUMENT, "SDP_MALFORMED", "no v=");
  EXPECT_EQ(result_of(ask(offer_of("call-1"))), "error: Failed to parse SDP");
}

TEST_F(SeveralNodes, ACallThatRunsDoesntMoveForLackOfPorts) {
  start();
  FakePolluxd& home = home_of("call-1");
  ask(offer_of("call-1"));
  home.error = refused(grpc::StatusCode::RESOURCE_EXHAUSTED, "PORTS_EXHAUSTED", "none left");
  EXPECT_EQ(result_of(ask(with(offer_of("call-1"), "to-tag", "b"))), "error: Ran out of ports");
  EXPECT_TRUE(other_than(home).offers.empty());
}

TEST_F(SeveralNodes, ACallWhoseNodeIsLostIsMadeAnewByItsNextOffer) {
  start();
  FakePolluxd& home = home_of("call-1");
  ask(offer_of("call-1"));
  home.stop();
  EXPECT_EQ(result_of(ask(with(offer_of("call-1"), "to-tag", "b"))), "ok");
  EXPECT_TRUE(other_than(home).calls.contains("call-1"));
}

TEST_F(SeveralNodes, ANodeThatDrainsGetsNoNewCallsAndKeepsItsOwn) {
  start();
  FakePolluxd& home = home_of("call-1");
  ask(offer_of("call-1"));
  home.set_serving(false);
  check();
  EXPECT_EQ(seen(home).health(), Health::kDraining);
  EXPECT_EQ(result_of(ask(answer_of("call-1"))), "ok");
  EXPECT_EQ(result_of(ask(with(offer_of("call-1"), "to-tag", "b"))), "ok");
  EXPECT_EQ(home.offers.size(), 2U);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(result_of(ask(offer_of("new-" + std::to_string(i)))), "ok");
  }
  EXPECT_EQ(home.offers.size(), 2U);
  home.set_serving(true);
  check();
  EXPECT_EQ(seen(home).health(), Health::kServing);
}

TEST_F(SeveralNodes, ANodeThatSaysItDrainsIsBelieved) {
  start();
  FakePolluxd& home = home_of("call-1");
  home.set_serving(false);
  home.error = refused(grpc::StatusCode::UNAVAILABLE, "NODE_DRAINING", "draining");
  EXPECT_EQ(result_of(ask(offer_of("call-1"))), "ok");
  EXPECT_EQ(seen(home).health(), Health::kDraining);
  other_than(home).error = home.error;
  EXPECT_EQ(result_of(ask(offer_of("call-2"))), "error: Parallel session limit reached");
}

TEST_F(SeveralNodes, DrainByTheConfigurationIsReadAgain) {
  start();
  GatewayConfig changed = config();
  changed.nodes[0].drain = true;
  ASSERT_TRUE(gateway->reload(changed));
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(result_of(ask(offer_of("call-" + std::to_string(i)))), "ok");
  }
  EXPECT_TRUE(nodes[0].offers.empty());
  changed.nodes[1].drain = true;
  ASSERT_TRUE(gateway->reload(changed));
  const Dict reply = ask(offer_of("another"));
  EXPECT_EQ(result_of(reply), "error: Parallel session limit reached");
  EXPECT_EQ(text_of(reply, "pollux-error"), "every node is drained by the configuration");
  EXPECT_EQ(result_of(ask(answer_of("call-1"))), "ok") << "what it has stays";
}

TEST_F(SeveralNodes, ANodeMayBeTakenAwayAndAnotherAdded) {
  start();
  FakePolluxd third;
  const std::size_t before = gateway->pool().nodes().size();
  NodePtr kept = gateway->pool().nodes()[0];
  ASSERT_TRUE(gateway->reload(test_config({nodes[0].address(), third.address()})));
  EXPECT_EQ(gateway->pool().nodes().size(), before);
  EXPECT_EQ(gateway->pool().nodes()[0], kept) << "its connection stays";
  EXPECT_EQ(gateway->pool().nodes()[1]->address(), third.address());
  GatewayConfig wrong = config();
  wrong.nodes[1].tls.ca = "/no/such/file";
  wrong.nodes[1].address = "127.0.0.1:1";
  const auto refused = gateway->reload(wrong);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().field, "nodes (127.0.0.1:1).tls.ca");
  EXPECT_EQ(gateway->pool().nodes()[1]->address(), third.address()) << "all of it or nothing";
}

TEST_F(SeveralNodes, AGatewayThatIsStartedAgainLosesNoCall) {
  start();
  // A call that isn't where a new one would be: made while that node was away.
  FakePolluxd& elsewhere = other_than(home_of("call-1"));
  elsewhere.calls["call-1"] = call_in_progress("call-1");
  EXPECT_EQ(result_of(ask(answer_of("call-1"))), "ok");
  start();
  EXPECT_EQ(result_of(ask(request_of("query", "call-1"))), "ok");
  start();
  EXPECT_EQ(result_of(ask(with(offer_of("call-1"), "to-tag", "b"))), "ok");
  EXPECT_EQ(elsewhere.offers.size(), 1U);
  start();
  EXPECT_EQ(result_of(ask(with(with(request_of("play DTMF", "call-1"), "from-tag", "a"), "code", 1))), "ok");
  EXPECT_EQ(elsewhere.injected.size(), 1U);
  start();
  EXPECT_EQ(result_of(ask(request_of("delete", "call-1"))), "ok");
  EXPECT_TRUE(elsewhere.calls.empty());
}

TEST_F(SeveralNodes, AForkOfACallOnADrainingNodeIsFoundAfterAStart) {
  start();
  FakePolluxd& home = home_of("call-1");
  home.calls["call-1"] = call_in_progress("call-1");
  home.set_serving(false);
  check();
  EXPECT_EQ(result_of(ask(with(offer_of("call-1"), "via-branch", "z9"))), "ok");
  EXPECT_EQ(home.offers.size(), 1U);
}

TEST_F(SeveralNodes, WhileANodeDoesntAnswerACallIsntSaidToBeUnknown) {
  start();
  nodes[0].stop();
  EXPECT_EQ(result_of(ask(answer_of("call-1"))), "error: No Pollux node answers");
}

TEST_F(SeveralNodes, ListIsOfAllNodes) {
  start();
  nodes[0].calls["x"] = {};
  nodes[1].calls["y"] = {};
  EXPECT_EQ(ask({{"command", "list"}}).find("calls")->list()->size(), 2U);
  nodes[0].stop();
  const Dict reply = ask({{"command", "list"}});
  EXPECT_EQ(reply.find("calls")->list()->size(), 1U);
  EXPECT_EQ(text_of(reply, "warning"), "no answer from " + nodes[0].address());
}

TEST_F(SeveralNodes, ANodeThatHangsLeavesTimeForTheOther) {
  GatewayConfig quick = config();
  quick.request_time = std::chrono::seconds(4);
  gateway = std::move(*Gateway::start(quick));
  std::promise<void> release;
  std::shared_future<void> released(release.get_future());
  FakePolluxd& home = home_of("call-1");
  home.before_offer = [released] { released.wait(); };
  EXPECT_EQ(result_of(ask(offer_of("call-1"))), "ok");
  EXPECT_TRUE(other_than(home).calls.contains("call-1"));
  release.set_value();
}

TEST_F(SeveralNodes, ACallThatRunsDoesntMoveForANodeThatIsSlow) {
  GatewayConfig quick = config();
  quick.request_time = std::chrono::seconds(4);
  gateway = std::move(*Gateway::start(quick));
  FakePolluxd& home = home_of("call-1");
  EXPECT_EQ(result_of(ask(offer_of("call-1"))), "ok");
  std::promise<void> release;
  std::shared_future<void> released(release.get_future());
  home.before_offer = [released] { released.wait(); };
  EXPECT_EQ(result_of(ask(with(offer_of("call-1"), "to-tag", "b"))), "error: No Pollux node answers");
  EXPECT_TRUE(other_than(home).offers.empty()) << "it would be created anew";
  release.set_value();
}

TEST(NodePool, RemembersABoundedNumberOfCalls) {
  GatewayConfig config = test_config({"unix:/nowhere/a", "unix:/nowhere/b"});
  config.remembered_calls = 16;
  const auto pool = std::move(*NodePool::open(config));
  for (int i = 0; i < 17; ++i) {
    pool->remember("call-" + std::to_string(i), pool->nodes()[0]);
    pool->remembered("call-0");  // used again and again
  }
  EXPECT_EQ(pool->remembered("call-0"), pool->nodes()[0]);
  EXPECT_EQ(pool->remembered("call-1"), nullptr);
  EXPECT_EQ(pool->remembered("call-2"), pool->nodes()[0]);
  pool->remember("call-2", pool->nodes()[1]);
  EXPECT_EQ(pool->remembered("call-2"), pool->nodes()[1]);
  pool->forget("call-2");
  EXPECT_EQ(pool->remembered("call-2"), nullptr);
}

}  // namespace
}  // namespace pollux::ng
