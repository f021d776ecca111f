// The TSC and the time of day, at one moment.
#pragma once

#include <cstdint>

namespace pollux::worker {

struct Moment {
  std::uint64_t tsc = 0;
  std::uint64_t unix_ns = 0;
};

// Within 50 us: a thread that loses its CPU between the two readings reads them again, a few times. Any
// thread but a worker.
Moment both_clocks();

}  // namespace pollux::worker
