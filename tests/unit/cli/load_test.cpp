#include "controlplane/cli/load.hpp"

#include <gtest/gtest.h>

#include "tests/unit/cli/messages.hpp"

namespace pollux::cli {
namespace {

std::string warning(const std::string& text) {
  return overload_warning(message<v1::WorkerCounters>(text));
}

TEST(Load, NoWarningBelowTheLimit) {
  EXPECT_EQ(warning("worker: 1 load: 0.89"), "");
}

TEST(Load, SoMuchThatPacketsAreLost) {
  EXPECT_EQ(warning("worker: 1 load: 0.97 overloaded: true"),
            "worker 1 is OVERLOADED (load 97 %): its calls lose packets; more workers, or fewer calls");
}

TEST(Load, AboveTheLimitOfTheConfiguration) {
  EXPECT_EQ(warning("worker: 1 load: 0.52 overloaded: true"),
            "worker 1 is OVERLOADED (load 52 %, limit admission.max_worker_load): it takes no new sessions; "
            "more workers, or fewer calls");
}

}  // namespace
}  // namespace pollux::cli
