// Rows that say what a worker without traffic costs, and how long a lonely packet waits for it.
#pragma once

#include <span>
#include <string>

#include "dataplane/api/dataplane_config.hpp"

namespace pollux::bench {

struct IdleRow {
  const char* name;
  IdleMode mode;
  std::uint32_t nap_us = 0;  // as WorkerConfig::nap_us
};
std::span<const IdleRow> idle_rows();

// Measures, prints, and returns the row for the JSON.
std::string run_idle_row(const IdleRow& row);

}  // namespace pollux::bench
