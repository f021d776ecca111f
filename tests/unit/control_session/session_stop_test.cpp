#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controlplane/session/control_thread.hpp"
#include "controlplane/session/session_manager.hpp"
#include "tests/support/control_fixture.hpp"

namespace pollux::control {
namespace {

using namespace std::chrono_literals;
using test::ManagerFixture;
using testing::IsEmpty;
using Answer = ManagerFixture::Answer;

TEST(SessionStop, EndsAllSessionsAndRefusesNewOnes) {
  ManagerFixture f;
  std::vector<Answer> created(10);
  for (std::size_t i = 0; i < created.size(); ++i) {
    f.create("call-" + std::to_string(i), created[i]);
  }
  f.settle();
  f.manager.begin_stop();
  EXPECT_FALSE(f.manager.drained());
  Answer refused;
  f.create("late", refused);
  EXPECT_EQ(refused.error().cause, "NODE_DRAINING");
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  Answer updated;
  f.manager.update("call-1", {}, f.into(updated));
  EXPECT_EQ(updated.error().cause, "NODE_DRAINING");
  f.settle();
  EXPECT_TRUE(f.manager.drained());
  EXPECT_EQ(f.ports_used(), 0U);
  const auto events = f.manager.events().read(11, "", 100).events;
  ASSERT_EQ(events.size(), 10U);
  for (const auto& event : events) {
    EXPECT_EQ(event->end_reason, EndReason::kNodeStopped);
  }
}

TEST(SessionStop, EndsSessionsThatAreBeingMadeOrChanged) {
  ManagerFixture f;
  Answer changed_created;
  f.create("changing", changed_created);
  f.settle();
  f.dataplane.set_auto_ack(false);
  Answer making;
  f.create("making", making);
  SessionPatch patch;
  patch.set_labels = true;
  patch.labels = {{"k", "v"}};
  Answer changing;
  f.manager.update("changing", patch, f.into(changing));
  f.manager.begin_stop();
  f.dataplane.set_auto_ack(true);
  f.dataplane.release_acks();
  f.settle();
  EXPECT_TRUE(f.manager.drained());
  EXPECT_EQ(making.error().cause, "NODE_DRAINING");
  EXPECT_TRUE(changing.results.at(0).has_value());
  EXPECT_EQ(f.ports_used(), 0U);
}

TEST(SessionStop, AnswersEverybodyWhenTheDataPlaneDoesNot) {
  ManagerFixture f;
  f.dataplane.set_auto_ack(false);
  Answer created;
  Answer seen;
  Answer deleted;
  f.create("call", created);
  f.manager.get("call", f.into(seen));
  f.manager.remove("call", f.into(deleted));
  f.manager.begin_stop();
  f.settle();
  EXPECT_FALSE(f.manager.drained());
  EXPECT_EQ(f.manager.abandon(), 1U);
  for (const Answer* answer : {&created, &seen, &deleted}) {
    ASSERT_TRUE(answer->arrived());
    EXPECT_EQ(answer->error().cause, "NODE_DRAINING");
  }
  EXPECT_EQ(f.ports_used(), 0U);
  f.dataplane.release_acks();
  f.settle();  // late acknowledgements do no harm
  EXPECT_TRUE(f.manager.drained());
}

TEST(SessionStop, IsOverAtOnceWithoutSessions) {
  ManagerFixture f;
  f.manager.begin_stop();
  EXPECT_TRUE(f.manager.drained());
}

TEST(ControlThread, RunsTasksInOrderUntilItStops) {
  ManagerFixture f;
  ControlThread thread(f.manager);
  std::vector<int> order;
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(thread.post([&order, i] { order.push_back(i); }));
  }
  thread.stop();
  ASSERT_EQ(order.size(), 100U);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  EXPECT_FALSE(thread.post([] {}));
  EXPECT_FALSE(thread.call([] {}));
  thread.stop();
}

TEST(ControlThread, DrainsSessions) {
  ManagerFixture f;
  ControlThread thread(f.manager);
  Answer created;
  ASSERT_TRUE(thread.call([&] { f.create("call", created); }));
  EXPECT_EQ(thread.drain(10s), 0U);
  thread.call([&] { EXPECT_TRUE(f.manager.drained()); });
  EXPECT_TRUE(created.arrived());
}

TEST(ControlThread, StopsWaitingForADataPlaneThatIsStuck) {
  ManagerFixture f;
  ControlThread thread(f.manager);
  f.dataplane.set_auto_ack(false);
  Answer created;
  ASSERT_TRUE(thread.call([&] { f.create("call", created); }));
  EXPECT_EQ(thread.drain(20ms), 1U);
  EXPECT_EQ(created.error().cause, "NODE_DRAINING");
  EXPECT_EQ(thread.drain(20ms), 0U);
}

}  // namespace
}  // namespace pollux::control
