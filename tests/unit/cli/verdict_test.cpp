// One test per thing that a tired person has to be told: what is wrong, its likely cause and what to do.
#include "controlplane/cli/verdict.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/cli/messages.hpp"
#include "tests/unit/cli/talking.hpp"

namespace pollux::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(Verdict, BothWays) {
  EXPECT_THAT(lines(talking()), ElementsAre("a → b: receiving, forwarding to 198.51.100.7:5004",
                                            "b → a: receiving, forwarding to 192.0.2.7:40000"));
  EXPECT_EQ(summarize(talking()).text, "media flows");
  for (const auto& verdict : verdicts(talking())) {
    EXPECT_EQ(verdict.advice, "");
    EXPECT_TRUE(verdict.remarks.empty());
  }
}

TEST(Verdict, SendsTooMuch) {
  auto session = talking();
  drop(session, 0, "rate_exceeded", 4000);
  EXPECT_EQ(lines(session)[0],
            "a → b: receiving, but 4000 packets were more than media.max_packets_per_second lets through "
            "(rate_exceeded)");
  EXPECT_THAT(verdicts(session)[0].advice,
              AllOf(HasSubstr("the party a floods"), HasSubstr("polluxctl capture call-1 --leg a")));
  EXPECT_EQ(verdicts(session)[0].flow, Flow::kPoor);
}

TEST(Verdict, NeverHeard) {
  auto session = talking();
  never_heard(session, 1);
  EXPECT_EQ(
      lines(session)[0],
      "a → b: receiving, forwarding to 198.51.100.7:5004, never heard from it: NAT, or a wrong address in "
      "its SDP?");
  EXPECT_THAT(verdicts(session)[0].advice, HasSubstr("compare 198.51.100.7:5004 with the SDP of b"));
  EXPECT_EQ(
      lines(session)[1],
      "b → a: nothing received from b yet: it doesn't send, it doesn't know our address 10.0.0.1:20002, or "
      "a firewall is between");
  EXPECT_THAT(verdicts(session)[1].advice, HasSubstr("polluxctl capture --unmatched --address 198.51.100.7"));
  EXPECT_THAT(summarize(session).text, StartsWith("one way: b → a: nothing received from b yet"));
  EXPECT_EQ(summarize(session).tone, Tone::kBad);
}

TEST(Verdict, NeverHeardButItsRtcp) {
  auto session = talking();
  never_heard(session, 1);
  state(session, 1).mutable_rtcp()->set_rx_packets(3);
  EXPECT_EQ(lines(session)[0],
            "a → b: receiving, forwarding to 198.51.100.7:5004, which sends RTCP and no RTP");
  EXPECT_THAT(lines(session)[1],
              StartsWith("b → a: nothing received from b yet, though its RTCP comes: muted,"));
}

TEST(Verdict, RefusedFromElsewhere) {
  auto session = talking();
  never_heard(session, 1);
  drop(session, 1, "source_mismatch", 120);
  EXPECT_EQ(lines(session)[0],
            "a → b: receiving, forwarding to 198.51.100.7:5004, nothing believed from it: see b → a why its "
            "packets are dropped");
  EXPECT_EQ(
      lines(session)[1],
      "b → a: nothing received from b's signalled address 198.51.100.7:5004, packets come from elsewhere "
      "and are refused (source_mismatch 120): a wrong address in its SDP, or NAT?");
  EXPECT_THAT(verdicts(session)[1].advice, HasSubstr("polluxctl events --session call-1"));
  session.mutable_spec()->mutable_legs(1)->set_learning(v1::LEARNING_MODE_OFF);
  EXPECT_THAT(verdicts(session)[1].advice, StartsWith("the leg's learning is off"));
  session.mutable_spec()->mutable_legs(1)->clear_remote_rtp();
  drop(session, 1, "source_unproven", 4);
  EXPECT_EQ(lines(session)[1],
            "b → a: packets come to b's port and are refused: they don't look like one RTP stream "
            "(source_mismatch 120, source_unproven 4)");
}

TEST(Verdict, PortsMixedUp) {
  auto session = talking();
  never_heard(session, 1);
  drop(session, 1, "rtp_on_rtcp_port", 250);
  EXPECT_EQ(
      lines(session)[1],
      "b → a: b sends its RTP to our RTCP port 20003 (rtp_on_rtcp_port 250) instead of our RTP port 20002");
  state(session, 1).clear_drops();
  drop(session, 1, "rtcp_on_rtp_port", 5);
  EXPECT_EQ(lines(session)[1],
            "b → a: only RTCP comes from b, and to our RTP port 20002 (rtcp_on_rtp_port 5)");
  EXPECT_THAT(verdicts(session)[1].advice, HasSubstr("a=rtcp-mux"));
}

