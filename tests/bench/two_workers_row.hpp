// The row that says what a second worker adds.
#pragma once

#include <string>

#include "tests/bench/relay_rows.hpp"

namespace pollux::bench {

inline constexpr const char* kTwoWorkersRow = "relay_1k_w2";

// Two workers on two CPUs, each with ports, 1,000 endpoints and packets of its own, alone and both at once in
// turn. Measures, prints, and returns the row for the JSON.
std::string run_two_workers_row(const RelayOptions& options);

}  // namespace pollux::bench
