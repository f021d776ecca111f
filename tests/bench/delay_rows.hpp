// Rows that say what delay a worker adds at a share of its capacity, while a node's other work goes on.
#pragma once

#include <span>
#include <string>

namespace pollux::bench {

struct DelayRow {
  const char* name;
  double load;  // share of what the bed can carry
};
std::span<const DelayRow> delay_rows();

// Measures, prints, and returns the row for the JSON. A lost packet ends the program. `seconds`: of
// measuring.
std::string run_delay_row(const DelayRow& row, unsigned seconds);

}  // namespace pollux::bench
