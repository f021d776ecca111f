// delete, query, list and statistics: what proxies read in their replies.
#include <gtest/gtest.h>

#include "tests/unit/ng/fake_polluxd.hpp"
#include "tests/unit/ng/proxy.hpp"

namespace pollux::ng {
namespace {

// The value at "a.b[0].c".
std::string at(const Dict& dict, std::string_view path) {
  const Value root(dict);
  const Value* value = &root;
  while (!path.empty() && value != nullptr) {
    const std::size_t end = std::min(path.find_first_of(".["), path.size());
    if (path.starts_with('[')) {
      const auto index = static_cast<std::size_t>(*Value(path.substr(1, path.find(']') - 1)).number());
      value = value->list() != nullptr && index < value->list()->size() ? &(*value->list())[index] : nullptr;
      path.remove_prefix(std::min(path.find(']') + 1, path.size()));
    } else {
      value = value->dict() != nullptr ? value->dict()->find(path.substr(0, end)) : nullptr;
      path.remove_prefix(end);
    }
    path.remove_prefix(path.starts_with('.') ? 1 : 0);
  }
  return value == nullptr ? "(none)" : value->list() || value->dict() ? print_json(*value) : value->as_text();
}

class CallCommands : public testing::Test {
 protected:
  CallCommands() { node.calls["call-1"] = call_in_progress("call-1"); }

