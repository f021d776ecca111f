// What rows are reported as.
#pragma once

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

namespace pollux::bench {

struct Spread {
  double median = 0;
  double least = 0;
  double most = 0;
};

// Pre: there is a value.
inline Spread spread(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return {values[values.size() / 2], values.front(), values.back()};
}

// One row of the JSON, built up member by member.
class JsonRow {
 public:
  explicit JsonRow(const std::string& name) : text_("{\"name\":\"" + name + "\"") {}
  JsonRow& add(const char* key, double value) {
    char number[64];
    std::snprintf(number, sizeof number, "%.7g", value);
    text_ += std::string(",\"") + key + "\":" + number;
    return *this;
  }
  std::string text() const { return text_ + "}"; }

 private:
  std::string text_;
};

}  // namespace pollux::bench
