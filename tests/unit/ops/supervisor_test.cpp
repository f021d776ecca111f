#include "controlplane/ops/supervisor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

namespace pollux::ops {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

// Two workers that loop between looks, and a control thread that answers, unless a test stops them.
struct Node {
  NodeStats stats;
  std::vector<std::string> told;
  std::vector<Supervisor::Answer> unanswered;
  bool control_answers = true;
  const char* state = "serving";
  Supervisor supervisor{{[this] { return stats; },
                         [this](Supervisor::Answer answer) {
                           if (control_answers) {
                             answer(state);
                           } else {
                             unanswered.push_back(std::move(answer));
                           }
                         },
                         [this](std::string_view text) { told.emplace_back(text); }}};

  Node() {
    stats.workers.resize(2);
    stats.workers[1].worker = 1;
    stats.workers[0].sessions = 2;
    stats.workers[1].sessions = 3;
  }
  bool look(bool first_loops = true, bool second_loops = true) {
    stats.workers[0].loops += first_loops ? 1 : 0;
    stats.workers[1].loops += second_loops ? 1 : 0;
    told.clear();
    return supervisor.look();
  }
};

TEST(Supervisor, FeedsTheWatchdogWhileAllAreAlive) {
  Node node;
  EXPECT_TRUE(node.look());
  EXPECT_THAT(node.told, ElementsAre("STATUS=serving, 5 sessions", "WATCHDOG=1"));
  EXPECT_TRUE(node.look());
  EXPECT_THAT(node.told, ElementsAre("WATCHDOG=1")) << "the status hasn't changed";
  node.state = "draining";
  node.stats.workers[1].sessions = 0;
  EXPECT_TRUE(node.look());
  EXPECT_TRUE(node.look());
  EXPECT_THAT(node.told, ElementsAre("STATUS=draining, 2 sessions", "WATCHDOG=1"));
}

TEST(Supervisor, StarvesItWhileAWorkerHangs) {
  Node node;
  EXPECT_TRUE(node.look());
  EXPECT_FALSE(node.look(true, false));
  EXPECT_THAT(node.told, ElementsAre("STATUS=hung, 5 sessions"));
  EXPECT_FALSE(node.look(true, false));
  EXPECT_THAT(node.told, IsEmpty());
  EXPECT_TRUE(node.look());
  EXPECT_THAT(node.told, Contains("WATCHDOG=1"));
}

TEST(Supervisor, StarvesItWhileControlDoesNotAnswer) {
  Node node;
  EXPECT_TRUE(node.look());
  node.control_answers = false;
  EXPECT_TRUE(node.look());  // the former question was answered; this one isn't
  EXPECT_FALSE(node.look());
  EXPECT_THAT(node.told, Not(Contains("WATCHDOG=1")));
  EXPECT_EQ(node.unanswered.size(), 1U) << "questions pile up";
  node.control_answers = true;
  node.unanswered[0]("serving");
  EXPECT_TRUE(node.look());
}

TEST(Supervisor, AnAnswerMayComeWhenItIsGone) {
  std::vector<Supervisor::Answer> late;
  {
    Node node;
    node.control_answers = false;
    node.look();
    late = node.unanswered;
  }
  late.at(0)("serving");
}

TEST(Watchdog, ReadsTheEnvironment) {
  unsetenv("WATCHDOG_USEC");
  unsetenv("WATCHDOG_PID");
  EXPECT_FALSE(watchdog_time());
  setenv("WATCHDOG_USEC", "10000000", 1);
  EXPECT_EQ(watchdog_time(), 10s);
  setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
  EXPECT_EQ(watchdog_time(), 10s);
  setenv("WATCHDOG_PID", "1", 1);
  EXPECT_FALSE(watchdog_time());
  unsetenv("WATCHDOG_PID");
  for (const char* wrong : {"", "0", "x", "1x", "-5"}) {
    setenv("WATCHDOG_USEC", wrong, 1);
    EXPECT_FALSE(watchdog_time()) << wrong;
  }
  unsetenv("WATCHDOG_USEC");
}

TEST(Watchdog, IsFedAFewTimesWithinItsTime) {
  EXPECT_EQ(look_interval(std::nullopt), 2s);
  EXPECT_EQ(look_interval(600ms), 200ms);
  EXPECT_EQ(look_interval(1h), 2s);
  EXPECT_EQ(look_interval(1us), 1ms);
}

TEST(Reloading, TellsTheTime) {
  EXPECT_THAT(reloading_state(), testing::MatchesRegex("RELOADING=1\nMONOTONIC_USEC=[0-9]+"));
}

}  // namespace
}  // namespace pollux::ops
