#include "controlplane/cli/verdict.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/cli/messages.hpp"

namespace pollux::cli {
namespace {

using ::testing::ElementsAre;

// Both parties talk.
v1::Session talking() {
  return message<v1::Session>(R"(
    session_id: "call-1"
    spec { legs { leg_id: "a" } legs { leg_id: "b" } }
    state {
      legs { leg_id: "a" rtp { destination { address: "192.0.2.7" port: 40000 } source_confirmed: true
                               rx_packets: 100 tx_packets: 99 last_rx_age { nanos: 20000000 } } }
      legs { leg_id: "b" rtp { destination { address: "198.51.100.7" port: 5004 } source_confirmed: true
                               rx_packets: 99 tx_packets: 100 last_rx_age { nanos: 10000000 } } }
    })");
}

v1::StreamState& rtp(v1::Session& session, int leg) {
  return *session.mutable_state()->mutable_legs(leg)->mutable_rtp();
}

std::vector<std::string> lines(const v1::Session& session) {
  std::vector<std::string> result;
  for (const auto& verdict : verdicts(session)) {
    result.push_back(verdict.line());
  }
  return result;
}

TEST(Verdict, BothWays) {
  EXPECT_THAT(lines(talking()), ElementsAre("a → b: receiving, forwarding to 198.51.100.7:5004",
                                            "b → a: receiving, forwarding to 192.0.2.7:40000"));
  EXPECT_EQ(summarize(talking()).text, "media flows");
}

TEST(Verdict, NothingReceivedFromOne) {
  auto session = talking();
  rtp(session, 1) = v1::StreamState();
  rtp(session, 1).set_dropped(12);
  EXPECT_THAT(
      lines(session),
      ElementsAre("a → b: receiving, but b has no address to send to yet",
                  "b → a: nothing received from b yet (12 packets dropped at its port: polluxctl stats "
                  "--drops says why)"));
}

TEST(Verdict, OneWay) {
  auto session = talking();
  rtp(session, 1).clear_rx_packets();
  rtp(session, 1).clear_last_rx_age();
  rtp(session, 1).set_source_confirmed(false);
  EXPECT_THAT(
      lines(session),
      ElementsAre("a → b: receiving, forwarding to 198.51.100.7:5004 (as signalled; nothing has come from "
                  "there)",
                  "b → a: nothing received from b yet"));
  EXPECT_EQ(summarize(session).text, "one way: b → a: nothing received from b yet");
  EXPECT_EQ(summarize(session).tone, Tone::kBad);
}

TEST(Verdict, Silent) {
  auto session = talking();
  rtp(session, 0).mutable_last_rx_age()->set_seconds(12);
  EXPECT_EQ(lines(session)[0], "a → b: a has been silent for 12 s");
  EXPECT_EQ(summarize(session).text, "one way: a → b: a has been silent for 12 s");
  rtp(session, 1).mutable_last_rx_age()->set_seconds(12);
  EXPECT_EQ(summarize(session).text, "a → b: a has been silent for 12 s");
}

TEST(Verdict, NothingSent) {
  auto session = talking();
  rtp(session, 1).set_tx_packets(0);
  EXPECT_EQ(lines(session)[0],
            "a → b: receiving, but nothing was sent to 198.51.100.7:5004: polluxctl stats --drops says why");
}

TEST(Verdict, NoMediaYet) {
  auto session = talking();
  rtp(session, 0) = v1::StreamState();
  rtp(session, 1) = v1::StreamState();
  EXPECT_EQ(summarize(session).text, "no media yet");
}

TEST(Verdict, HoldIsNoFault) {
  auto session = talking();
  session.mutable_spec()->mutable_legs(0)->set_direction(v1::DIRECTION_SENDONLY);
  EXPECT_THAT(lines(session), ElementsAre("a → b: receiving, forwarding to 198.51.100.7:5004",
                                          "b → a: on hold: a is sendonly"));
  EXPECT_EQ(summarize(session).text, "media flows (part on hold)");
  session.mutable_spec()->mutable_legs(0)->set_direction(v1::DIRECTION_INACTIVE);
  EXPECT_THAT(lines(session), ElementsAre("a → b: on hold: a is inactive", "b → a: on hold: a is inactive"));
  EXPECT_EQ(summarize(session).text, "on hold");
}

TEST(Verdict, SinksSayWhoGetsWhat) {
  auto session = talking();
  auto* c = session.mutable_spec()->add_legs();
  c->set_leg_id("c");
  session.mutable_state()->add_legs()->set_leg_id("c");
  session.mutable_spec()->mutable_legs(0)->add_sinks("b");
  session.mutable_spec()->mutable_legs(0)->add_sinks("c");
  EXPECT_THAT(lines(session), ElementsAre("a → b: receiving, forwarding to 198.51.100.7:5004",
                                          "a → c: receiving, but c has no address to send to yet",
                                          "b: receiving for nobody: the leg has no sinks"));
}

TEST(Verdict, SessionWithoutStateOrSinks) {
  const auto session = message<v1::Session>("session_id: 'x' spec { legs { leg_id: 'a' } }");
  EXPECT_TRUE(verdicts(session).empty());
  EXPECT_EQ(summarize(session).text, "no sinks");
}

}  // namespace
}  // namespace pollux::cli
