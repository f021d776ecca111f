#include "controlplane/session/load_monitor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pollux::control {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Counters that grow by what a test says happened in the next second.
class LoadMonitorTest : public testing::Test {
 protected:
  LoadMonitorTest() {
    stats_.workers.resize(2);
    stats_.workers[1].worker = 1;
    monitor_.set_max_load(0.9);
    for (WorkerStats& worker : stats_.workers) {
      worker.total_cycles = 5000;
      worker.busy_cycles = 4900;
    }
    monitor_.sample(stats_);
  }
  std::vector<LoadMonitor::Change> second(double first, double other) {
    stats_.workers[0].busy_cycles += static_cast<std::uint64_t>(first * 1000);
    stats_.workers[1].busy_cycles += static_cast<std::uint64_t>(other * 1000);
    for (WorkerStats& worker : stats_.workers) {
      worker.total_cycles += 1000;
    }
    return monitor_.sample(stats_);
  }
  NodeStats stats_;
  LoadMonitor monitor_{2};
};

TEST_F(LoadMonitorTest, KnowsNoLoadByTheFirstSample) {
  EXPECT_THAT(monitor_.loads(), ElementsAre(0.0, 0.0));
  EXPECT_FALSE(monitor_.overloaded(0));
}

TEST_F(LoadMonitorTest, MeasuresTheTimeBetweenTwoSamples) {
  second(0.25, 0.5);
  EXPECT_THAT(monitor_.loads(), ElementsAre(0.25, 0.5));
  second(0.0, 1.0);
  EXPECT_THAT(monitor_.loads(), ElementsAre(0.0, 1.0));
}

TEST_F(LoadMonitorTest, TellsWhenOverloadBeginsAndEnds) {
  EXPECT_THAT(second(0.9, 0.1), IsEmpty());  // not above the limit
  const auto begun = second(0.91, 0.1);
  ASSERT_EQ(begun.size(), 1U);
  EXPECT_EQ(begun[0].worker, 0);
  EXPECT_TRUE(begun[0].overloaded);
  EXPECT_THAT(second(1.0, 0.1), IsEmpty());
  EXPECT_THAT(second(0.85, 0.1), IsEmpty());  // below the limit, but not by enough
  EXPECT_TRUE(monitor_.overloaded(0));
  const auto ended = second(0.79, 0.1);
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_FALSE(ended[0].overloaded);
  EXPECT_FALSE(monitor_.overloaded(0));
}

TEST_F(LoadMonitorTest, LowLimitCanBeMetAgain) {
  monitor_.set_max_load(0.1);
  EXPECT_EQ(second(0.2, 0.0).size(), 1U);
  EXPECT_THAT(second(0.09, 0.0), IsEmpty());
  EXPECT_TRUE(monitor_.overloaded(0));
  EXPECT_EQ(second(0.05, 0.0).size(), 1U);
  EXPECT_FALSE(monitor_.overloaded(0));
}

TEST_F(LoadMonitorTest, OverloadsNobodyWithoutALimit) {
  monitor_.set_max_load(1);
  EXPECT_THAT(second(1.0, 1.0), IsEmpty());
  EXPECT_FALSE(monitor_.overloaded(0));
}

TEST_F(LoadMonitorTest, EndsOverloadWhenTheLimitIsRaised) {
  second(0.95, 0.1);
  EXPECT_TRUE(monitor_.overloaded(0));
  monitor_.set_max_load(1);
  second(0.95, 0.1);
  EXPECT_FALSE(monitor_.overloaded(0));
}

TEST_F(LoadMonitorTest, TakesAWorkerThatStandsStillForLoaded) {
  stats_.workers[0].total_cycles += 1000;
  monitor_.sample(stats_);
  EXPECT_THAT(monitor_.loads(), ElementsAre(0.0, 1.0));
  EXPECT_TRUE(monitor_.overloaded(1));
}

TEST_F(LoadMonitorTest, LearnsWhatASessionCosts) {
  EXPECT_EQ(monitor_.load_per_session(), 0.0);
  stats_.workers[0].sessions = 30;
  stats_.workers[1].sessions = 10;
  second(0.6, 0.2);
  EXPECT_DOUBLE_EQ(monitor_.load_per_session(), 0.02);
}

TEST_F(LoadMonitorTest, KnowsHowMuchPacketMemoryIsFree) {
  EXPECT_EQ(monitor_.free_mbufs_percent(), 100.0);  // nothing said yet
  stats_.mbufs_total = 200;
  stats_.mbufs_free = 50;
  second(0, 0);
  EXPECT_EQ(monitor_.free_mbufs_percent(), 25.0);
}

TEST_F(LoadMonitorTest, IgnoresWorkersThatItDoesNotKnow) {
  stats_.workers.resize(3);
  stats_.workers[2].worker = 7;
  second(0.1, 0.2);
  EXPECT_THAT(monitor_.loads(), ElementsAre(0.1, 0.2));
}

TEST(LoadMonitor, IsDueOnceASecond) {
  LoadMonitor monitor(1);
  const std::chrono::steady_clock::time_point start{std::chrono::hours(1)};
  EXPECT_TRUE(monitor.due(start));
  EXPECT_FALSE(monitor.due(start + std::chrono::milliseconds(999)));
  EXPECT_TRUE(monitor.due(start + std::chrono::milliseconds(1000)));
  EXPECT_TRUE(monitor.due(start + std::chrono::seconds(10)));
  EXPECT_FALSE(monitor.due(start + std::chrono::milliseconds(10'500)));
}

}  // namespace
}  // namespace pollux::control
