#include "controlplane/session/event_log.hpp"

#include <gtest/gtest.h>

namespace pollux::control {
namespace {

LoggedEvent about(const std::string& session) {
  LoggedEvent event;
  event.session_id = session;
  return event;
}

std::vector<std::uint64_t> sequences(const EventLog::Batch& batch) {
  std::vector<std::uint64_t> result;
  for (const auto& event : batch.events) {
    result.push_back(event->sequence);
  }
  return result;
}

using Sequences = std::vector<std::uint64_t>;

TEST(EventLog, NumbersEventsFromOneWithoutAGap) {
  EventLog log(8, "run");
  EXPECT_EQ(log.next_sequence(), 1U);
  for (int i = 0; i < 5; ++i) {
    log.append(about("s"));
  }
  EXPECT_EQ(sequences(log.read(1, "", 100)), (Sequences{1, 2, 3, 4, 5}));
  EXPECT_EQ(log.next_sequence(), 6U);
  EXPECT_EQ(log.first_sequence(), 1U);
}

TEST(EventLog, KeepsMoreOrFewerFromNowOn) {
  EventLog log(4, "run");
  for (int i = 0; i < 10; ++i) {
    log.append(about("s"));
  }
  log.set_capacity(2);
  EXPECT_EQ(log.first_sequence(), 9U);
  EXPECT_EQ(sequences(log.read(1, "", 100)), (Sequences{9, 10}));
  log.set_capacity(3);
  for (int i = 0; i < 4; ++i) {
    log.append(about("s"));
  }
  EXPECT_EQ(sequences(log.read(1, "", 100)), (Sequences{12, 13, 14}));
  EXPECT_EQ(log.read(13, "", 1).events[0]->sequence, 13U);
}

TEST(EventLog, KeepsTheLastOnesAndSaysHowManyAreGone) {
  EventLog log(4, "run");
  for (int i = 0; i < 10; ++i) {
    log.append(about("s"));
  }
  const auto batch = log.read(3, "", 100);
  EXPECT_EQ(batch.missed, 4U);  // 3..6
  EXPECT_EQ(sequences(batch), (Sequences{7, 8, 9, 10}));
  EXPECT_TRUE(batch.at_end);
  EXPECT_EQ(batch.cursor, 11U);
  EXPECT_EQ(log.first_sequence(), 7U);
}

TEST(EventLog, ReadsInBatchesAndOnlyWhatConcernsTheSession) {
  EventLog log(16, "run");
  for (const char* session : {"a", "b", "a", "b", "a"}) {
    log.append(about(session));
  }
  const auto first = log.read(1, "a", 2);
  EXPECT_EQ(sequences(first), (Sequences{1, 3}));
  EXPECT_FALSE(first.at_end);
  const auto second = log.read(first.cursor, "a", 2);
  EXPECT_EQ(sequences(second), (Sequences{5}));
  EXPECT_TRUE(second.at_end);
}

TEST(EventLog, LooksAtABoundedNumberOfEventsAtATime) {
  EventLog log(EventLog::kScanLimit * 2, "run");
  for (std::size_t i = 0; i < EventLog::kScanLimit; ++i) {
    log.append(about("other"));
  }
  log.append(about("mine"));
  const auto first = log.read(1, "mine", 10);
  EXPECT_TRUE(first.events.empty());
  EXPECT_FALSE(first.at_end);
  EXPECT_EQ(sequences(log.read(first.cursor, "mine", 10)), (Sequences{EventLog::kScanLimit + 1}));
}

TEST(EventLog, WakesThoseWhoWaitOnceAndForTheirSessionOnly) {
  EventLog log(16, "run");
  Sequences all;
  Sequences mine;
  log.wait("", [&](std::uint64_t sequence) { all.push_back(sequence); });
  log.wait("mine", [&](std::uint64_t sequence) { mine.push_back(sequence); });
  log.append(about("other"));
  log.append(about("mine"));
  log.append(about("mine"));
  EXPECT_EQ(all, (Sequences{1}));
  EXPECT_EQ(mine, (Sequences{2}));
}

TEST(EventLog, LetsThoseWhoAreWokenWaitAgain) {
  EventLog log(16, "run");
  Sequences seen;
  std::function<void(std::uint64_t)> wake = [&](std::uint64_t sequence) {
    seen.push_back(sequence);
    log.wait("", wake);
  };
  log.wait("", wake);
  log.append(about("s"));
  log.append(about("s"));
  EXPECT_EQ(seen, (Sequences{1, 2}));
}

TEST(EventLog, ForgetsThoseWhoCancel) {
  EventLog log(16, "run");
  bool woken = false;
  log.cancel(log.wait("", [&](std::uint64_t) { woken = true; }));
  log.append(about("s"));
  EXPECT_FALSE(woken);
}

TEST(EventLog, WakesAllWhenItCloses) {
  EventLog log(16, "run");
  Sequences seen;
  log.wait("mine", [&](std::uint64_t sequence) { seen.push_back(sequence); });
  log.close();
  EXPECT_EQ(seen, (Sequences{1}));
  EXPECT_TRUE(log.closed());
}

TEST(EventLog, GivesEveryRunAnotherName) {
  const std::string run = make_node_run();
  EXPECT_EQ(run.size(), 16U);
  EXPECT_NE(run, make_node_run());
}

}  // namespace
}  // namespace pollux::control
