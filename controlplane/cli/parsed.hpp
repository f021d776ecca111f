// The outcome of parsing what a person typed: a value, or every problem found in it.
#pragma once

#include <string>
#include <vector>

namespace pollux::cli {

template <typename T>
struct Parsed {
  T value{};
  std::vector<std::string> problems;  // sentences; empty: `value` holds

  bool ok() const { return problems.empty(); }
};

}  // namespace pollux::cli
