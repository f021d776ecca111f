#include "controlplane/session/session_manager.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/control_fixture.hpp"

namespace pollux::control {
namespace {

using test::at;
using test::ManagerFixture;
using test::two_legs;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Answer = ManagerFixture::Answer;

// A fixture that also checks that the data plane had no reason to complain.
class SessionManagerTest : public testing::Test {
 protected:
  ~SessionManagerTest() override { EXPECT_THAT(f.dataplane.complaints(), IsEmpty()); }
  ManagerFixture f;
};

TEST_F(SessionManagerTest, AnswersCreateWhenMediaFlows) {
  f.dataplane.set_auto_ack(false);
  Answer answer;
  f.create("call", answer);
  f.settle();
  EXPECT_FALSE(answer.arrived());
  EXPECT_EQ(f.manager.under_way(), 1U);
  f.dataplane.release_acks();
  f.settle();
  ASSERT_TRUE(answer.arrived());
  EXPECT_EQ(f.manager.under_way(), 0U);
  const SessionView& session = answer.session();
  EXPECT_EQ(session.id, "call");
  EXPECT_EQ(session.create_time, f.system);
  ASSERT_EQ(session.legs.size(), 2U);
  EXPECT_EQ(session.legs[0].id, "a");
  EXPECT_EQ(session.legs[0].local_rtcp.port, session.legs[0].local_rtp.port + 1);
  EXPECT_EQ(session.legs[1].local_rtp.ip, test::ip("192.0.2.1"));
  EXPECT_EQ(session.legs[1].stats.rtp.destination, at("198.51.100.7:5000"));
}

TEST_F(SessionManagerTest, TellsTheDataPlaneWhatWasAskedFor) {
  SessionRequest request = two_legs();
  request.legs[0].direction = Direction::kSendOnly;
  request.legs[0].learning = LearningMode::kOff;
  request.legs[0].source_policy = SourcePolicy::kAcceptAny;
  request.legs[0].stream_mode = StreamMode::kRewrite;
  request.legs[0].rtcp_mux = true;
  request.legs[0].payload_types = {{8, 8, 8000}};
  request.legs[1].remote_rtcp = at("198.51.100.7:7001");
  request.media_timeout = std::chrono::seconds(5);
  Answer answer;
  f.create("call", answer, request);
  f.settle();
  const SessionSpec spec = f.dataplane.spec(f.dataplane.last_handle()).value();
  EXPECT_EQ(spec.media_timeout_ms, 5000U);
  const LegSpec& a = spec.legs.at(0);
  const LegSpec& b = spec.legs.at(1);
  EXPECT_EQ(a.direction, Direction::kSendOnly);
  EXPECT_EQ(a.learning, LearningMode::kOff);
  EXPECT_EQ(a.source_policy, SourcePolicy::kAcceptAny);
  EXPECT_EQ(a.stream_mode, StreamMode::kRewrite);
  EXPECT_TRUE(a.rtcp_mux());
  EXPECT_EQ(a.payload_types.size(), 1U);
  EXPECT_EQ(a.dscp, 46);
  EXPECT_EQ(b.dscp, 34);
  EXPECT_EQ(b.remote_rtcp, at("198.51.100.7:7001"));
  ASSERT_EQ(a.sinks.size(), 1U);
  EXPECT_EQ(a.sinks[0], b.id);
  ASSERT_EQ(b.sinks.size(), 1U);
  EXPECT_EQ(b.sinks[0], a.id);
}

TEST_F(SessionManagerTest, KeepsListsOnceThatManySessionsAskFor) {
  Answer first;
  Answer second;
  for (const auto& [name, answer] : {std::pair("one", &first), std::pair("two", &second)}) {
    SessionRequest request = two_legs();
    request.legs[0].payload_types = {{96, 101, 8000}};
    request.legs[0].encodings = {{96, "telephone-event"}};
    f.create(name, *answer, request);
  }
  f.settle();
  const LegRequest& one = first.session().request->legs[0];
  const LegRequest& two = second.session().request->legs[0];
  EXPECT_EQ(one.sinks.size(), 1U);
  EXPECT_TRUE(one.sinks.shares(two.sinks));
  EXPECT_TRUE(one.payload_types.shares(two.payload_types));
  EXPECT_TRUE(one.encodings.shares(two.encodings));
}

TEST_F(SessionManagerTest, GivesTheSessionThatExistsForAnEqualSpec) {
  Answer first;
  Answer second;
  f.create("call", first);
  f.settle();
  f.create("call", second);
  ASSERT_TRUE(second.arrived());
  EXPECT_EQ(second.session().legs[0].local_rtp, first.session().legs[0].local_rtp);
  EXPECT_EQ(f.dataplane.sessions(), 1U);
}

TEST_F(SessionManagerTest, AnswersBothWhenTheFirstCreateIsStillUnderWay) {
  f.dataplane.set_auto_ack(false);
  Answer first;
  Answer second;
  f.create("call", first);
  f.create("call", second);
  EXPECT_FALSE(second.arrived());
  f.dataplane.release_acks();
  f.settle();
  EXPECT_EQ(first.session().legs[0].local_rtp, second.session().legs[0].local_rtp);
  EXPECT_EQ(f.dataplane.commands(), 1U);
}

TEST_F(SessionManagerTest, RefusesAnotherSpecForTheSameId) {
  f.dataplane.set_auto_ack(false);
  Answer first;
  Answer during;
  Answer after;
  f.create("call", first);
  f.create("call", during, two_legs("10.0.0.100:4002"));
  ASSERT_TRUE(during.arrived());
  EXPECT_EQ(during.error().cause, "SESSION_ID_CONFLICT");
  EXPECT_EQ(during.error().code, ErrorCode::kAlreadyExists);
  f.dataplane.release_acks();
  f.settle();
  f.create("call", after, two_legs("10.0.0.100:4002"));
  EXPECT_EQ(after.error().cause, "SESSION_ID_CONFLICT");
  EXPECT_TRUE(first.results[0].has_value());
}

TEST_F(SessionManagerTest, GivesEverythingBackWhenTheDataPlaneRefuses) {
  f.dataplane.fail_next({ErrorCode::kInternal, "X", "", "broken"});
  Answer answer;
  f.create("call", answer);
  EXPECT_EQ(answer.error().cause, "INTERNAL");
  EXPECT_EQ(f.ports_used(), 0U);
  EXPECT_EQ(f.manager.under_way(), 0U);
  EXPECT_EQ(f.manager.totals().active, 0U);
  EXPECT_EQ(f.manager.totals().refused, 1U);
  Answer again;
  f.create("call", again);
  f.settle();
  EXPECT_TRUE(again.results.at(0).has_value());
}

TEST_F(SessionManagerTest, TellsWhyTheDataPlaneRefuses) {
  Answer exhausted;
  f.dataplane.fail_next({ErrorCode::kExhausted, "X", "", "no endpoints left"});
  f.create("call", exhausted);
  EXPECT_EQ(exhausted.error().cause, "SESSIONS_EXHAUSTED");
  EXPECT_EQ(exhausted.error().code, ErrorCode::kExhausted);
  Answer invalid;
  f.dataplane.fail_next({ErrorCode::kInvalidArgument, "X", "legs[1].local_address", "isn't ours"});
  f.create("call", invalid);
  EXPECT_EQ(invalid.error().cause, "INVALID_FIELD");
  EXPECT_THAT(invalid.results[0].error().violations,
              ElementsAre(FieldViolation{"spec.legs[1].local_address", "isn't ours"}));
}

TEST_F(SessionManagerTest, WaitsWhileTheDataPlaneTakesNoCommands) {
  f.dataplane.fail_next({ErrorCode::kUnavailable, "X", "", "mailbox full"}, 3);
  Answer first;
  Answer second;
  f.create("one", first);
  f.create("two", second);  // behind the first, though the data plane might take it now
  EXPECT_EQ(f.dataplane.commands(), 1U);
  f.settle();
  f.settle();
  f.settle();
  EXPECT_TRUE(first.results.at(0).has_value());
  EXPECT_TRUE(second.results.at(0).has_value());
}

TEST_F(SessionManagerTest, GivesUpWhenTheDataPlaneTakesNoCommandsForTooLong) {
  f.dataplane.fail_next({ErrorCode::kUnavailable, "X", "", "mailbox full"}, 1000);
  Answer answer;
  f.create("call", answer);
  f.manager.poll();
  EXPECT_FALSE(answer.arrived());
  f.steady += std::chrono::seconds(3);
  f.manager.poll();
  ASSERT_TRUE(answer.arrived());
  EXPECT_EQ(answer.error().cause, "NODE_BUSY");
  EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(f.ports_used(), 0U);
}

TEST_F(SessionManagerTest, NeverGivesUpEndingASession) {
  Answer created;
  f.create("call", created);
  f.settle();
  f.dataplane.fail_next({ErrorCode::kUnavailable, "X", "", "mailbox full"}, 5);
  Answer deleted;
  f.manager.remove("call", f.into(deleted));
  for (int i = 0; i < 10; ++i) {
    f.steady += std::chrono::hours(1);
    f.manager.poll();
  }
  EXPECT_TRUE(deleted.results.at(0).has_value());
  EXPECT_EQ(f.ports_used(), 0U);
}

TEST_F(SessionManagerTest, AnswersDeleteWithTheLastStatistics) {
  Answer created;
  f.create("call", created);
  f.settle();
  f.dataplane.set_auto_ack(false);
  Answer deleted;
  f.manager.remove("call", f.into(deleted));
  f.settle();
  EXPECT_FALSE(deleted.arrived());
  EXPECT_GT(f.ports_used(), 0U);  // packets may still come
  SessionStats stats;
  stats.legs.resize(1);
  stats.legs[0].id = 1;
  stats.legs[0].rtp.rx_packets = 4711;
  f.dataplane.set_stats(f.dataplane.last_handle(), stats);
  f.dataplane.release_acks();
  f.settle();
  ASSERT_TRUE(deleted.arrived());
  EXPECT_EQ(deleted.session().legs[0].stats.rtp.rx_packets, 4711U);
  EXPECT_EQ(f.ports_used(), 0U);
  EXPECT_EQ(f.manager.totals().deleted, 1U);
  EXPECT_THAT(f.logged(), ElementsAre(LogEventType::kSessionStarted, LogEventType::kSessionEnded));
}

TEST_F(SessionManagerTest, DoesNotKnowWhatDoesNotExist) {
  Answer get;
  Answer update;
  Answer remove;
  f.manager.get("none", f.into(get));
  f.manager.update("none", {}, f.into(update));
  f.manager.remove("none", f.into(remove));
  for (const Answer* answer : {&get, &update, &remove}) {
    EXPECT_EQ(answer->error().code, ErrorCode::kNotFound);
    EXPECT_EQ(answer->error().cause, "SESSION_UNKNOWN");
  }
}

TEST_F(SessionManagerTest, RunsCommandsToASessionOneAfterAnother) {
  f.dataplane.set_auto_ack(false);
  Answer created;
  Answer updated;
  Answer seen;
  Answer deleted;
  Answer recreated;
  f.create("call", created);
  SessionPatch patch;
  patch.set_labels = true;
  patch.labels = {{"k", "v"}};
  f.manager.update("call", patch, f.into(updated));
  f.manager.get("call", f.into(seen));
  f.manager.remove("call", f.into(deleted));
  f.create("call", recreated);
  EXPECT_EQ(f.dataplane.commands(), 1U);
  f.dataplane.release_acks();  // created
  f.settle();
  EXPECT_TRUE(created.arrived());
  EXPECT_FALSE(updated.arrived());
  EXPECT_EQ(f.dataplane.commands(), 2U);
  f.dataplane.release_acks();  // updated
  f.settle();
  EXPECT_TRUE(updated.arrived());
  EXPECT_EQ(seen.session().request->labels.at("k"), "v");
  EXPECT_FALSE(deleted.arrived());
  f.dataplane.release_acks();  // deleted
  f.settle();
  EXPECT_TRUE(deleted.arrived());
  EXPECT_FALSE(recreated.arrived());
  f.dataplane.release_acks();
  f.settle();
  EXPECT_TRUE(recreated.session().request->labels.empty());
  EXPECT_EQ(f.dataplane.sessions(), 1U);
}

TEST_F(SessionManagerTest, DoesNotLetOneSessionHoldUpAnother) {
  f.dataplane.set_auto_ack(false);
  Answer slow;
  f.create("slow", slow);
  f.dataplane.set_auto_ack(true);
  Answer quick;
  f.create("quick", quick);
  f.settle();
  EXPECT_FALSE(slow.arrived());
  EXPECT_TRUE(quick.arrived());
}

TEST_F(SessionManagerTest, GivesRepeatedDeletesTheSameAnswer) {
  Answer created;
  f.create("call", created);
  f.settle();
  Answer first;
  Answer second;
  f.manager.remove("call", f.into(first));
  f.manager.remove("call", f.into(second));
  f.settle();
  EXPECT_TRUE(first.results.at(0).has_value());
  EXPECT_TRUE(second.results.at(0).has_value());
  EXPECT_EQ(f.dataplane.commands(), 2U);
}

TEST_F(SessionManagerTest, AnswersWhatWaitedBehindAFailedCreate) {
  f.dataplane.fail_next({ErrorCode::kUnavailable, "X", "", "mailbox full"}, 1);
  Answer created;
  f.create("call", created);
  Answer deleted;
  f.manager.remove("call", f.into(deleted));
  f.dataplane.fail_next({ErrorCode::kInternal, "X", "", "broken"}, 1);
  f.settle();
  EXPECT_EQ(created.error().cause, "INTERNAL");
  EXPECT_EQ(deleted.error().cause, "SESSION_UNKNOWN");
}

TEST_F(SessionManagerTest, PagesThroughSessionsInOrder) {
  std::vector<Answer> answers(5);
  for (std::size_t i = 0; i < 5; ++i) {
    f.create("call-" + std::to_string(4 - i), answers[i]);
  }
  f.settle();
  f.dataplane.set_auto_ack(false);
  Answer linking;
  f.create("call-22", linking);  // doesn't exist yet
  const SessionPage first = f.manager.list("", 3);
  ASSERT_EQ(first.sessions.size(), 3U);
  EXPECT_EQ(first.sessions[0].id, "call-0");
  EXPECT_EQ(first.sessions[2].id, "call-2");
  EXPECT_TRUE(first.more);
  EXPECT_EQ(first.total, 5U);
  const SessionPage second = f.manager.list("call-2", 3);
  ASSERT_EQ(second.sessions.size(), 2U);
  EXPECT_EQ(second.sessions[1].id, "call-4");
  EXPECT_FALSE(second.more);
}

}  // namespace
}  // namespace pollux::control
