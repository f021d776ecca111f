// Checks that only hold on the machine where polluxd runs: a file that is right may still not fit here.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "controlplane/config/config_loader.hpp"

namespace pollux::config {

struct Machine {
  std::set<unsigned> cpus;             // online
  std::uint64_t huge_page_memory = 0;  // MiB set aside for huge pages, used or not
};

// Reads /sys. `root` is put before its paths.
Machine this_machine(const std::string& root = "");

// The CPUs of a list as /sys writes it ("0-3,8"); what can't be understood is left out.
std::set<unsigned> parse_cpu_list(const std::string& text);

// Pre: loaded.config is set. Problems are sorted by line, and stand at the lines of the file.
std::vector<ConfigProblem> check_machine(const ConfigResult& loaded, const Machine& machine);
inline std::vector<ConfigProblem> check_machine(const ConfigResult& loaded) {
  return check_machine(loaded, this_machine());
}

}  // namespace pollux::config
