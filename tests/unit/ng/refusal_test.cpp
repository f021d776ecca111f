// What the node refuses, in the texts that proxies act upon.
#include <gtest/gtest.h>

#include "tests/unit/ng/fake_polluxd.hpp"
#include "tests/unit/ng/proxy.hpp"

namespace pollux::ng {
namespace {

using grpc::StatusCode;

class Refusal : public testing::Test {
 protected:
  Dict refused_offer(const std::string& cause, StatusCode code, bool supports_load_limit = false) {
    node.error = refused(code, cause, "the real reason", "sdp.line[7]");
    Dict request = offer_of("call-1");
    if (supports_load_limit) {
      request.set("supports", List{"load limit"});
    }
    return proxy.ask(request);
  }

  FakePolluxd node;
  std::unique_ptr<Gateway> gateway = std::move(*Gateway::start(test_config({node.address()})));
  Proxy proxy{gateway->udp_ports()[0]};
};

TEST_F(Refusal, ACauseHasItsText) {
  const std::pair<const char*, const char*> kTexts[] = {
      {"SDP_MALFORMED", "error: Failed to parse SDP"},
      {"SDP_UNSUPPORTED", "error: Failed to parse SDP"},
      {"PORTS_EXHAUSTED", "error: Ran out of ports"},
      {"SESSIONS_EXHAUSTED", "error: Parallel session limit reached"},
      {"MEDIA_EXHAUSTED", "error: Parallel session limit reached"},
      {"WORKERS_OVERLOADED", "error: Parallel session limit reached"},
      {"MEMORY_EXHAUSTED", "error: Parallel session limit reached"},
      {"SRTP_CONTEXTS_EXHAUSTED", "error: Parallel session limit reached"},
      {"NODE_BUSY", "error: Parallel session limit reached"},
      {"RATE_LIMITED", "error: Parallel session limit reached"},
      {"NODE_DRAINING", "error: Parallel session limit reached"},
      {"NODE_STOPPING", "error: Parallel session limit reached"},
      {"NO_OFFER", "error: Invalid dialogue association"},
      {"PARTY_UNKNOWN", "error: Given from-tag not found"},
      {"INVALID_FIELD", "error: Refused by Pollux"},
  };
  for (const auto& [cause, text] : kTexts) {
    const Dict reply = refused_offer(cause, StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(result_of(reply), text) << cause;
    EXPECT_EQ(text_of(reply, "pollux-error"), "sdp.line[7]: the real reason") << cause;
    EXPECT_EQ(text_of(reply, "pollux-cause"), cause);
  }
}

TEST_F(Refusal, AProxyThatKnowsLoadLimitsGetsOne) {
  const std::pair<const char*, const char*> kTexts[] = {
      {"SESSIONS_EXHAUSTED", "Parallel session limit reached"},
      {"MEDIA_EXHAUSTED", "CPU usage limit exceeded"},
      {"WORKERS_OVERLOADED", "CPU usage limit exceeded"},
      {"MEMORY_EXHAUSTED", "Load limit exceeded"},
      {"SRTP_CONTEXTS_EXHAUSTED", "Load limit exceeded"},
      {"NODE_BUSY", "Load limit exceeded"},
      {"NODE_DRAINING", "Parallel session limit reached"}};
  for (const auto& [cause, text] : kTexts) {
    const Dict reply = refused_offer(cause, StatusCode::UNAVAILABLE, true);
    EXPECT_EQ(result_of(reply), "load limit") << cause;
    EXPECT_EQ(text_of(reply, "message"), text) << cause;
  }
  EXPECT_EQ(result_of(refused_offer("PORTS_EXHAUSTED", StatusCode::RESOURCE_EXHAUSTED, true)),
            "error: Ran out of ports");
}

TEST_F(Refusal, ACallThatNobodyKnows) {
  EXPECT_EQ(result_of(proxy.ask(answer_of("call-1"))), "error: Unknown call-id");
  EXPECT_EQ(result_of(proxy.ask(request_of("query", "call-1"))), "error: Unknown call-id");
  Dict press = request_of("play DTMF", "call-1");
  EXPECT_EQ(result_of(proxy.ask(with(press, "code", 1))), "error: Unknown call-ID");
  EXPECT_EQ(result_of(proxy.ask(request_of("block DTMF", "call-1"))), "error: Unknown call-ID");
}

TEST_F(Refusal, DeletingWhatIsGoneIsFine) {
  const Dict reply = proxy.ask(request_of("delete", "call-1"));
  EXPECT_EQ(result_of(reply), "ok");
  EXPECT_EQ(text_of(reply, "warning"), "Call-ID not found or tags didn't match");
  EXPECT_EQ(result_of(proxy.ask(with(request_of("delete", "call-1"), "flags", List{"fatal"}))),
            "error: Call-ID not found or tags didn't match");
  node.error = refused(StatusCode::NOT_FOUND, "PARTY_UNKNOWN", "no such party");
  EXPECT_EQ(text_of(proxy.ask(request_of("delete", "call-1")), "warning"),
            "Call-ID not found or tags didn't match");
}

TEST_F(Refusal, WithoutANodeTheProxyLooksElsewhere) {
  node.stop();
  const Dict reply = proxy.ask(offer_of("call-1"));
  EXPECT_EQ(result_of(reply), "error: Parallel session limit reached");
  EXPECT_EQ(text_of(reply, "pollux-cause"), "NODE_UNREACHABLE");
  EXPECT_EQ(result_of(proxy.ask(answer_of("call-1"))), "error: No Pollux node answers");
  EXPECT_EQ(result_of(proxy.ask({{"command", "ping"}})), "error: No Pollux node answers");
}

TEST_F(Refusal, CommandsThatAreNotThereSaySo) {
  for (const char* command : {"start recording",
                              "stop recording",
                              "pause recording",
                              "start forwarding",
                              "stop forwarding",
                              "block media",
                              "unblock media",
                              "silence media",
                              "unsilence media",
                              "play media",
                              "stop media",
                              "publish",
                              "subscribe request",
                              "subscribe answer",
                              "unsubscribe",
                              "inject start",
                              "inject stop",
                              "connect",
                              "cli",
                              "transform",
                              "create",
                              "create answer",
                              "mesh"}) {
    EXPECT_EQ(result_of(proxy.ask(request_of(command, "call-1"))),
              "error: Command '" + std::string(command) + "' isn't supported by Pollux yet");
  }
  EXPECT_EQ(result_of(proxy.ask(request_of("no such", "call-1"))), "error: Unrecognized command");
  EXPECT_EQ(result_of(proxy.ask({{"call-id", "x"}})), "error: Dictionary contains no key \"command\"");
}

}  // namespace
}  // namespace pollux::ng