TEST(Verdict, NoMediaAtAll) {
  auto session = talking();
  never_heard(session, 1);
  drop(session, 1, "not_media", 9);
  EXPECT_EQ(
      lines(session)[1],
      "b → a: what comes from b is neither RTP nor RTCP (not_media 9): STUN or DTLS of a party that wants "
      "ICE or DTLS-SRTP?");
  state(session, 1).clear_drops();
  drop(session, 1, "rtp_malformed", 2);
  EXPECT_EQ(lines(session)[1], "b → a: packets come to b's port and are dropped (rtp_malformed 2)");
  EXPECT_EQ(verdicts(session)[1].advice, "help of rtp_malformed");
}

TEST(Verdict, Silent) {
  auto session = talking();
  rtp(session, 0).mutable_last_rx_age()->set_seconds(12);
  EXPECT_EQ(lines(session)[0],
            "a → b: a has been silent for 12 s: it has stopped sending, or the way from it broke");
  EXPECT_THAT(summarize(session).text, StartsWith("one way: a → b: a has been silent for 12 s"));
  state(session, 0).mutable_rtcp()->set_rx_packets(9);
  state(session, 0).mutable_rtcp()->mutable_last_rx_age()->set_seconds(3);
  EXPECT_EQ(
      lines(session)[0],
      "a → b: a has been silent for 12 s, though its RTCP still comes: muted, silence suppression, or hold "
      "without signalling?");
  rtp(session, 1).mutable_last_rx_age()->set_seconds(12);
  EXPECT_THAT(summarize(session).text, StartsWith("a → b: a has been silent for 12 s"));
}

TEST(Verdict, NatRebinding) {
  auto session = talking();
  rtp(session, 0).mutable_last_rx_age()->set_seconds(3);
  drop(session, 0, "source_mismatch", 150);
  EXPECT_EQ(
      lines(session)[0],
      "a → b: a has been silent for 3.0 s at 192.0.2.7:40000, packets come from elsewhere and are refused "
      "(source_mismatch 150): has its NAT given it a new address (rebinding)?");
  EXPECT_THAT(verdicts(session)[0].advice, StartsWith("policy handover on the leg lets media move"));
}

