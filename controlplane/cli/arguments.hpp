// The command line: which commands and options there are.
#pragma once

#include <string>
#include <vector>

#include "controlplane/cli/command_tree.hpp"
#include "controlplane/cli/options.hpp"

namespace pollux::cli {

inline constexpr const char* kDefaultTarget = "unix:/run/pollux/pollux.sock";

// What environment variables say in place of options that aren't given.
struct ArgumentDefaults {
  std::string target;  // POLLUX_TARGET
  TlsOptions tls;      // POLLUX_TLS_CA, POLLUX_TLS_CERT, POLLUX_TLS_KEY, POLLUX_TLS_SERVER_NAME
};

// Either options to act on, or a text to print (help, version, or what was wrong) and the exit code.
struct Arguments {
  Options options;
  bool proceed = false;
  int exit_code = 0;
  std::string out;  // for standard output
  std::string err;  // for standard error
};

// `arguments` without the program's name.
Arguments parse_arguments(const std::vector<std::string>& arguments, const ArgumentDefaults& defaults);

// The same command line as data, for completion and manual.
CommandTree describe_commands();

}  // namespace pollux::cli
