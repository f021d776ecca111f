// Rows that say what a packet costs where SRTP begins, ends, or changes its key.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "tests/bench/relay_bed.hpp"
#include "tests/bench/relay_rows.hpp"

namespace pollux::bench {

struct SrtpRow {
  const char* name;
  std::uint32_t endpoints;
  BedKind kind;
  double passes;     // of cryptography per packet
  double goal_mpps;  // 0: none; the row shows how the cost changes
};
std::span<const SrtpRow> srtp_rows();

// Measures, prints, and returns the row for the JSON.
std::string run_srtp_row(const SrtpRow& row, const RelayOptions& options);

}  // namespace pollux::bench
