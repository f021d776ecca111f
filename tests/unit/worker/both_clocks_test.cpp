#include "dataplane/worker/both_clocks.hpp"

#include <gtest/gtest.h>
#include <rte_cycles.h>

#include <chrono>

namespace pollux::worker {
namespace {

std::uint64_t now_ns() {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                        std::chrono::system_clock::now().time_since_epoch())
                                        .count());
}

TEST(BothClocks, LieWithinWhatIsReadAroundThem) {
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t tsc_before = rte_rdtsc();
    const std::uint64_t before = now_ns();
    const Moment moment = both_clocks();
    EXPECT_GE(moment.tsc, tsc_before);
    EXPECT_LE(moment.tsc, rte_rdtsc());
    EXPECT_GE(moment.unix_ns, before);
    EXPECT_LE(moment.unix_ns, now_ns());
  }
}

}  // namespace
}  // namespace pollux::worker
