#include "controlplane/ops/cpu_features.hpp"

#include <array>
#include <fstream>
#include <set>
#include <sstream>
#include <string_view>

namespace pollux::ops {

namespace {
constexpr auto kOfInterest = std::to_array<std::string_view>({
    "ssse3",
    "sse4_2",
    "avx",
    "avx2",
    "fma",
    "bmi2",
    "avx512f",
    "avx512bw",
    "avx512vl",
    "aes",
    "vaes",
    "pclmulqdq",
    "vpclmulqdq",
    "sha_ni",
    "gfni",
    "waitpkg",
    "constant_tsc",
    "nonstop_tsc",
});
}  // namespace

std::vector<std::string> cpu_features(std::istream& cpuinfo) {
  std::set<std::string, std::less<>> flags;
  for (std::string line; flags.empty() && std::getline(cpuinfo, line);) {
    if (line.starts_with("flags")) {
      std::istringstream words(line.substr(line.find(':') + 1));
      for (std::string word; words >> word;) {
        flags.insert(word);
      }
    }
  }
  std::vector<std::string> found;
  for (const std::string_view feature : kOfInterest) {
    if (flags.contains(feature)) {
      found.emplace_back(feature);
    }
  }
  return found;
}

std::vector<std::string> cpu_features() {
  std::ifstream cpuinfo("/proc/cpuinfo");
  return cpu_features(cpuinfo);
}

}  // namespace pollux::ops
