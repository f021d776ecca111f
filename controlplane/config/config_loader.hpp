// From a configuration file to NodeConfig, with everything that is wrong told at once.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/config/node_config.hpp"
#include "controlplane/config/problem.hpp"

namespace pollux::config {

struct ConfigResult {
  std::optional<NodeConfig> config;      // set exactly when there are no problems
  std::vector<ConfigProblem> problems;   // sorted by line
  std::vector<ConfigProblem> warnings;   // allowed, but probably not meant; sorted by line
  std::string file;                      // as problems name it
  std::map<std::string, int> key_lines;  // key path -> line, for problems found later (check_machine)
};

// Files longer than this are refused unread: no configuration is.
inline constexpr std::size_t kLongestConfigFile = 1'000'000;  // bytes

// Neither throws, whatever the bytes. Neither looks at the machine: see machine_check.hpp.
ConfigResult load_config_file(const std::string& path);
ConfigResult load_config_text(const std::string& text, const std::string& name);

}  // namespace pollux::config
