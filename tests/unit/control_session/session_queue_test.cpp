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

// Each of them fails at once, which brings the next to its turn: the stack must not grow with their number.
TEST(SessionQueueTest, ManyWaitingUpdatesThatFailAtOnce) {
  constexpr int kUpdates = 50000;
  ManagerFixture f;
  Answer created;
  f.create("call", created);
  f.settle();
  f.dataplane.set_auto_ack(false);
  int answers = 0;
  int failures = 0;
  const auto count = [&](const SessionResult& result) {
    ++answers;
    failures += result ? 0 : 1;
  };
  f.manager.update("call", dscp_patch(1), count);
  for (int i = 0; i < kUpdates; ++i) {
    f.manager.update("call", dscp_patch(2), count);
  }
  EXPECT_EQ(answers, 0);
  f.dataplane.fail_next({ErrorCode::kInvalidArgument, "INVALID_FIELD", "legs[0].dscp", "no"}, kUpdates);
  f.dataplane.release_acks();
  f.settle();
  EXPECT_EQ(answers, kUpdates + 1);
  EXPECT_EQ(failures, kUpdates);
  Answer deleted;
  f.manager.remove("call", f.into(deleted));
  f.dataplane.release_acks();
  f.settle();
  EXPECT_TRUE(deleted.arrived());
  EXPECT_EQ(f.ports_used(), 0U);
}

}  // namespace
}  // namespace pollux::control
