// Where sessions go, and what happens when there is no room: see controlplane/session/placement.cpp.
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

TEST(Placement, SaysWhenSessionsRunOut) {
  ManagerFixture f(1, 20000, 59999, 2);
  std::vector<Answer> answers(3);
  for (std::size_t i = 0; i < 3; ++i) {
    f.create("call-" + std::to_string(i), answers[i]);
  }
  EXPECT_EQ(answers[2].error().cause, "SESSIONS_EXHAUSTED");
  EXPECT_EQ(answers[2].error().code, ErrorCode::kExhausted);
}

TEST(Placement, SaysWhenPortsRunOutAndKeepsNone) {
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

TEST(Placement, PutsSessionsOnTheWorkerWithTheFewest) {
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

TEST(Placement, PutsSessionsOnRelayWorkersOnly) {
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

TEST(Placement, TakesAnotherWorkerWhenTheLeastLoadedHasNoPortsLeft) {
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

TEST(Placement, HoldsAHundredThousandSessions) {
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
