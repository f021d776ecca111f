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

Event media_timeout(SessionHandle session) {
  Event event;
  event.type = EventType::kMediaTimeout;
  event.session = session;
  return event;
}

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

TEST_F(SessionManagerTest, EndsSessionsWhoseMediaFellSilent) {
  Answer created;
  f.create("call", created);
  f.settle();
  f.dataplane.inject(media_timeout(f.dataplane.last_handle()));
  f.settle();
  Answer get;
  f.manager.get("call", f.into(get));
  EXPECT_EQ(get.error().cause, "SESSION_UNKNOWN");
  EXPECT_THAT(f.logged(), ElementsAre(LogEventType::kSessionStarted, LogEventType::kSessionTimedOut,
                                      LogEventType::kSessionEnded));
  EXPECT_EQ(f.manager.events().read(3, "", 1).events[0]->end_reason, EndReason::kTimedOut);
  EXPECT_EQ(f.manager.totals().timed_out, 1U);
  EXPECT_EQ(f.ports_used(), 0U);
}

TEST_F(SessionManagerTest, EndsASilentSessionAfterTheUpdateThatIsUnderWay) {
  Answer created;
  f.create("call", created);
  f.settle();
  f.dataplane.set_auto_ack(false);
  SessionPatch patch;
  patch.set_labels = true;
  patch.labels = {{"k", "v"}};
  Answer updated;
  f.manager.update("call", patch, f.into(updated));
  f.dataplane.inject(media_timeout(f.dataplane.last_handle()));
  f.settle();
  EXPECT_FALSE(updated.arrived());
  f.dataplane.set_auto_ack(true);
  f.dataplane.release_acks();
  f.settle();
  EXPECT_TRUE(updated.results.at(0).has_value());
  EXPECT_EQ(f.manager.totals().timed_out, 1U);
}

TEST_F(SessionManagerTest, KeepsASilentSessionWhoseMediaCameBackInTime) {
  Answer created;
  f.create("call", created);
  f.settle();
  f.dataplane.set_auto_ack(false);
  SessionPatch patch;
  patch.set_labels = true;
  patch.labels = {{"k", "v"}};
  Answer updated;
  f.manager.update("call", patch, f.into(updated));
  f.dataplane.inject(media_timeout(f.dataplane.last_handle()));
  Event resumed = media_timeout(f.dataplane.last_handle());
  resumed.type = EventType::kMediaResumed;
  f.dataplane.inject(resumed);
  f.settle();
  f.dataplane.release_acks();
  f.settle();
  EXPECT_EQ(f.manager.totals().timed_out, 0U);
  EXPECT_EQ(f.manager.totals().active, 1U);
}

TEST_F(SessionManagerTest, LogsWhatHappensToMedia) {
  Answer created;
  f.create("call", created);
  f.settle();
  Event event;
  event.type = EventType::kSourceChanged;
  event.session = f.dataplane.last_handle();
  event.leg_id = 2;
  event.component = Component::kRtcp;
  event.from = at("198.51.100.7:5001");
  event.to = at("203.0.113.9:6001");
  event.ssrc = 77;
  event.time_unix_ns = 1'700'000'001'500'000'000;
  f.dataplane.inject(event);
  Event port;
  port.type = EventType::kPortDown;
  port.port = 1;
  f.dataplane.inject(port);
  f.settle();
  const auto events = f.manager.events().read(2, "", 10).events;
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0]->type, LogEventType::kSourceChanged);
  EXPECT_EQ(events[0]->session_id, "call");
  EXPECT_EQ(events[0]->leg_id, "b");
  EXPECT_TRUE(events[0]->rtcp);
  EXPECT_EQ(events[0]->from, event.from);
  EXPECT_EQ(events[0]->to, event.to);
  EXPECT_EQ(events[0]->ssrc, 77U);
  EXPECT_EQ(events[0]->time, f.system + std::chrono::milliseconds(1500));
  EXPECT_EQ(events[1]->type, LogEventType::kPortDown);
  EXPECT_EQ(events[1]->port, "wan");
  EXPECT_EQ(events[1]->session_id, "");
  EXPECT_EQ(events[1]->time, f.system);
}