  FakePolluxd node;
  std::unique_ptr<Gateway> gateway = std::move(*Gateway::start(test_config({node.address()})));
  Proxy proxy{gateway->udp_ports()[0]};
};

TEST_F(CallCommands, QueryHasTheLayoutThatProxiesRead) {
  const Dict reply = proxy.ask(request_of("query", "call-1"));
  const std::pair<const char*, const char*> kExpected[] = {
      {"result", "ok"},
      {"created", "1700000000"},
      {"created_us", "250000"},
      {"created_ts", "1700000000250000"},
      {"last signal", "1700000005"},
      {"SSRC.1001.packets", "100"},
      {"SSRC.1001.cumulative loss", "1"},
      {"SSRC.1001.average MOS.MOS", "43"},
      {"SSRC.1001.average MOS.jitter", "4"},
      {"SSRC.1001.average MOS.round-trip time", "25000"},
      {"SSRC.1001.average MOS.packet loss", "1"},
      {"SSRC.1001.lowest MOS.MOS", "36"},
      {"SSRC.1001.highest MOS.MOS", "43"},
      {"tags.a.tag", "a"},
      {"tags.a.created", "1700000000"},
      {"tags.a.in dialogue with", "b"},
      {"tags.a.subscriptions[0].tag", "b"},
      {"tags.a.subscriptions[0].type", "offer/answer"},
      {"tags.a.medias[0].index", "1"},
      {"tags.a.medias[0].type", "audio"},
      {"tags.a.medias[0].protocol", "RTP/SAVP"},
      {"tags.a.medias[0].codec", "PCMA"},
      {"tags.a.medias[0].flags", R"(["initialized","send","recv","SDES"])"},
      {"tags.a.medias[0].ingress SSRCs[0].SSRC", "1001"},
      {"tags.a.medias[0].streams[0].local port", "30002"},
      {"tags.a.medias[0].streams[0].local address", "198.51.100.1"},
      {"tags.a.medias[0].streams[0].family", "IPv4"},
      {"tags.a.medias[0].streams[0].endpoint", R"({"family":"IPv4","address":"192.0.2.1","port":4002})"},
      {"tags.a.medias[0].streams[0].advertised endpoint.port", "4002"},
      {"tags.a.medias[0].streams[0].crypto suite", "AES_CM_128_HMAC_SHA1_80"},
      {"tags.a.medias[0].streams[0].SSRC", "1001"},
      {"tags.a.medias[0].streams[0].flags", R"(["RTP","filled","confirmed","strict source"])"},
      {"tags.a.medias[0].streams[0].stats", R"({"packets":100,"bytes":17200,"errors":1})"},
      {"tags.a.medias[0].streams[0].stats_out.packets", "90"},
      {"tags.a.medias[0].streams[1].flags[0]", "RTCP"},
      {"tags.a.medias[0].streams[1].advertised endpoint.port", "4003"},
      {"tags.b.medias[0].flags", R"(["initialized","send","recv","rtcp-mux"])"},
      {"tags.b.medias[0].streams[1]", "(none)"},
      {"totals.RTP", R"({"packets":300,"bytes":51600,"errors":3})"},
      {"totals.RTCP", R"({"packets":6,"bytes":600,"errors":0})"},
  };
  for (const auto& [path, value] : kExpected) {
    EXPECT_EQ(at(reply, path), value) << path;
  }
}

TEST_F(CallCommands, QueryMayBeForSomeTagsOnly) {
  const Dict one = proxy.ask(with(request_of("query", "call-1"), "from-tag", "b"));
  EXPECT_EQ(at(one, "tags.a"), "(none)");
  EXPECT_EQ(at(one, "tags.b.tag"), "b");
}

TEST_F(CallCommands, APartyThatHasNotAnsweredHasNoTag) {
  node.calls["call-1"].mutable_parties(1)->clear_tag();
  EXPECT_EQ(at(proxy.ask(request_of("query", "call-1")), "tags.a.tag"), "a");
}

TEST_F(CallCommands, DeletePassesOnWhatIsMeantAndShowsTheCall) {
  const Dict reply = proxy.ask({{"command", "delete"},
                                {"call-id", "call-1"},
                                {"from-tag", "a"},
                                {"to-tag", "b"},
                                {"via-branch", "z9"},
                                {"delete-delay", 5}});
  EXPECT_EQ(at(reply, "result"), "ok");
  EXPECT_EQ(at(reply, "totals.RTP.packets"), "300");
  ASSERT_EQ(node.deletes.size(), 1U);
  EXPECT_EQ(node.deletes[0].ShortDebugString(),
            R"(call_id: "call-1" from_tag: "a" to_tag: "b" via_branch: "z9" delay { seconds: 5 })");
  EXPECT_EQ(at(proxy.ask(request_of("delete", "call-1")), "warning"),
            "Call-ID not found or tags didn't match");
}

TEST_F(CallCommands, ADeleteThatSaysNoDelayHasTheConfiguredOne) {
  GatewayConfig config = test_config({node.address()});
  config.delete_delay = std::chrono::milliseconds(30'500);
  gateway = std::move(*Gateway::start(config));
  Proxy another(gateway->udp_ports()[0]);
  another.ask(request_of("delete", "call-1"));
  another.ask(with(request_of("delete", "call-1"), "delete-delay", 0));
  ASSERT_EQ(node.deletes.size(), 2U);
  EXPECT_EQ(node.deletes[0].ShortDebugString(),
            R"(call_id: "call-1" delay { seconds: 30 nanos: 500000000 })");
  EXPECT_EQ(node.deletes[1].delay().seconds(), 0) << "its own counts";
}

TEST_F(CallCommands, ListIsBounded) {
  for (int i = 0; i < 40; ++i) {
    node.calls["list-" + std::to_string(i)] = {};
  }
  const auto size = [&](const Dict& request) { return proxy.ask(request).find("calls")->list()->size(); };
  EXPECT_EQ(size({{"command", "list"}}), 32U);
  EXPECT_EQ(size({{"command", "list"}, {"limit", "5"}}), 5U);
  EXPECT_EQ(size({{"command", "list"}, {"limit", 100}}), 41U);
  EXPECT_EQ(size({{"command", "list"}, {"limit", 0}}), 0U);
  EXPECT_EQ(result_of(proxy.ask({{"command", "list"}, {"limit", -1}})), "error: invalid limit, must be >= 0");
  EXPECT_EQ(result_of(proxy.ask({{"command", "list"}, {"limit", "x"}})),
            "error: invalid limit, must be >= 0");
}

TEST_F(CallCommands, ListPagesThroughANode) {
  for (int i = 0; i < 1100; ++i) {
    node.calls["list-" + std::to_string(i)] = {};
  }
  // A reply of UDP has 64 KiB: by TCP all of them fit.
  EXPECT_EQ(proxy.ask({{"command", "list"}, {"limit", 1050}}).find("calls")->list()->size(), 1050U);
}

TEST_F(CallCommands, StatisticsAreSumsOfTheNodesAndOfTheGateway) {
  node.stats.mutable_uptime()->set_seconds(77);
  node.stats.mutable_sessions()->set_active(5);
  node.stats.mutable_sessions()->set_created(9);
  node.stats.mutable_sessions()->set_timed_out(1);
  node.stats.mutable_sessions()->set_deleted(3);
  node.stats.mutable_sessions()->set_refused(2);
  v1::PortCounters& port = *node.stats.add_ports();
  port.set_rx_packets(1000);
  port.set_rx_bytes(172'000);
  port.set_rx_errors(4);
  proxy.ask({{"command", "ping"}});
  proxy.ask(request_of("query", "no such"));
  gateway->pool().check_all(std::chrono::seconds(20));
  const Dict reply = proxy.ask({{"command", "statistics"}});
  const std::pair<const char*, std::string> kExpected[] = {
      {"statistics.currentstatistics.sessionsown", "5"},
      {"statistics.currentstatistics.sessionstotal", "5"},
      {"statistics.totalstatistics.uptime", "77"},
      {"statistics.totalstatistics.managedsessions", "9"},
      {"statistics.totalstatistics.rejectedsessions", "2"},
      {"statistics.totalstatistics.timeoutsessions", "1"},
      {"statistics.totalstatistics.regularterminatedsessions", "3"},
      {"statistics.totalstatistics.relayedpackets", "1000"},
      {"statistics.totalstatistics.relayedbytes", "172000"},
      {"statistics.totalstatistics.relayedpacketerrors", "4"},
      {"statistics.controlstatistics.totalpingcount", "1"},
      {"statistics.controlstatistics.totalquerycount", "1"},
      {"statistics.pollux.requests.ping", "1"},
      {"statistics.pollux.errors.query", "1"},
      {"statistics.pollux.nodes[0].address", node.address()},
      {"statistics.pollux.nodes[0].state", "serving"},
      {"statistics.pollux.nodes[0].sessions", "5"},
  };
  for (const auto& [path, value] : kExpected) {
    EXPECT_EQ(at(reply, path), value) << path;
  }
}

}  // namespace
}  // namespace pollux::ng
