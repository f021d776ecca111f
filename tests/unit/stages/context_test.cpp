#include "dataplane/stages/context.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>

#include "dataplane/api/crash_context.hpp"

namespace pollux::stages {
namespace {

TEST(CrashContext, IsTheStageWhoseTimerRuns) {
  std::thread([] {
    EXPECT_FALSE(crash_context().is_worker);
    const auto context = std::make_unique<Context>();
    context->worker = 2;
    {
      const StageTimer outer(*context, Stage::rx, 1);
      EXPECT_TRUE(crash_context().is_worker);
      EXPECT_EQ(crash_context().worker, 2);
      EXPECT_EQ(std::string(crash_context().stage), "rx");
      {
        const StageTimer inner(*context, Stage::tx, 1);
        EXPECT_EQ(std::string(crash_context().stage), "tx");
      }
      EXPECT_EQ(std::string(crash_context().stage), "rx");
    }
    EXPECT_EQ(std::string(crash_context().stage), "none");
    EXPECT_EQ(crash_context().worker, 2);
  }).join();
  EXPECT_FALSE(crash_context().is_worker) << "another thread's whereabouts";
}

}  // namespace
}  // namespace pollux::stages
