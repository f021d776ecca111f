// Where sessions go, and what happens when there is no room: see controlplane/session/placement.cpp.
#include "controlplane/session/session_manager.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/load_fixture.hpp"

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
  test::FakeDataplane dataplane(2, [](const IpAddress& /*local*/, std::uint16_t port) {
    return static_cast<std::uint16_t>(port <= 20001);
  });
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

TEST(Placement, PutsSessionsOnTheLeastLoadedWorker) {
  test::LoadFixture f(3);
  f.second({0.5, 0.2, 0.4});
  EXPECT_EQ(f.created("call").session().worker, 1);
}

TEST(Placement, SharesABurstBetweenTwoSamplesOut) {
  test::LoadFixture f(2);
  f.stats.workers[0].sessions = 30;
  f.stats.workers[1].sessions = 10;
  f.second({0.6, 0.2});  // 0.02 a session
  std::map<std::uint16_t, int> by_worker;
  for (int i = 0; i < 40; ++i) {
    ++by_worker[f.created("call-" + std::to_string(i)).session().worker];
  }
  EXPECT_GE(by_worker[1], 28);  // until both are equally loaded
  EXPECT_GE(by_worker[0], 8);
}

TEST(Placement, TakesLittleDifferencesOfLoadForNone) {
  test::LoadFixture f(2);
  f.second({0.02, 0.0});
  for (int i = 0; i < 10; ++i) {
    f.created("call-" + std::to_string(i));
  }
  std::map<std::uint16_t, int> by_worker;
  for (const SessionView& session : f.manager.list("", 100).sessions) {
    ++by_worker[session.worker];
  }
  EXPECT_THAT(by_worker, ElementsAre(std::pair(0, 5), std::pair(1, 5)));
}

// Load is measured once a second; what comes meanwhile is reckoned by what sessions have cost so far.
TEST(Placement, RefusesTheRestOfABurstThatWouldOverload) {
  test::LoadFixture f(2);
  f.stats.workers[0].sessions = f.stats.workers[1].sessions = 400;
  f.second({0.8, 0.8});  // 0.2 % a session
  int let_in = 0;
  Answer refused;
  for (int i = 0; i < 120; ++i) {
    Answer answer = f.created("call-" + std::to_string(i));
    if (answer.results.at(0)) {
      ++let_in;
    } else {
      refused = answer;
    }
  }
  EXPECT_EQ(let_in, 2 * 50);  // 50 x 0.2 % are 10 %
  EXPECT_EQ(refused.error().cause, "WORKERS_OVERLOADED");
  EXPECT_THAT(refused.error().message,
              HasSubstr("the least one at 80 %, 90 % with the sessions that have just come, and "
                        "admission.max_worker_load is 90 %: use another node"));
  f.stats.workers[0].sessions = f.stats.workers[1].sessions = 450;
  f.second({0.88, 0.88});  // those that came count for half: 25 x 0.2 % leave room for none
  EXPECT_EQ(f.created("next").error().cause, "WORKERS_OVERLOADED");
  f.second({0.88, 0.88});  // all that have come have been measured for a second
  EXPECT_TRUE(f.created("next").results.at(0).has_value());
}

// What a flood costs is no session's doing.
TEST(Placement, TakesAFloodForNoCostOfSessions) {
  test::LoadFixture f(1);
  f.stats.workers[0].sessions = 1;
  f.second({0.6});
  int let_in = 0;
  for (int i = 0; i < 50; ++i) {
    let_in += f.created("call-" + std::to_string(i)).results.at(0).has_value() ? 1 : 0;
  }
  EXPECT_EQ(let_in, 50);  // at 0.2 % each at most
}

TEST(Placement, RefusesNothingForItsLoadWithoutALimit) {
  test::LoadFixture f(1);
  f.manager.set_limits({.max_worker_load = 100, .min_free_mbufs = 0});
  f.stats.workers[0].sessions = 10;
  f.second({1.0});
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(f.created("call-" + std::to_string(i)).results.at(0).has_value());
  }
}

TEST(Placement, LeavesOverloadedWorkersOut) {
  test::LoadFixture f(2);
  f.second({0.95, 0.89});
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(f.created("call-" + std::to_string(i)).session().worker, 1);
  }
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