TEST(Verdict, SourceOtherThanSignalledIsANote) {
  auto session = talking();
  rtp(session, 0).mutable_destination()->set_port(41'000);
  drop(session, 0, "source_unproven", 4);
  EXPECT_THAT(
      verdicts(session)[0].remarks,
      ElementsAre("a's media comes from 192.0.2.7:41000, not from the signalled 192.0.2.7:40000 (NAT?): it "
                  "is answered there",
                  "packets from elsewhere were refused (source_unproven 4)"));
  EXPECT_EQ(verdicts(session)[0].flow, Flow::kFlowing);
}

TEST(Verdict, PayloadTypeNotInTheMap) {
  auto session = talking();
  auto* mapping = session.mutable_spec()->mutable_legs(0)->add_payload_types();
  mapping->set_wire(8);
  mapping->set_common(8);
  drop(session, 0, "payload_type_unmapped", 95);
  EXPECT_EQ(lines(session)[0],
            "a → b: receiving, but 95 of 100 packets have a payload type that isn't in the map "
            "(payload_type_unmapped)");
  EXPECT_THAT(verdicts(session)[0].advice,
              AllOf(HasSubstr("payload_types of leg a (there: 8)"), HasSubstr("leg b (there: all)")));
}

TEST(Verdict, TooLargeForTheMtu) {
  auto session = talking();
  drop(session, 0, "exceeds_mtu", 7);
  EXPECT_EQ(lines(session)[0],
            "a → b: receiving, but 7 of 100 packets are larger than the MTU of port p1 (exceeds_mtu)");
  EXPECT_THAT(verdicts(session)[0].advice, HasSubstr("let a send smaller packets"));
}

TEST(Verdict, NextHop) {
  auto session = talking();
  rtp(session, 1).set_next_hop(v1::NEXT_HOP_UNRESOLVED);
  rtp(session, 1).set_next_hop_address("198.51.100.7");
  EXPECT_EQ(
      lines(session)[0],
      "a → b: receiving, but 198.51.100.7:5004 doesn't answer ARP (next hop unresolved): is the host up, is "
      "the address right?");
  rtp(session, 1).set_next_hop_address("10.0.0.254");
  EXPECT_EQ(
      lines(session)[0],
      "a → b: receiving, but the gateway 10.0.0.254 towards 198.51.100.7:5004 doesn't answer ARP (next hop "
      "unresolved)");
  rtp(session, 1).mutable_destination()->set_address("2001:db8::7");
  EXPECT_THAT(lines(session)[0], HasSubstr("doesn't answer ND"));
  rtp(session, 1).set_next_hop(v1::NEXT_HOP_NO_ROUTE);
  EXPECT_EQ(lines(session)[0],
            "a → b: receiving, but there is no route to [2001:db8::7]:5004: no on-link prefix and no gateway "
            "covers it");
}

TEST(Verdict, PortDown) {
  auto session = talking();
  state(session, 1).set_link_up(false);
  EXPECT_EQ(lines(session)[0], "a → b: receiving, but port p1 towards b is down (link down)");
  rtp(session, 1).mutable_last_rx_age()->set_seconds(20);
  EXPECT_EQ(lines(session)[1], "b → a: port p1 is down, nothing comes from b (link down)");
  state(session, 1).clear_port();  // an older node doesn't say
  EXPECT_THAT(lines(session)[1], HasSubstr("silent for 20 s"));
}

TEST(Verdict, SsrcFlapping) {
  auto session = talking();
  quality(session, 0).set_stream_changes(40);
  quality(session, 0).set_expected(400);
  EXPECT_EQ(
      lines(session)[0],
      "a → b: receiving, forwarding to 198.51.100.7:5004, but a changes its SSRC all the time (40 times in "
      "400 packets)");
  EXPECT_THAT(verdicts(session)[0].advice, HasSubstr("stream rewrite on leg b"));
  EXPECT_THAT(summarize(session).text, HasSubstr("changes its SSRC"));
  quality(session, 0).set_expected(400'000);  // announcements and transfers of a long call
  EXPECT_EQ(lines(session)[0], "a → b: receiving, forwarding to 198.51.100.7:5004");
}

TEST(Verdict, Poor) {
  auto session = talking();
  auto& measured = quality(session, 0);
  measured.set_expected(1000);
  measured.set_lost(120);
  measured.set_jitter_ms(35);
  EXPECT_EQ(
      lines(session)[0],
      "a → b: receiving, forwarding to 198.51.100.7:5004, but it comes poorly: 12.00 % lost, jitter 35 ms");
  measured.set_mos(2.14);
  EXPECT_THAT(lines(session)[0], HasSubstr("poorly: MOS 2.1, 12.00 % lost"));
  EXPECT_THAT(verdicts(session)[0].advice, HasSubstr("the network between a and us"));
  measured.set_mos(4.2);  // the codec conceals
  EXPECT_EQ(lines(session)[0], "a → b: receiving, forwarding to 198.51.100.7:5004");
  quality(session, 1).mutable_party_report()->set_loss_percent(8);
  EXPECT_EQ(lines(session)[0],
            "a → b: receiving, forwarding to 198.51.100.7:5004, but b reports 8.0 % lost on the way to it");
}

TEST(Verdict, NoAddress) {
  auto session = talking();
  rtp(session, 1) = v1::StreamState();
  EXPECT_EQ(lines(session)[0], "a → b: receiving, but b has no address to send to yet");
}

TEST(Verdict, NothingSent) {
  auto session = talking();
  rtp(session, 1).set_tx_packets(0);
  EXPECT_EQ(lines(session)[0], "a → b: receiving, but nothing was sent to 198.51.100.7:5004");
  drop(session, 0, "stream_superseded", 3);
  EXPECT_EQ(lines(session)[0],
            "a → b: receiving, but nothing was sent to 198.51.100.7:5004 (stream_superseded 3)");
  drop(session, 0, "tx_full", 90);
  EXPECT_EQ(lines(session)[0], "a → b: receiving, but port p1 takes no more packets (tx_full)");
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
  drop(session, 0, "direction", 50);
  EXPECT_THAT(lines(session), ElementsAre("a → b: on hold: a is inactive", "b → a: on hold: a is inactive"));
  EXPECT_THAT(verdicts(session)[0].remarks,
              ElementsAre("a sends although it is inactive: 50 packets dropped (direction)"));
  EXPECT_EQ(summarize(session).text, "on hold");
}

TEST(Verdict, ListenerThatWasNeverHeardIsNoFault) {
  auto session = talking();
  never_heard(session, 1);
  session.mutable_spec()->mutable_legs(1)->set_direction(v1::DIRECTION_RECVONLY);
  EXPECT_THAT(lines(session),
              ElementsAre("a → b: receiving, forwarding to 198.51.100.7:5004 (as signalled: b is recvonly)",
                          "b → a: on hold: b is recvonly"));
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