TEST_F(SessionManagerTest, IgnoresEventsOfSessionsItDoesNotKnow) {
  f.dataplane.inject(media_timeout(4711));
  Event linked;
  linked.session = 4711;
  f.dataplane.inject(linked);
  f.settle();
  EXPECT_THAT(f.logged(), IsEmpty());
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

TEST(SessionManager, SaysWhenSessionsRunOut) {
  ManagerFixture f(1, 20000, 59999, 2);
  std::vector<Answer> answers(3);
  for (std::size_t i = 0; i < 3; ++i) {
    f.create("call-" + std::to_string(i), answers[i]);
  }
  EXPECT_EQ(answers[2].error().cause, "SESSIONS_EXHAUSTED");
  EXPECT_EQ(answers[2].error().code, ErrorCode::kExhausted);
}

TEST(SessionManager, SaysWhenPortsRunOutAndKeepsNone) {
  ManagerFixture f(1, 20000, 20001);  // two pairs inside, one outside
  Answer first;
  Answer second;
  f.create("one", first);
  f.settle();
  const auto used = f.ports_used();
  f.create("two", second);
  EXPECT_EQ(second.error().cause, "PORTS_EXHAUSTED");
  EXPECT_THAT(second.error().message, HasSubstr("outside"));
  EXPECT_EQ(f.ports_used(), used);
}

TEST(SessionManager, PutsSessionsOnTheWorkerWithTheFewest) {
  ManagerFixture f(3);
  std::vector<Answer> answers(9);
  for (std::size_t i = 0; i < 9; ++i) {
    f.create("call-" + std::to_string(i), answers[i]);
  }
  f.settle();
  std::map<std::uint16_t, int> by_worker;
  for (const Answer& answer : answers) {
    ++by_worker[answer.session().worker];
  }
  EXPECT_THAT(by_worker, ElementsAre(std::pair(0, 3), std::pair(1, 3), std::pair(2, 3)));
  Answer deleted;
  f.manager.remove("call-1", f.into(deleted));
  f.settle();
  Answer next;
  f.create("next", next);
  f.settle();
  EXPECT_EQ(next.session().worker, deleted.session().worker);
  EXPECT_THAT(f.dataplane.complaints(), IsEmpty());
}

TEST(SessionManager, PutsSessionsOnRelayWorkersOnly) {
  test::FakeDataplane dataplane(2);
  dataplane.set_roles(0, {false, true});
  ManagerOptions options;
  options.networks = test::two_networks();
  SessionManager manager(dataplane, options);
  SessionRequest request = two_legs();
  resolve_defaults(request, manager.defaults(), SinkDefault::kEachOther);
  for (int i = 0; i < 4; ++i) {
    Answer answer;
    manager.create("call-" + std::to_string(i), request, ManagerFixture::into(answer));
    while (manager.poll()) {
    }
    EXPECT_EQ(answer.session().worker, 1);
  }
}

TEST(SessionManager, TakesAnotherWorkerWhenTheLeastLoadedHasNoPortsLeft) {
  // Worker 1 owns a single pair of each address.
  test::FakeDataplane dataplane(2,
                                [](std::uint16_t port) { return static_cast<std::uint16_t>(port <= 20001); });
  ManagerOptions options;
  options.networks = test::two_networks(20000, 20099);
  SessionManager manager(dataplane, options);
  SessionRequest request = two_legs();
  resolve_defaults(request, manager.defaults(), SinkDefault::kEachOther);
  for (int i = 0; i < 20; ++i) {
    Answer answer;
    manager.create("call-" + std::to_string(i), request, ManagerFixture::into(answer));
    while (manager.poll()) {
    }
    ASSERT_TRUE(answer.results.at(0).has_value()) << i;
  }
  EXPECT_THAT(dataplane.complaints(), IsEmpty());
}

TEST(SessionManager, HoldsAHundredThousandSessions) {
  static constexpr int kSessions = 100'000;
  test::FakeDataplane dataplane(4);
  ManagerOptions options;
  options.networks = {
      {"inside",
       {test::ip("10.0.0.1"), test::ip("10.0.0.2"), test::ip("10.0.0.3"), test::ip("10.0.0.4")},
       1024,
       65535,
       0},
      {"outside",
       {test::ip("10.1.0.1"), test::ip("10.1.0.2"), test::ip("10.1.0.3"), test::ip("10.1.0.4")},
       1024,
       65535,
       0}};
  options.max_sessions = kSessions;
  SessionManager manager(dataplane, options);
  SessionRequest request = two_legs();
  resolve_defaults(request, manager.defaults(), SinkDefault::kEachOther);
  int answered = 0;
  const auto count = [&answered](const SessionResult& result) { answered += result.has_value() ? 1 : 0; };
  for (int i = 0; i < kSessions; ++i) {
    manager.create("call-" + std::to_string(i), request, count);
  }
  while (manager.poll()) {
  }
  EXPECT_EQ(answered, kSessions);
  EXPECT_EQ(manager.list("", 1).total, 100'000U);
  EXPECT_EQ(manager.port_use(0).used, 200'000U);
  manager.begin_stop();
  while (manager.poll()) {
  }
  EXPECT_TRUE(manager.drained());
  EXPECT_EQ(manager.port_use(0).used + manager.port_use(1).used, 0U);
  EXPECT_THAT(dataplane.complaints(), IsEmpty());
}

}  // namespace
}  // namespace pollux::control
