// The command line: which commands and options there are.
#pragma once

#include <string>
#include <vector>

#include "controlplane/cli/options.hpp"

namespace pollux::cli {

inline constexpr const char* kDefaultTarget = "unix:/run/pollux/pollux.sock";

// Either options to act on, or a text to print (help, version, or what was wrong) and the exit code.
struct Arguments {
  Options options;
  bool proceed = false;
  int exit_code = 0;
  std::string out;  // for standard output
  std::string err;  // for standard error
};

// `arguments` without the program's name; `target_from_environment` is POLLUX_TARGET or empty.
Arguments parse_arguments(const std::vector<std::string>& arguments,
                          const std::string& target_from_environment);

}  // namespace pollux::cli
