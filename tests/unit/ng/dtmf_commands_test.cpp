// play DTMF, block DTMF, unblock DTMF.
#include <gtest/gtest.h>

#include "tests/unit/ng/fake_polluxd.hpp"
#include "tests/unit/ng/proxy.hpp"

namespace pollux::ng {
namespace {

class DtmfCommands : public testing::Test {
 protected:
  DtmfCommands() {
    node.calls["call-1"] = call_in_progress("call-1");
    (*node.calls["call-1"].mutable_session()->mutable_spec()->mutable_labels())["label.b"] = "bob";
  }
  std::string play(const std::vector<Dict::Entry>& more) {
    Dict request = request_of("play DTMF", "call-1");
    request.entries().insert(request.entries().end(), more.begin(), more.end());
    return result_of(proxy.ask(request));
  }
  std::string injected_legs() const {
    std::string legs;
    for (const auto& request : node.injected) {
      legs += (legs.empty() ? "" : " ") + request.leg_id();
    }
    return legs;
  }

  FakePolluxd node;
  std::unique_ptr<Gateway> gateway = std::move(*Gateway::start(test_config({node.address()})));
  Proxy proxy{gateway->udp_ports()[0]};
};

TEST_F(DtmfCommands, APressIsMadeAsIfThePartyHadPressed) {
  EXPECT_EQ(play({{"from-tag", "a"}, {"code", "5"}, {"duration", 300}, {"pause", 120}, {"volume", 10}}),
            "ok");
  ASSERT_EQ(node.injected.size(), 1U);
  EXPECT_EQ(node.injected[0].ShortDebugString(),
            R"(session_id: "call-1" leg_id: "caller-1" digits: "5" duration_ms: 300 gap_ms: 120 )"
            R"(pressed_by_party: true)");
}

TEST_F(DtmfCommands, CodesAreDigitsOrTheirNumbers) {
  const std::pair<Value, const char*> kCodes[] = {{"0", "0"}, {"9", "9"},  {"*", "*"}, {"#", "#"},
                                                  {"A", "A"}, {"d", "D"},  {7, "7"},   {10, "*"},
                                                  {11, "#"},  {"12", "A"}, {15, "D"}};
  for (const auto& [code, digit] : kCodes) {
    EXPECT_EQ(play({{"from-tag", "a"}, {"code", code}}), "ok");
    EXPECT_EQ(node.injected.back().digits(), digit);
  }
  for (const Value& code : {Value(16), Value(-1), Value("E"), Value(""), Value("12x")}) {
    EXPECT_EQ(play({{"from-tag", "a"}, {"code", code}}), "error: Out of range 'code' specified");
  }
  EXPECT_EQ(play({{"from-tag", "a"}}), "error: Out of range 'code' specified");
}

TEST_F(DtmfCommands, DurationsAreBroughtInside) {
  play({{"from-tag", "a"}, {"code", 1}});
  EXPECT_EQ(node.injected.back().duration_ms(), 250U);
  EXPECT_EQ(node.injected.back().gap_ms(), 100U);
  play({{"from-tag", "a"}, {"code", 1}, {"duration", 1}, {"pause", 100'000}});
  EXPECT_EQ(node.injected.back().duration_ms(), 100U);
  EXPECT_EQ(node.injected.back().gap_ms(), 5000U);
}

TEST_F(DtmfCommands, ThePartyIsFoundByTagLabelOrAddress) {
  play({{"from-tag", "b"}, {"code", 1}});
  play({{"label", "bob"}, {"code", 1}});
  play({{"address", "192.0.2.1"}, {"code", 1}});
  EXPECT_EQ(injected_legs(), "callee-1 callee-1 caller-1");
  EXPECT_EQ(play({{"code", 1}}), "error: No participant party specified");
  EXPECT_EQ(play({{"from-tag", "c"}, {"code", 1}}), "error: Given from-tag not found");
  EXPECT_EQ(play({{"label", "carol"}, {"code", 1}}), "error: No monologue matching the given label");
  EXPECT_EQ(play({{"address", "192.0.2.9"}, {"code", 1}}), "error: Failed to match address to any tag");
  EXPECT_EQ(play({{"from-tag", "a"}, {"to-tag", "c"}, {"code", 1}}), "error: To-tag not found");
}

TEST_F(DtmfCommands, AllPartiesMayPress) {
  EXPECT_EQ(play({{"all", "all"}, {"code", 1}}), "ok");
  EXPECT_EQ(injected_legs(), "caller-1 callee-1");
}

TEST_F(DtmfCommands, OneOfSeveralReceiversGetsItDirectly) {
  EXPECT_EQ(play({{"from-tag", "a"}, {"to-tag", "b"}, {"code", 1}, {"volume", 50}}), "ok");
  EXPECT_EQ(node.injected.back().leg_id(), "caller-1") << "there is no other one: as if it had pressed";
  node.calls["call-1"].mutable_parties(0)->add_peer_tags("c");
  EXPECT_EQ(play({{"from-tag", "a"}, {"to-tag", "b"}, {"code", 1}, {"volume", 50}}), "ok");
  EXPECT_EQ(
      node.injected.back().ShortDebugString(),
      R"(session_id: "call-1" leg_id: "callee-1" digits: "1" duration_ms: 250 gap_ms: 100 volume_dbm0: -36)");
}

TEST_F(DtmfCommands, WherePressesCantGo) {
  node.takes_presses = false;
  EXPECT_EQ(play({{"from-tag", "a"}, {"code", 1}}), "error: There is no sink media capable of DTMF playback");
  node.calls["call-1"].mutable_parties(0)->mutable_media(0)->clear_leg_id();
  EXPECT_EQ(play({{"from-tag", "a"}, {"code", 1}}),
            "error: Monologue has no media capable of DTMF injection");
}

TEST_F(DtmfCommands, BlockingIsOfOnePartyOrOfAll) {
  EXPECT_EQ(result_of(proxy.ask(with(request_of("block DTMF", "call-1"), "from-tag", "a"))), "ok");
  EXPECT_EQ(result_of(proxy.ask(request_of("block-DTMF", "call-1"))), "ok");
  ASSERT_EQ(node.blocked.size(), 3U);
  EXPECT_EQ(node.blocked[0].ShortDebugString(),
            R"(session_id: "call-1" leg_id: "caller-1" mode: DTMF_BLOCK_DROP)");
  EXPECT_EQ(node.blocked[1].leg_id(), "caller-1");
  EXPECT_EQ(node.blocked[2].leg_id(), "callee-1");
  EXPECT_EQ(result_of(proxy.ask(request_of("unblock DTMF", "call-1"))), "ok");
  EXPECT_EQ(node.unblocked.size(), 2U);
}

TEST_F(DtmfCommands, TheWaysToBlock) {
  const std::pair<const char*, v1::DtmfBlock> kModes[] = {
      {"drop", v1::DTMF_BLOCK_DROP},   {"silence", v1::DTMF_BLOCK_SILENCE},
      {"tone", v1::DTMF_BLOCK_TONE},   {"random", v1::DTMF_BLOCK_RANDOM},
      {"zero", v1::DTMF_BLOCK_RANDOM}, {"DTMF", v1::DTMF_BLOCK_RANDOM}};
  for (const auto& [word, mode] : kModes) {
    Dict request = with(request_of("block DTMF", "call-1"), "from-tag", "a");
    EXPECT_EQ(result_of(proxy.ask(with(request, "DTMF-security", word))), "ok");
    EXPECT_EQ(node.blocked.back().mode(), mode) << word;
  }
  EXPECT_EQ(result_of(proxy.ask(with(request_of("block DTMF", "call-1"), "DTMF-security", "off"))), "ok");
  EXPECT_EQ(node.unblocked.size(), 2U);
}

}  // namespace
}  // namespace pollux::ng
