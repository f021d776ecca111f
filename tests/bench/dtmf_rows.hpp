// Rows that say what it costs to listen for tones.
#pragma once

#include <string>

#include "tests/bench/relay_rows.hpp"

namespace pollux::bench {

inline constexpr const char* kDetectRow = "detect_inband";
inline constexpr const char* kPresenceRow = "relay_1k_dtmf";

// 200 streams of G.711, 20 ms a packet, that the worker listens to and relays, beside the listener alone and
// spandsp's detector with PCM that has been decoded before. Measures, prints, and returns the row for the
// JSON.
std::string run_detect_row(const RelayOptions& options);

// 1,000 relayed streams with telephone-events negotiated, in which nobody presses a key, and as many without
// codecs, in turn.
std::string run_presence_row(const RelayOptions& options);

}  // namespace pollux::bench
