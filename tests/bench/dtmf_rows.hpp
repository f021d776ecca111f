// Rows that say what it costs to listen for tones.
#pragma once

#include <string>

#include "tests/bench/relay_rows.hpp"

namespace pollux::bench {

inline constexpr const char* kDetectRow = "detect_inband_listener";

// 200 streams of G.711, 20 ms a packet: media::ToneListener with what it is given by the worker, beside
// spandsp's detector with PCM that has been decoded before. Measures, prints, and returns the row for the
// JSON.
std::string run_detect_row(const RelayOptions& options);

}  // namespace pollux::bench
