// Rows that say what a packet costs in the worker's loop.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "dataplane/api/stats.hpp"

namespace pollux::bench {

struct RelayOptions {
  unsigned repetitions = 9;
  std::uint64_t packets = 1 << 20;  // a multiple of 4 * RelayBed::kRound
  bool stages = false;              // print what each stage costs
};

struct RelayRow {
  const char* name;
  std::uint32_t endpoints;
  bool observed;  // measured with and without observers
};
std::span<const RelayRow> relay_rows();

// Sampled by the worker, set-up included; a clock reading of some 20 cycles a batch is in each figure.
void print_stages(const std::vector<StageStats>& stages);

// Measures, prints, and returns the row for the JSON.
std::string run_relay_row(const RelayRow& row, const RelayOptions& options);

}  // namespace pollux::bench
