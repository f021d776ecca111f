// The row rfc4733_generate_20k: key presses sent on 20,000 legs at once, each packet in its time.
#pragma once

#include <string>

#include "tests/bench/relay_rows.hpp"

namespace pollux::bench {

inline constexpr const char* kGenerateRow = "rfc4733_generate_20k";

// Measures, prints, and returns the row for the JSON.
std::string run_generate_row(const RelayOptions& options);

}  // namespace pollux::bench
