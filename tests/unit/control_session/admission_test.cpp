// Who is refused, with which cause, and that nothing established suffers.
#include "controlplane/session/admission.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/load_fixture.hpp"

namespace pollux::control {
namespace {

using test::LoadFixture;
using test::ManagerFixture;
using test::two_legs;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using Answer = ManagerFixture::Answer;

config::AdmissionConfig limits(std::uint32_t sessions, std::uint32_t load, std::uint32_t mbufs,
                               std::uint32_t ports) {
  return {
      .max_sessions = sessions, .max_worker_load = load, .min_free_mbufs = mbufs, .reserved_ports = ports};
}

SessionPatch one_leg_more(const SessionRequest& request) {
  SessionPatch patch;
  LegRequest leg = request.legs[0];
  leg.id = "c";
  leg.remote_rtp.reset();
  LegPatch add;
  add.id = "c";
  add.path = "spec.legs[2]";
  add.whole = true;
  add.values = leg;
  patch.legs.push_back(add);
  return patch;
}

TEST(Admission, RefusesAboveItsOwnLimitOfSessions) {
  LoadFixture f(1, 20000, 59999, 10);
  f.manager.set_limits(limits(2, 90, 0, 0));
  EXPECT_EQ(f.manager.session_limit(), 2U);
  EXPECT_TRUE(f.created("one").results.at(0).has_value());
  EXPECT_TRUE(f.created("two").results.at(0).has_value());
  const Answer refused = f.created("three");
  EXPECT_EQ(refused.error().cause, "SESSIONS_EXHAUSTED");
  EXPECT_THAT(refused.error().message, HasSubstr("2 sessions are in use and admission.max_sessions is 2"));
  f.manager.set_limits(limits(0, 90, 0, 0));
  EXPECT_EQ(f.manager.session_limit(), 10U);
  EXPECT_TRUE(f.created("three").results.at(0).has_value());
}

TEST(Admission, NamesTheLimitOfMemoryWhereThatIsLower) {
  LoadFixture f(1, 20000, 59999, 1);
  f.manager.set_limits(limits(5, 90, 0, 0));
  f.created("one");
  EXPECT_THAT(f.created("two").error().message, HasSubstr("memory.max_sessions is 1"));
}

TEST(Admission, RefusesWhenAllRelayWorkersAreOverloaded) {
  LoadFixture f(2);
  f.second({0.95, 0.97});
  const Answer refused = f.created("call");
  EXPECT_EQ(refused.error().cause, "WORKERS_OVERLOADED");
  EXPECT_EQ(refused.error().code, ErrorCode::kExhausted);
  EXPECT_THAT(refused.error().message, HasSubstr("(2) are overloaded, the least one at 95 %"));
  EXPECT_THAT(refused.error().message, HasSubstr("admission.max_worker_load is 90 %"));
  EXPECT_EQ(f.ports_used(), 0U);
  f.second({0.95, 0.85});  // not yet relieved
  EXPECT_EQ(f.created("call").error().cause, "WORKERS_OVERLOADED");
  f.second({0.95, 0.5});
  EXPECT_EQ(f.created("call").session().worker, 1);
}

TEST(Admission, TellsOfOverloadByEvents) {
  LoadFixture f(2);
  f.second({0.1, 0.95});
  f.second({0.1, 0.95});
  f.second({0.1, 0.2});
  const auto events = f.manager.events().read(1, "", 10).events;
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0]->type, LogEventType::kWorkerOverloaded);
  EXPECT_EQ(events[1]->type, LogEventType::kWorkerRelieved);
  EXPECT_EQ(events[0]->worker, 1);
  EXPECT_EQ(events[1]->worker, 1);
}

TEST(Admission, RefusesWhenPacketBuffersRunOut) {
  LoadFixture f(1);
  f.manager.set_limits(limits(0, 90, 5, 0));
  f.stats.mbufs_free = 49;
  f.second({0.1});
  const Answer refused = f.created("call");
  EXPECT_EQ(refused.error().cause, "MEMORY_EXHAUSTED");
  EXPECT_THAT(refused.error().message,
              HasSubstr("4 % of the packet buffers are free and admission.min_free_mbufs is 5 %"));
  f.stats.mbufs_free = 50;
  f.second({0.1});
  EXPECT_TRUE(f.created("call").results.at(0).has_value());
}

