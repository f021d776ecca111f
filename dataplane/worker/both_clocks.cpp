#include "dataplane/worker/both_clocks.hpp"

#include <rte_cycles.h>

#include <chrono>

namespace pollux::worker {

namespace {

constexpr int kAttempts = 5;

std::uint64_t unix_ns() {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                        std::chrono::system_clock::now().time_since_epoch())
                                        .count());
}

}  // namespace

Moment both_clocks() {
  Moment best;
  std::uint64_t narrowest = UINT64_MAX;
  for (int attempt = 0; attempt < kAttempts && narrowest > rte_get_tsc_hz() / 20'000; ++attempt) {
    const Moment read{rte_rdtsc(), unix_ns()};
    if (const std::uint64_t between = rte_rdtsc() - read.tsc; between < narrowest) {
      narrowest = between;
      best = read;
    }
  }
  return best;
}

}  // namespace pollux::worker
