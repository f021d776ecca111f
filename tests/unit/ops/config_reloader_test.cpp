#include "controlplane/ops/config_reloader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controlplane/config/node_schema.hpp"

namespace pollux::ops {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

config::NodeConfig small_node() {
  config::NodeConfig config;
  config.dataplane.workers = {{1, {}, {}}};
  config.dataplane.ports.resize(1);
  config.dataplane.ports[0].name = "lan";
  config.networks.resize(1);
  return config;
}

// A reloader whose file is `file`, and what it has applied.
struct ReloadFixture {
  config::NodeConfig file = small_node();
  ReloadProblems problems;
  Expected<void> refusal;
  std::vector<config::NodeConfig> applied;
  ConfigReloader reloader{small_node(),
                          [this] {
                            config::ConfigResult result;
                            result.file = "pollux.yaml";
                            result.problems = problems;
                            result.key_lines = {{"log", 3}, {"log.file", 4}};
                            if (problems.empty()) {
                              result.config = file;
                            }
                            return result;
                          },
                          [this](const config::NodeConfig& config) {
                            if (refusal) {
                              applied.push_back(config);
                            }
                            return refusal;
                          }};
};

TEST(ConfigReloader, AppliesHotKeysAndListsTheOthers) {
  ReloadFixture f;
  f.file.log.level = config::LogLevel::kDebug;
  f.file.timeouts.media = 7s;
  f.file.dataplane.learning.probation_packets = 9;
  f.file.event_log_size = 10;
  f.file.dataplane.mbufs = 2048;
  f.file.dataplane.ports[0].mtu = 9000;
  const auto result = f.reloader.reload(false);
  ASSERT_TRUE(result);
  EXPECT_THAT(result->applied, ElementsAre(ConfigChange{"events.keep", "65536", "10"},
                                           ConfigChange{"learning.probation_packets", "5", "9"},
                                           ConfigChange{"log.level", "info", "debug"},
                                           ConfigChange{"timeouts.media", "60s", "7s"}));
  EXPECT_THAT(result->needs_restart, ElementsAre(ConfigChange{"memory.mbufs", "16384", "2048"},
                                                 ConfigChange{"ports[0].mtu", "1500", "9000"}));
  ASSERT_THAT(f.applied, SizeIs(1));
  EXPECT_EQ(f.applied[0].timeouts.media, 7s);
  EXPECT_EQ(f.applied[0].dataplane.mbufs, small_node().dataplane.mbufs) << "a restart key was applied";
  EXPECT_EQ(f.reloader.running().log.level, config::LogLevel::kDebug);
}

TEST(ConfigReloader, TellsAgainWhatStillNeedsARestart) {
  ReloadFixture f;
  f.file.log.level = config::LogLevel::kDebug;
  f.file.dataplane.mbufs = 2048;
  ASSERT_TRUE(f.reloader.reload(false));
  const auto again = f.reloader.reload(false);
  ASSERT_TRUE(again);
  EXPECT_THAT(again->applied, IsEmpty());
  EXPECT_THAT(again->needs_restart, SizeIs(1));
}

TEST(ConfigReloader, TellsOfItemsThatCameOrWent) {
  ReloadFixture f;
  f.file.dataplane.workers.push_back({2, {}, {}});
  const auto result = f.reloader.reload(false);
  ASSERT_TRUE(result);
  EXPECT_THAT(result->applied, IsEmpty());
  EXPECT_THAT(result->needs_restart, testing::Contains(ConfigChange{"workers[1].cpu", "", "2"}));
}

TEST(ConfigReloader, DryRunOnlyTells) {
  ReloadFixture f;
  f.file.log.level = config::LogLevel::kDebug;
  const auto result = f.reloader.reload(true);
  ASSERT_TRUE(result);
  EXPECT_THAT(result->applied, SizeIs(1));
  EXPECT_THAT(f.applied, IsEmpty());
  EXPECT_EQ(f.reloader.running().log.level, config::LogLevel::kInfo);
}

TEST(ConfigReloader, WrongFileChangesNothing) {
  ReloadFixture f;
  f.file.log.level = config::LogLevel::kDebug;
  f.problems = {{"pollux.yaml", 3, "log.level", "is wrong"}, {"pollux.yaml", 9, "wrkers", "unknown"}};
  const auto result = f.reloader.reload(false);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error(), f.problems);
  EXPECT_THAT(f.applied, IsEmpty());
}

TEST(ConfigReloader, WhatCannotBeAppliedChangesNothing) {
  ReloadFixture f;
  f.file.log.level = config::LogLevel::kDebug;
  f.refusal = fail(ErrorCode::kUnavailable, "LOG_FILE_UNAVAILABLE", "log.file", "can't be opened");
  const auto result = f.reloader.reload(false);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error(),
              ElementsAre(config::ConfigProblem{"pollux.yaml", 4, "log.file", "can't be opened"}));
  EXPECT_EQ(f.reloader.running().log.level, config::LogLevel::kInfo);
  f.refusal = {};
  EXPECT_THAT(f.reloader.reload(false)->applied, SizeIs(1));
}

// What the documentation calls hot is applied, and nothing else: each key changed alone.
TEST(ConfigReloader, HotKeysAreThoseOfTheSchema) {
  std::size_t hot = 0;
  for (const config::KeyInfo& key : config::known_keys()) {
    if (key.apply == config::Apply::kHot) {
      EXPECT_EQ(key.path.find("[]"), std::string::npos) << key.path << ": lists of sections can't be hot";
      ++hot;
    }
  }
  EXPECT_GE(hot, 12U);
  config::NodeConfig other = small_node();
  other.log = {config::LogLevel::kError, config::LogLevel::kError,
               config::LogTarget::kFile, "/tmp/x",
               config::LogFormat::kJson, 3};
  other.timeouts.media = 1s;
  other.timeouts.drain = 2s;
  config::NodeConfig merged = small_node();
  config::node_schema().take_hot(other, merged);
  EXPECT_EQ(merged.log.file, "/tmp/x");
  EXPECT_EQ(merged.log.repeat_limit, 3U);
  EXPECT_EQ(merged.timeouts.drain, 2s);
  EXPECT_EQ(merged.log.dpdk_level, config::LogLevel::kWarning) << "log.dpdk_level needs a restart";
  for (const ConfigChange& change : compare_configs(merged, other).applied) {
    ADD_FAILURE() << change.key << " is hot and wasn't taken";
  }
}

TEST(ConfigReloader, LooksAtTheMachineToo) {
  EXPECT_THAT(load_checked("/nonexistent/pollux.yaml").problems, SizeIs(1));
}

}  // namespace
}  // namespace pollux::ops