TEST(Admission, KeepsPortsForLegsThatAreAdded) {
  LoadFixture f(1, 20000, 20019);  // 20 ports an address, two addresses a network
  f.manager.set_limits(limits(0, 90, 0, 40));
  int made = 0;
  Answer last;
  for (int i = 0; i < 20; ++i) {
    last = f.created("call-" + std::to_string(i));
    if (!last.results.at(0)) {
      break;
    }
    ++made;
  }
  EXPECT_EQ(last.error().cause, "PORTS_EXHAUSTED");
  EXPECT_THAT(last.error().message, HasSubstr("admission.reserved_ports (40 % of 20)"));
  EXPECT_EQ(f.manager.port_use(0).used, 2U * static_cast<std::uint64_t>(made));
  EXPECT_EQ(made, 6);
  Answer updated;
  f.manager.update("call-0", one_leg_more(f.resolved(two_legs())), f.into(updated));
  f.settle();
  EXPECT_TRUE(updated.results.at(0).has_value());
}

TEST(Admission, RefusesALegMoreWhereTheWorkerIsOverloaded) {
  LoadFixture f(2);
  const Answer created = f.created("call");
  const std::uint16_t worker = created.session().worker;
  f.second(worker == 0 ? std::vector{0.99, 0.1} : std::vector{0.1, 0.99});
  Answer refused;
  f.manager.update("call", one_leg_more(f.resolved(two_legs())), f.into(refused));
  EXPECT_EQ(refused.error().cause, "WORKERS_OVERLOADED");
  EXPECT_THAT(refused.error().message, HasSubstr("is at 99 % load"));
  EXPECT_EQ(f.manager.totals().refused, 0U);  // of sessions
}

TEST(Admission, LetsEverythingPassThatAddsNothing) {
  LoadFixture f(1);
  f.created("call");
  f.stats.mbufs_free = 0;
  f.second({1.0});
  EXPECT_EQ(f.created("new").error().cause, "MEMORY_EXHAUSTED");
  SessionPatch patch;
  patch.set_labels = true;
  patch.labels = {{"k", "v"}};
  Answer updated;
  f.manager.update("call", patch, f.into(updated));
  f.settle();
  EXPECT_TRUE(updated.results.at(0).has_value());
  EXPECT_TRUE(f.created("call", *updated.session().request).results.at(0).has_value());  // it exists
  Answer deleted;
  f.manager.remove("call", f.into(deleted));
  f.settle();
  EXPECT_TRUE(deleted.results.at(0).has_value());
}

TEST(Admission, CountsRefusalsByCause) {
  LoadFixture f(1);
  f.created("call");
  f.created("call", two_legs("10.0.0.100:4002"));
  f.second({1.0});
  f.created("a");
  f.created("b");
  const SessionTotals totals = f.manager.totals();
  EXPECT_EQ(totals.refused, 3U);
  EXPECT_THAT(totals.refused_by_cause,
              ElementsAre(Pair("SESSION_ID_CONFLICT", 1U), Pair("WORKERS_OVERLOADED", 2U)));
}

// The data plane frees what a session had with the poll that follows the report of its end.
TEST(Admission, LooksAgainWhenASessionHasJustEnded) {
  LoadFixture f(1);
  f.created("old");
  Answer created;
  f.manager.remove("old", [&](const SessionResult&) {
    f.dataplane.fail_next({ErrorCode::kExhausted, "ENDPOINTS_EXHAUSTED", "", "all endpoints are in use"}, 2);
    f.create("new", created);
  });
  for (int i = 0; i < 4; ++i) {
    f.manager.poll();
  }
  ASSERT_TRUE(created.arrived());
  EXPECT_TRUE(created.results[0].has_value());
}

TEST(Admission, RefusesAfterTheSecondLook) {
  LoadFixture f(1);
  f.created("old");
  Answer created;
  f.manager.remove("old", [&](const SessionResult&) {
    f.dataplane.fail_next({ErrorCode::kExhausted, "ENDPOINTS_EXHAUSTED", "", "all endpoints are in use"}, 9);
    f.create("new", created);
  });
  for (int i = 0; i < 4; ++i) {
    f.manager.poll();
  }
  ASSERT_TRUE(created.arrived());
  EXPECT_EQ(created.error().cause, "SESSIONS_EXHAUSTED");
}

}  // namespace
}  // namespace pollux::control
