// Rows that say what a frame of a flood costs the worker that goes on relaying calls.
#pragma once

#include <span>
#include <string>

#include "tests/bench/relay_bed.hpp"
#include "tests/bench/relay_rows.hpp"

namespace pollux::bench {

struct FloodRow {
  const char* name;
  BedKind kind;
  RelayBed::Flood (*make)(RelayBed& bed);
};
std::span<const FloodRow> flood_rows();

// Calls with and without the flood by turns, one frame of it to each packet; prints what a frame costs, and
// how many a core stands that does nothing else. Returns the row for the JSON.
std::string run_flood_row(const FloodRow& row, const RelayOptions& options);

}  // namespace pollux::bench
