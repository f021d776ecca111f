// What the data plane reports of running sessions: see controlplane/session/session_events.cpp.
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
class SessionEventsTest : public testing::Test {
 protected:
  ~SessionEventsTest() override { EXPECT_THAT(f.dataplane.complaints(), IsEmpty()); }
  ManagerFixture f;
};

TEST_F(SessionEventsTest, EndsSessionsWhoseMediaFellSilent) {
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

TEST_F(SessionEventsTest, EndsASilentSessionAfterTheUpdateThatIsUnderWay) {
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

TEST_F(SessionEventsTest, KeepsASilentSessionWhoseMediaCameBackInTime) {
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

TEST_F(SessionEventsTest, LogsWhatHappensToMedia) {
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

TEST_F(SessionEventsTest, IgnoresEventsOfSessionsItDoesNotKnow) {
  f.dataplane.inject(media_timeout(4711));
  Event linked;
  linked.session = 4711;
  f.dataplane.inject(linked);
  f.settle();
  EXPECT_THAT(f.logged(), IsEmpty());
}

}  // namespace
}  // namespace pollux::control
