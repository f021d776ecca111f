// Commands that wait for one another, in numbers that a client would have to try hard to reach.
#include <gtest/gtest.h>

#include "controlplane/session/session_manager.hpp"
#include "tests/support/control_fixture.hpp"

namespace pollux::control {
namespace {

using test::ManagerFixture;
using Answer = ManagerFixture::Answer;

SessionPatch dscp_patch(std::uint8_t dscp) {
  LegRequest values;
  values.id = "a";
  values.dscp = dscp;
  LegPatch leg{"a", "spec.legs[0]", false, {}, values};
  leg.fields.set(LegField::kDscp);
  SessionPatch patch;
  patch.legs.push_back(leg);
  return patch;
}

// Those that wait fail at once, which brings the next to its turn; those beyond what may wait are refused.
TEST(SessionQueueTest, ManyWaitingUpdatesThatFailAtOnce) {
  constexpr int kUpdates = 50000;
  constexpr int kWaiting = static_cast<int>(SessionManager::kMostWaiting);
  ManagerFixture f;
  Answer created;
  f.create("call", created);
  f.settle();
  f.dataplane.set_auto_ack(false);
  int answers = 0;
  int failures = 0;
  int busy = 0;
  const auto count = [&](const SessionResult& result) {
    ++answers;
    failures += result ? 0 : 1;
    busy += !result && result.error().error.cause == "SESSION_BUSY" ? 1 : 0;
  };
  f.manager.update("call", dscp_patch(1), count);
  for (int i = 0; i < kUpdates; ++i) {
    f.manager.update("call", dscp_patch(2), count);
  }
  EXPECT_EQ(answers, kUpdates - kWaiting);
  EXPECT_EQ(busy, kUpdates - kWaiting);
  f.dataplane.fail_next({ErrorCode::kInvalidArgument, "INVALID_FIELD", "legs[0].dscp", "no"}, kWaiting);
  f.dataplane.release_acks();
  f.settle();
  EXPECT_EQ(answers, kUpdates + 1);
  EXPECT_EQ(failures, kUpdates);
  EXPECT_EQ(busy, kUpdates - kWaiting);
  Answer deleted;
  f.manager.remove("call", f.into(deleted));
  f.dataplane.release_acks();
  f.settle();
  EXPECT_TRUE(deleted.arrived());
  EXPECT_EQ(f.ports_used(), 0U);
}

// The same for commands that are answered together: repeated Creates and Deletes.
TEST(SessionQueueTest, ManyThatJoinTheSameCommand) {
  ManagerFixture f;
  f.dataplane.set_auto_ack(false);
  std::vector<Answer> created(SessionManager::kMostWaiting + 1);
  for (Answer& answer : created) {
    f.create("call", answer);
  }
  ASSERT_TRUE(created.back().arrived());
  EXPECT_EQ(created.back().error().cause, "SESSION_BUSY");
  f.dataplane.release_acks();
  f.settle();
  created.pop_back();
  for (Answer& answer : created) {
    EXPECT_EQ(answer.session().id, "call");
  }
  std::vector<Answer> deleted(SessionManager::kMostWaiting + 1);
  for (Answer& answer : deleted) {
    f.manager.remove("call", f.into(answer));
  }
  ASSERT_TRUE(deleted.back().arrived());
  EXPECT_EQ(deleted.back().error().cause, "SESSION_BUSY");
  f.dataplane.release_acks();
  f.settle();
  EXPECT_TRUE(deleted.front().arrived());
  EXPECT_EQ(f.ports_used(), 0U);
}

// A worker that hangs holds up neither the other worker's sessions nor the answers to its own.
TEST(SessionQueueTest, AWorkerThatHangsHoldsUpNobodyElse) {
  ManagerFixture f(2);
  Answer first;
  f.create("first", first);
  f.settle();
  const std::uint16_t hung = first.session().worker;
  f.dataplane.set_worker_busy(hung, true);
  Answer deleted;
  f.manager.remove("first", f.into(deleted));
  f.settle();
  EXPECT_FALSE(deleted.arrived());

  // The other worker has fewer sessions now; then they take turns.
  std::vector<Answer> more(4);
  for (std::size_t i = 0; i < more.size(); ++i) {
    f.create("more" + std::to_string(i), more[i]);
  }
  f.settle();
  int made = 0;
  for (const Answer& answer : more) {
    made += answer.arrived() && answer.session().worker != hung ? 1 : 0;
  }
  EXPECT_EQ(made, 2);
  f.steady += std::chrono::seconds(3);
  f.settle();
  int refused = 0;
  for (const Answer& answer : more) {
    ASSERT_TRUE(answer.arrived());
    if (!answer.results[0]) {
      ++refused;
      EXPECT_EQ(answer.error().cause, "NODE_BUSY");
    }
  }
  EXPECT_EQ(refused, 2);
  EXPECT_FALSE(deleted.arrived());

  f.dataplane.set_worker_busy(hung, false);
  f.settle();
  EXPECT_TRUE(deleted.arrived());
  EXPECT_EQ(f.manager.under_way(), 0U);
  EXPECT_EQ(f.ports_used(), 8U);
}

}  // namespace
}  // namespace pollux::control
