#include "controlplane/call/call_manager.hpp"

#include "tests/unit/call/call_fixture.hpp"

namespace pollux::call {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const DialogName kFirst{"call-1@example", "alice", "", ""};
const DialogName kDialog{"call-1@example", "alice", "bob", ""};

TEST_F(CallTest, OfferAndAnswerMakeASessionOfTwoLegs) {
  const Outcome offered = offer(kFirst, alice());
  EXPECT_EQ(offered.results.at(0).value().session_id, "call-1@example");
  EXPECT_EQ(address_of(offered.sdp()), "192.0.2.1");
  const Outcome answered = answer(kDialog, bob());
  EXPECT_EQ(address_of(answered.sdp()).substr(0, 7), "10.0.0.");
  const SessionSpec session = spec();
  ASSERT_EQ(session.legs.size(), 2U);
  const LegSpec& callee = session.legs[0];
  const LegSpec& caller = session.legs[1];
  EXPECT_EQ(callee.local_rtp_port, port_of(offered.sdp()));
  EXPECT_EQ(caller.local_rtp_port, port_of(answered.sdp()));
  EXPECT_EQ(caller.remote_rtp, test::at("10.0.0.100:4000"));
  EXPECT_EQ(callee.remote_rtp, test::at("198.51.100.7:5000"));
  EXPECT_EQ(caller.sinks.size(), 1U);
  EXPECT_EQ(callee.sinks.size(), 1U);
  EXPECT_FALSE(caller.codecs.empty());
}

TEST_F(CallTest, RepeatedRequestsGetTheSameAnswersAndTakeNoMorePorts) {
  const Outcome offered = offer(kFirst, alice());
  const std::uint64_t ports = ports_used();
  EXPECT_EQ(offer(kFirst, alice()).sdp(), offered.sdp());
  const Outcome answered = answer(kDialog, bob());
  EXPECT_EQ(answer(kDialog, bob()).sdp(), answered.sdp());
  EXPECT_EQ(ports_used(), ports);
  EXPECT_EQ(dataplane.sessions(), 1U);
}

TEST_F(CallTest, ACallThatNobodyKnowsIsSaidToBeUnknown) {
  EXPECT_EQ(answer(kDialog, bob()).error().cause, "CALL_UNKNOWN");
  EXPECT_EQ(remove(kDialog).error().cause, "CALL_UNKNOWN");
  EXPECT_EQ(query("call-1@example").error().cause, "CALL_UNKNOWN");
  offer(kFirst, alice());
  EXPECT_EQ(answer({"call-1@example", "mallory", "bob", ""}, bob()).error().cause, "PARTY_UNKNOWN");
  EXPECT_EQ(remove({"call-1@example", "mallory", "", ""}).error().cause, "PARTY_UNKNOWN");
  EXPECT_EQ(remove({"call-1@example", "mallory", "bob", ""}).error().cause, "PARTY_UNKNOWN");
  EXPECT_EQ(remove({"call-1@example", "", "", "z9hG4bK-other"}).error().cause, "PARTY_UNKNOWN");
  EXPECT_EQ(calls.size(), 1U);
}

TEST_F(CallTest, AReofferOfTheCalleeIsAnsweredByTheCaller) {
  const Outcome first = offer(kFirst, alice());
  const Outcome answered = answer(kDialog, bob());
  const DialogName back{"call-1@example", "bob", "alice", ""};
  const Outcome hold = offer(back, phone("198.51.100.7", 5000, "a=sendonly\r\n"));
  EXPECT_THAT(hold.sdp(), HasSubstr("a=sendonly"));
  EXPECT_EQ(port_of(hold.sdp()), port_of(answered.sdp()));  // what alice is sent to hasn't changed
  const Outcome held = answer(back, phone("10.0.0.100", 4000, "a=recvonly\r\n"));
  EXPECT_THAT(held.sdp(), HasSubstr("a=recvonly"));
  EXPECT_EQ(port_of(held.sdp()), port_of(first.sdp()));
  EXPECT_EQ(spec().legs[0].direction, Direction::kSendOnly);
  EXPECT_EQ(dataplane.sessions(), 1U);
}

TEST_F(CallTest, DeletingGivesTheLastStateAndAllPortsBack) {
  offer(kFirst, alice());
  answer(kDialog, bob());
  const Told deleted = remove({"call-1@example", "bob", "alice", ""});  // BYE may come from either side
  ASSERT_EQ(deleted.call().parties.size(), 2U);
  EXPECT_EQ(deleted.call().parties[0].tag, "alice");
  EXPECT_EQ(deleted.call().parties[1].tag, "bob");
  EXPECT_THAT(deleted.call().parties[0].peer_tags, ElementsAre("bob"));
  EXPECT_EQ(ports_used(), 0U);
  EXPECT_EQ(calls.size(), 0U);
  EXPECT_EQ(dataplane.sessions(), 0U);
}

TEST_F(CallTest, ADelayedDeleteComesLaterAndAnOfferRevokesIt) {
  offer(kFirst, alice());
  answer(kDialog, bob());
  EXPECT_EQ(remove(kDialog, std::chrono::seconds(5)).call().parties.size(), 2U);
  steady += std::chrono::seconds(4);
  calls.poll();
  settle();
  EXPECT_EQ(calls.size(), 1U);
  offer(kDialog, alice());
  steady += std::chrono::seconds(4);
  calls.poll();
  settle();
  EXPECT_EQ(calls.size(), 1U);
  remove(kDialog, std::chrono::seconds(5));
  steady += std::chrono::seconds(5);
  calls.poll();
  settle();
  EXPECT_EQ(calls.size(), 0U);
  EXPECT_EQ(ports_used(), 0U);
}

TEST_F(CallTest, AnOfferThatFailsLeavesNothing) {
  options.to_network = "nowhere";
  EXPECT_TRUE(offer(kFirst, alice()).failed());
  EXPECT_EQ(calls.size(), 0U);
  EXPECT_EQ(ports_used(), 0U);
  options.to_network = "outside";
  EXPECT_FALSE(offer(kFirst, alice()).failed());
}

TEST_F(CallTest, AnAnswerThatFailsLeavesTheCallAsItWas) {
  offer(kFirst, alice());
  dataplane.fail_next({ErrorCode::kInternal, "BROKEN", "", "broken"});
  EXPECT_EQ(answer(kDialog, bob()).error().cause, "INTERNAL");
  EXPECT_FALSE(answer(kDialog, bob()).failed());
  EXPECT_EQ(query("call-1@example").call().parties[1].tag, "bob");
}

TEST_F(CallTest, ASessionThatEndsTakesItsCallWithIt) {
  offer(kFirst, alice());
  ASSERT_EQ(calls.size(), 1U);
  manager.remove("call-1@example", [](const auto& /*result*/) {});
  settle();
  EXPECT_EQ(calls.size(), 0U);
  EXPECT_EQ(answer(kDialog, bob()).error().cause, "CALL_UNKNOWN");
  EXPECT_FALSE(offer(kFirst, alice()).failed());
}

TEST_F(CallTest, RequestsOfOneCallTakeEffectInTheirOrder) {
  dataplane.set_auto_ack(false);
  Outcome offered;
  Outcome again;
  Told deleted;
  begin_offer(offered, kFirst, alice());
  begin_offer(again, kFirst, alice());
  calls.remove(kFirst, std::chrono::milliseconds{0}, into(deleted));
  settle();
  EXPECT_TRUE(offered.results.empty());
  dataplane.set_auto_ack(true);
  dataplane.release_acks();
  settle();
  ASSERT_EQ(offered.results.size(), 1U);
  ASSERT_EQ(again.results.size(), 1U);
  EXPECT_EQ(again.sdp(), offered.sdp());
  ASSERT_EQ(deleted.results.size(), 1U);
  EXPECT_EQ(calls.size(), 0U);
}

TEST_F(CallTest, WhatWaitsBehindADeleteBeginsAnew) {
  offer(kFirst, alice());
  dataplane.set_auto_ack(false);
  Told deleted;
  Outcome offered;
  calls.remove(kFirst, std::chrono::milliseconds{0}, into(deleted));
  begin_offer(offered, kFirst, alice());
  dataplane.set_auto_ack(true);
  dataplane.release_acks();
  settle();
  EXPECT_EQ(deleted.results.size(), 1U);
  ASSERT_EQ(offered.results.size(), 1U);
  EXPECT_FALSE(offered.failed());
  EXPECT_EQ(calls.size(), 1U);
}

TEST_F(CallTest, TooManyWaitersAreTurnedAway) {
  dataplane.set_auto_ack(false);
  std::vector<Outcome> outcomes(CallManager::kMostWaiting + 2);
  for (Outcome& outcome : outcomes) {
    begin_offer(outcome, kFirst, alice());
  }
  ASSERT_EQ(outcomes.back().results.size(), 1U);
  EXPECT_EQ(outcomes.back().error().cause, "NODE_BUSY");
  dataplane.set_auto_ack(true);
  dataplane.release_acks();
  settle();
  for (const Outcome& outcome : outcomes) {
    EXPECT_EQ(outcome.results.size(), 1U);
  }
}

TEST_F(CallTest, ABranchThatNoOfferHadNamesNoFork) {
  offer({"call-1@example", "alice", "", "z9hG4bK-invite"}, alice());
  EXPECT_FALSE(answer({"call-1@example", "alice", "bob", "z9hG4bK-invite"}, bob()).failed());
  remove({"call-1@example", "alice", "bob", "z9hG4bK-bye"});
  EXPECT_EQ(calls.size(), 0U);
}

TEST_F(CallTest, AnAnswerRevokesADelayedEnd) {
  offer(kFirst, alice());
  remove(kFirst, std::chrono::seconds(5));
  answer(kDialog, bob());
  steady += std::chrono::seconds(6);
  settle();
  EXPECT_EQ(calls.size(), 1U);
}

TEST_F(CallTest, WhatRingsOrIsOnHoldMayBeSilentForAnHour) {
  offer(kFirst, alice());
  EXPECT_EQ(spec().media_timeout_ms, 3600000U);
  answer(kDialog, bob());
  EXPECT_EQ(spec().media_timeout_ms, 60000U);
  const DialogName back{"call-1@example", "bob", "alice", ""};
  offer(back, phone("198.51.100.7", 5000, "a=inactive\r\n"));
  answer(back, phone("10.0.0.100", 4000, "a=inactive\r\n"));
  EXPECT_EQ(spec().media_timeout_ms, 3600000U);
  offer(back, bob());
  answer(back, alice());
  EXPECT_EQ(spec().media_timeout_ms, 60000U);
}

TEST_F(CallTest, ABodyThatComesRoundAgainIsPassedOn) {
  const std::string once = offer(kFirst, alice()).sdp();
  const Outcome again = offer({"call-1@example", "alice", "", "second-pass"}, once);
  EXPECT_EQ(again.sdp(), once);
  EXPECT_EQ(again.results.at(0).value().warnings.size(), 1U);
  const std::string back = answer(kDialog, bob()).sdp();
  EXPECT_EQ(answer(kDialog, back).sdp(), back);
  EXPECT_EQ(query("call-1@example").call().parties.size(), 2U);
}

TEST_F(CallTest, ACallWithoutMediaWaitsForSome) {
  const std::string none = "v=0\r\no=- 1 1 IN IP4 10.0.0.100\r\ns=-\r\nc=IN IP4 10.0.0.100\r\nt=0 0\r\n";
  EXPECT_FALSE(offer(kFirst, none).failed());
  EXPECT_FALSE(answer(kDialog, none).failed());
  EXPECT_EQ(spec().legs.size(), 1U);
  EXPECT_FALSE(offer(kDialog, alice()).failed());
  EXPECT_FALSE(answer(kDialog, bob()).failed());
  EXPECT_EQ(spec().legs.size(), 2U);
  EXPECT_EQ(spec().legs[0].sinks.size(), 1U);
}

TEST_F(CallTest, ADrainBehindAnAnswerAndAWaitingOfferLeavesNothing) {
  offer(kFirst, alice());
  dataplane.set_auto_ack(false);
  Outcome answered;
  Outcome offered;
  calls.answer({kDialog, sdp::parse_document(bob()).value(), {}, false}, into(answered));
  begin_offer(offered, kDialog, phone("10.0.0.100", 4000, "a=sendonly\r\nm=video 4002 RTP/AVP 96\r\n"));
  manager.drain(std::chrono::milliseconds{0}, true);
  dataplane.set_auto_ack(true);
  dataplane.release_acks();
  settle();
  EXPECT_EQ(answered.results.size(), 1U);
  EXPECT_EQ(offered.results.size(), 1U);
  EXPECT_EQ(calls.size(), 0U);
  EXPECT_EQ(ports_used(), 0U);
}

TEST_F(CallTest, CallsAreListedInOrder) {
  for (const char* id : {"c", "a", "b"}) {
    offer({id, "tag", "", ""}, alice());
  }
  const CallIds page = calls.list("", 2);
  EXPECT_THAT(page.ids, ElementsAre("a", "b"));
  EXPECT_TRUE(page.more);
  EXPECT_EQ(page.total, 3U);
  EXPECT_THAT(calls.list("b", 2).ids, ElementsAre("c"));
}

TEST_F(CallTest, TheSessionIsLabelledWithTheCall) {
  offer(kFirst, alice());
  answer(kDialog, bob());
  const auto labels = query("call-1@example").call().session.request->labels;
  EXPECT_EQ(labels.at("call_id"), "call-1@example");
  EXPECT_EQ(labels.at("from_tag"), "alice");
  EXPECT_EQ(labels.at("to_tag"), "bob");
}

TEST(SessionId, IsTheCallIdWhereItCanBe) {
  EXPECT_EQ(session_id_of("a84b4c76e66710@pc33.atlanta.com"), "a84b4c76e66710@pc33.atlanta.com");
  const std::string odd = session_id_of("wünsch/mich(42)");
  EXPECT_EQ(odd.substr(0, odd.find(':')), "wnschmich42");
  EXPECT_TRUE(control::valid_session_id(odd));
  EXPECT_NE(odd, session_id_of("wünsch/mich[42]"));
  EXPECT_TRUE(control::valid_session_id(session_id_of(std::string(255, 'x'))));
  EXPECT_NE(session_id_of(std::string(200, 'x')), session_id_of(std::string(201, 'x')));
}

TEST_F(CallTest, AnotherCallsSessionIdIsRefused) {
  const std::string odd = "wünsch/mich(42)";
  offer({odd, "alice", "", ""}, alice());
  EXPECT_EQ(offer({session_id_of(odd), "alice", "", ""}, alice()).error().cause, "SESSION_ID_CONFLICT");
  EXPECT_EQ(calls.size(), 1U);
}

}  // namespace
}  // namespace pollux::call
