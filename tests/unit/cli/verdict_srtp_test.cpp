// What has to be told of keys: which is missing or wrong, in which direction, and what to do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controlplane/cli/verdict.hpp"
#include "tests/unit/cli/messages.hpp"
#include "tests/unit/cli/talking.hpp"

namespace pollux::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

v1::LegSpec& spec(v1::Session& session, int leg) {
  return *session.mutable_spec()->mutable_legs(leg);
}

// a speaks SRTP, b doesn't.
v1::Session encrypted() {
  auto session = talking();
  spec(session, 0).mutable_srtp_receive()->set_suite(v1::SRTP_SUITE_AES_CM_128_HMAC_SHA1_80);
  spec(session, 0).mutable_srtp_send()->set_suite(v1::SRTP_SUITE_AES_CM_128_HMAC_SHA1_80);
  state(session, 0).mutable_srtp_receive()->set_rtp_packets_left(1'000'000);
  state(session, 0).mutable_srtp_send()->set_rtp_packets_left(1'000'000);
  return session;
}

v1::Session unheard(const std::string& reason, std::uint64_t packets) {
  auto session = encrypted();
  never_heard(session, 0);
  drop(session, 0, reason, packets);
  return session;
}

TEST(VerdictSrtp, BothWays) {
  EXPECT_THAT(lines(encrypted()), ElementsAre("a → b: receiving, forwarding to 198.51.100.7:5004",
                                              "b → a: receiving, forwarding to 192.0.2.7:40000"));
  EXPECT_THAT(verdicts(encrypted())[0].remarks, IsEmpty());
}

TEST(VerdictSrtp, WrongKey) {
  auto session = unheard("srtp_authentication_failed", 250);
  drop(session, 0, "source_mismatch", 3);
  drop(session, 0, "not_media", 2);
  EXPECT_EQ(lines(session)[0],
            "a → b: what a sends can't be opened with its key (srtp_authentication_failed 250): wrong key or "
            "suite in srtp_receive, or the party sends plain RTP");
  EXPECT_THAT(verdicts(session)[0].advice, HasSubstr("a=crypto of the SDP that came from a"));
  EXPECT_EQ(verdicts(session)[0].tone(), Tone::kBad);
  EXPECT_EQ(lines(session)[1],
            "b → a: receiving, forwarding to 192.0.2.7:40000, nothing believed from it: see a → b why its "
            "packets are dropped");
  EXPECT_THAT(summarize(session).text, StartsWith("one way: a → b: what a sends can't be opened"));
}

TEST(VerdictSrtp, WhatComesMostDecides) {
  auto session = unheard("srtp_authentication_failed", 3);
  drop(session, 0, "not_media", 9);
  EXPECT_THAT(lines(session)[0], HasSubstr("neither RTP nor RTCP (not_media 9)"));
  session = unheard("srtp_authentication_failed", 3);
  drop(session, 0, "source_mismatch", 90);
  EXPECT_THAT(lines(session)[0], HasSubstr("packets come from elsewhere"));
}

TEST(VerdictSrtp, WrongKeyInTheMiddleOfACall) {
  auto session = encrypted();
  auto* const age = rtp(session, 0).mutable_last_rx_age();
  age->set_seconds(2);
  drop(session, 0, "srtp_authentication_failed", 100);
  EXPECT_EQ(
      lines(session)[0],
      "a → b: a has been silent for 2.0 s; what a sends can't be opened with its key "
      "(srtp_authentication_failed 100): wrong key or suite in srtp_receive, or the party sends plain RTP");
  EXPECT_THAT(verdicts(session)[0].remarks, IsEmpty());
  age->set_seconds(60);  // too few to be what is missing
  EXPECT_EQ(lines(session)[0],
            "a → b: a has been silent for 1 min 00 s: it has stopped sending, or the way from it broke");
  age->set_seconds(0);
  EXPECT_EQ(lines(session)[0], "a → b: receiving, forwarding to 198.51.100.7:5004");
  EXPECT_THAT(
      verdicts(session)[0].remarks,
      ElementsAre("SRTP to a's port was dropped (srtp_authentication_failed 100): a few are strangers, "
                  "duplicates or a change of keys"));
}

TEST(VerdictSrtp, NoKeyToOpenWith) {
  auto session = unheard("srtp_no_key", 40);
  spec(session, 0).clear_srtp_receive();
  state(session, 0).clear_srtp_receive();
  EXPECT_EQ(lines(session)[0],
            "a → b: packets come from a, and there is no key to open them with (srtp_no_key 40)");
  EXPECT_THAT(verdicts(session)[0].advice, StartsWith("give leg a srtp_receive"));
}

TEST(VerdictSrtp, KeyCameLate) {
  EXPECT_EQ(lines(unheard("srtp_no_key", 40))[0],
            "a → b: packets came from a before their key did (srtp_no_key 40), and none that it opens since");
}

