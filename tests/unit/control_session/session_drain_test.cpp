#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controlplane/session/session_manager.hpp"
#include "tests/support/control_fixture.hpp"

namespace pollux::control {
namespace {

using namespace std::chrono_literals;
using test::ManagerFixture;
using testing::ElementsAre;
using Answer = ManagerFixture::Answer;

// A node with one session "call".
struct DrainFixture : ManagerFixture {
  DrainFixture() {
    Answer answer;
    create("call", answer);
    settle();
  }
  bool refuses_new_ones() {
    Answer answer;
    create("new", answer);
    settle();
    return !answer.results.at(0) && answer.error().cause == "NODE_DRAINING" &&
           answer.error().code == ErrorCode::kUnavailable;
  }
  std::vector<EndReason> end_reasons() {
    std::vector<EndReason> reasons;
    for (const auto& event : manager.events().read(1, "", 100).events) {
      if (event->type == LogEventType::kSessionEnded) {
        reasons.push_back(event->end_reason);
      }
    }
    return reasons;
  }
};

TEST(SessionDrain, RefusesNewSessionsAndLeavesThoseThatExist) {
  DrainFixture f;
  f.manager.drain(std::nullopt, false);
  EXPECT_TRUE(f.manager.draining());
  EXPECT_TRUE(f.refuses_new_ones());
  EXPECT_EQ(f.manager.totals().refused, 1U);
  Answer again;
  f.create("call", again);  // the answer to the first may have been lost
  EXPECT_EQ(again.session().id, "call");
  SessionPatch patch;
  patch.set_labels = true;
  patch.labels = {{"k", "v"}};
  Answer updated;
  f.manager.update("call", patch, f.into(updated));
  f.settle();
  EXPECT_EQ(updated.session().id, "call");
  EXPECT_EQ(f.manager.drain_progress().sessions_left, 1U);
  EXPECT_FALSE(f.manager.drain_progress().done);
  EXPECT_FALSE(f.manager.drain_progress().time_left);
  Answer removed;
  f.manager.remove("call", f.into(removed));
  f.settle();
  EXPECT_TRUE(f.manager.drain_progress().done);
  EXPECT_TRUE(f.refuses_new_ones());
}

TEST(SessionDrain, IsDoneAtOnceWhereThereIsNothing) {
  ManagerFixture f;
  f.manager.drain(10s, true);
  EXPECT_TRUE(f.manager.drain_progress().done);
  EXPECT_EQ(f.manager.drain_progress().sessions_left, 0U);
}

TEST(SessionDrain, DeadlineEndsSessionsWhenAskedTo) {
  DrainFixture f;
  f.manager.drain(10s, true);
  EXPECT_EQ(f.manager.drain_progress().time_left, 10s);
  f.steady += 9999ms;
  f.settle();
  EXPECT_EQ(f.manager.drain_progress().time_left, 1ms);
  EXPECT_EQ(f.manager.totals().active, 1U);
  f.steady += 1ms;
  f.settle();
  EXPECT_EQ(f.manager.totals().active, 0U);
  EXPECT_EQ(f.ports_used(), 0U);
  EXPECT_TRUE(f.manager.drain_progress().done);
  EXPECT_THAT(f.end_reasons(), ElementsAre(EndReason::kDrained));
}

TEST(SessionDrain, DeadlineAloneEndsNothing) {
  DrainFixture f;
  f.manager.drain(10s, false);
  f.steady += 11s;
  f.settle();
  EXPECT_TRUE(f.manager.drain_progress().done);
  EXPECT_EQ(f.manager.drain_progress().time_left, 0s);
  EXPECT_EQ(f.manager.totals().active, 1U);
  EXPECT_TRUE(f.refuses_new_ones());
}

TEST(SessionDrain, DeadlineEndsSessionsThatAreBeingMadeOrChanged) {
  DrainFixture f;
  f.dataplane.set_auto_ack(false);
  Answer making;
  f.create("making", making);
  SessionPatch patch;
  patch.set_labels = true;
  patch.labels = {{"k", "v"}};
  Answer changing;
  f.manager.update("call", patch, f.into(changing));
  f.manager.drain(0s, true);
  f.settle();
  EXPECT_EQ(f.manager.drain_progress().sessions_left, 2U);
  EXPECT_FALSE(f.manager.drain_progress().done);  // a moment is given to end them
  f.dataplane.set_auto_ack(true);
  f.dataplane.release_acks();
  f.settle();
  EXPECT_EQ(making.error().cause, "NODE_DRAINING");
  EXPECT_THAT(f.end_reasons(), ElementsAre(EndReason::kDrained, EndReason::kDrained));
  EXPECT_EQ(f.ports_used(), 0U);
}

TEST(SessionDrain, IsDoneThoughAWorkerDoesNotAnswer) {
  DrainFixture f;
  f.dataplane.set_auto_ack(false);
  f.manager.drain(1s, true);
  f.steady += 1s;
  f.settle();
  EXPECT_FALSE(f.manager.drain_progress().done);
  f.steady += 2s;
  EXPECT_TRUE(f.manager.drain_progress().done);
  EXPECT_EQ(f.manager.drain_progress().sessions_left, 1U);
}

TEST(SessionDrain, ASecondOneSetsTheDeadline) {
  DrainFixture f;
  f.manager.drain(1s, true);
  f.manager.drain(60s, true);
  f.steady += 30s;
  f.settle();
  EXPECT_EQ(f.manager.totals().active, 1U);
  f.manager.drain(std::nullopt, true);
  f.steady += 1h;
  f.settle();
  EXPECT_EQ(f.manager.totals().active, 1U);
  EXPECT_EQ(std::ranges::count(f.logged(), LogEventType::kNodeDraining), 1);
}

TEST(SessionDrain, CanBeTakenBack) {
  DrainFixture f;
  f.manager.drain(1s, true);
  EXPECT_TRUE(f.manager.undrain());
  EXPECT_FALSE(f.manager.draining());
  f.steady += 2s;
  f.settle();
  EXPECT_FALSE(f.refuses_new_ones());
  EXPECT_EQ(f.manager.totals().active, 2U);
  EXPECT_EQ(std::ranges::count(f.logged(), LogEventType::kNodeUndrained), 1);
  EXPECT_TRUE(f.manager.undrain());  // of a node that doesn't drain: nothing to tell
  EXPECT_EQ(std::ranges::count(f.logged(), LogEventType::kNodeUndrained), 1);
}

TEST(SessionDrain, IsOverWhenTheNodeStops) {
  DrainFixture f;
  f.manager.drain(std::nullopt, false);
  f.manager.begin_stop();
  const auto undrained = f.manager.undrain();
  ASSERT_FALSE(undrained);
  EXPECT_EQ(undrained.error().cause, "NODE_STOPPING");
  f.settle();
  EXPECT_TRUE(f.manager.drained());
  EXPECT_THAT(f.end_reasons(), ElementsAre(EndReason::kNodeStopped));
}

TEST(SessionReload, MediaTimeoutHoldsForNewSessions) {
  DrainFixture f;
  f.manager.set_media_timeout(7s);
  Answer late;
  f.create("late", late);
  f.settle();
  EXPECT_EQ(late.session().request->media_timeout, 7s);
  Answer former;
  f.manager.get("call", f.into(former));
  EXPECT_EQ(former.session().request->media_timeout, 60s);
}

}  // namespace
}  // namespace pollux::control
