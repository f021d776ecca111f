// Rows that say what a packet costs whose payload is changed: other law, other length, other codec.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "tests/bench/media_bed.hpp"
#include "tests/bench/relay_rows.hpp"

namespace pollux::bench {

struct MediaRow {
  const char* name;
  std::uint32_t streams;
  MediaKind kind;
  double goal_mpps;     // at least; 0: none
  double goal_relays;   // at most, cost in plain packets of the same run; 0: none
  double goal_of_raw;   // at least, raw codec calls' share of the cost; 0: no codec
  const char* partner;  // the row of the other direction, for the calls per core; nullptr: this one has both
};
std::span<const MediaRow> media_rows();

// Measures, prints, and returns the row for the JSON.
std::string run_media_row(const MediaRow& row, const RelayOptions& options);

}  // namespace pollux::bench