TEST(VerdictSrtp, NoKeyToSendWith) {
  auto session = encrypted();
  spec(session, 0).clear_srtp_send();
  state(session, 0).clear_srtp_send();
  drop(session, 1, "srtp_no_key", 99);
  EXPECT_THAT(lines(session),
              ElementsAre("a → b: receiving, forwarding to 198.51.100.7:5004",
                          "b → a: receiving, but a has no key to be sent with (srtp_no_key 99)"));
  EXPECT_THAT(verdicts(session)[1].advice, StartsWith("give leg a srtp_send"));
  EXPECT_EQ(verdicts(session)[1].flow, Flow::kNotSent);
  rtp(session, 0).set_next_hop(v1::NEXT_HOP_UNRESOLVED);  // ARP isn't asked before there is something to send
  EXPECT_THAT(lines(session)[1], HasSubstr("a has no key to be sent with"));
  rtp(session, 1).mutable_last_rx_age()->set_seconds(6);  // and the key isn't why b fell silent
  EXPECT_EQ(lines(session)[1],
            "b → a: b has been silent for 6.0 s: it has stopped sending, or the way from it broke");
}

TEST(VerdictSrtp, UnknownMki) {
  const auto session = unheard("srtp_mki_unknown", 80);
  EXPECT_EQ(
      lines(session)[0],
      "a → b: packets of a name a key that the leg doesn't have (srtp_mki_unknown 80): another MKI than "
      "in its SDP, or it has re-keyed and signalling didn't say so");
  EXPECT_THAT(verdicts(session)[0].advice, StartsWith("compare the MKI and its length"));
}

TEST(VerdictSrtp, ExpiredKeyOfWhatComes) {
  auto session = encrypted();
  rtp(session, 0).mutable_last_rx_age()->set_seconds(3);
  state(session, 0).mutable_srtp_receive()->set_rtp_packets_left(0);
  drop(session, 0, "srtp_key_expired", 150);
  EXPECT_EQ(lines(session)[0],
            "a → b: a has been silent for 3.0 s; the key of what a sends has expired (srtp_key_expired 150)");
  EXPECT_THAT(verdicts(session)[0].advice, StartsWith("re-key: agree on another key with a"));
}

TEST(VerdictSrtp, ExpiredKeyOfWhatIsSent) {
  auto session = encrypted();
  state(session, 0).mutable_srtp_send()->set_rtp_packets_left(0);
  drop(session, 1, "srtp_key_expired", 150);
  EXPECT_EQ(lines(session)[1],
            "b → a: receiving, but the key that a is sent with has expired (srtp_key_expired 150)");
  EXPECT_THAT(verdicts(session)[1].advice, HasSubstr("srtp_send of leg a"));
  EXPECT_EQ(lines(session)[0], "a → b: receiving, forwarding to 198.51.100.7:5004");
}

TEST(VerdictSrtp, Replayed) {
  auto session = unheard("srtp_replayed", 70);
  drop(session, 0, "srtp_too_old", 30);
  EXPECT_EQ(
      lines(session)[0],
      "a → b: packets of a came before or are too old (srtp_replayed 70, srtp_too_old 30): a replay, or "
      "it began anew under its old key");
  EXPECT_THAT(verdicts(session)[0].advice, StartsWith("a party that restarts needs another key"));
  EXPECT_THAT(lines(unheard("srtp_too_old", 30))[0], HasSubstr("too old (srtp_too_old 30)"));
}

TEST(VerdictSrtp, TooManyStreams) {
  const auto session = unheard("srtp_streams_full", 60);
  EXPECT_EQ(lines(session)[0],
            "a → b: a has used more SSRCs under one key than the node tells apart (srtp_streams_full 60)");
  EXPECT_THAT(verdicts(session)[0].advice, HasSubstr("srtp.streams_per_key"));
}

TEST(VerdictSrtp, WhatCannotBeSentAgainIsANoteAboutItsSource) {
  auto session = encrypted();
  drop(session, 1, "srtp_index_used", 7);
  EXPECT_EQ(lines(session)[1], "b → a: receiving, forwarding to 192.0.2.7:40000");
  EXPECT_THAT(verdicts(session)[1].remarks, ::testing::Contains(HasSubstr("srtp_index_used 7")));
}

TEST(VerdictSrtp, Malformed) {
  const auto session = unheard("srtp_malformed", 60);
  EXPECT_EQ(
      lines(session)[0],
      "a → b: what comes from a is no SRTP as agreed (srtp_malformed 60): too short, or RTCP that isn't "
      "encrypted");
  EXPECT_THAT(verdicts(session)[0].advice, HasSubstr("polluxctl capture call-1 --leg a"));
}

TEST(VerdictSrtp, ReasonOfANewerNodeHasItsHelp) {
  const auto session = unheard("srtp_something", 60);
  EXPECT_EQ(lines(session)[0], "a → b: packets come to a's port and are dropped (srtp_something 60)");
  EXPECT_EQ(verdicts(session)[0].advice, "help of srtp_something");
}

TEST(VerdictSrtp, OfANodeThatSaysNothingOfTheKeys) {
  auto session = encrypted();
  state(session, 0).clear_srtp_receive();
  state(session, 0).clear_srtp_send();
  EXPECT_EQ(summarize(session).text, "media flows");
}

}  // namespace
}  // namespace pollux::cli
