#include "controlplane/cli/rates.hpp"

#include <gtest/gtest.h>

#include "tests/unit/cli/messages.hpp"

namespace pollux::cli {
namespace {

v1::StatsResponse snapshot(const std::string& uptime, const std::string& packets, const std::string& drops) {
  return message<v1::StatsResponse>(
      "uptime { seconds: " + uptime + " } workers { worker: 3 stages { stage: 'rx' packets: " + packets +
      " } drops { reason: 'direction' packets: " + drops +
      " help: 'hold' } } ports { port: 'p0' rx_packets: " + packets + " rx_bytes: " + packets +
      "00 tx_packets: 7 } host { drops { reason: 'direction' packets: 1 } }");
}

TEST(Rates, GrowthBySecond) {
  const Rates rates = rates_between(snapshot("10", "1000", "5"), snapshot("12", "1200", "8"), 2);
  ASSERT_TRUE(rates.known);
  ASSERT_EQ(rates.ports.size(), 1U);
  EXPECT_EQ(rates.ports[0].port, "p0");
  EXPECT_DOUBLE_EQ(rates.ports[0].rx_packets, 100);
  EXPECT_DOUBLE_EQ(rates.ports[0].rx_bits, 80'000);
  EXPECT_DOUBLE_EQ(rates.ports[0].tx_packets, 0);
  ASSERT_EQ(rates.workers.size(), 1U);
  EXPECT_EQ(rates.workers[0].worker, 3U);
  EXPECT_DOUBLE_EQ(rates.workers[0].packets, 100);
  ASSERT_EQ(rates.drops.size(), 1U);  // worker and host together
  EXPECT_EQ(rates.drops[0].reason, "direction");
  EXPECT_DOUBLE_EQ(rates.drops[0].packets, 1.5);
}

TEST(Rates, FastestDropFirstAndOnlyThoseThatGrow) {
  const auto before = message<v1::StatsResponse>("workers { drops { reason: 'old' packets: 9 } }");
  const auto now = message<v1::StatsResponse>(
      "workers { drops { reason: 'old' packets: 9 } drops { reason: 'slow' packets: 1 } } "
      "workers { drops { reason: 'fast' packets: 50 } }");
  const Rates rates = rates_between(before, now, 1);
  ASSERT_EQ(rates.drops.size(), 2U);
  EXPECT_EQ(rates.drops[0].reason, "fast");
  EXPECT_EQ(rates.drops[1].reason, "slow");
}

TEST(Rates, UnknownAfterARestartOrWithoutTime) {
  EXPECT_FALSE(rates_between(snapshot("10", "1000", "5"), snapshot("1", "2000", "8"), 2).known);
  EXPECT_FALSE(rates_between(snapshot("10", "1000", "5"), snapshot("12", "2000", "8"), 0).known);
}

TEST(Rates, CounterThatFellAndPortThatIsNewHaveNone) {
  const Rates rates = rates_between(snapshot("10", "1000", "5"), snapshot("12", "900", "5"), 2);
  EXPECT_DOUBLE_EQ(rates.ports[0].rx_packets, 0);
  EXPECT_DOUBLE_EQ(rates_between({}, snapshot("12", "900", "5"), 2).ports[0].rx_packets, 0);
}

}  // namespace
}  // namespace pollux::cli
