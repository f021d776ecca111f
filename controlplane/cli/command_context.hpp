// What every command works with.
#pragma once

#include <ostream>
#include <string>

#include "controlplane/cli/client.hpp"
#include "controlplane/cli/commands.hpp"
#include "controlplane/cli/options.hpp"

namespace pollux::cli {

struct CommandContext {
  const Options& options;
  const Environment& environment;
  Client& client;

  bool json() const { return options.output == OutputFormat::kJson; }
  bool interrupted() const { return environment.interrupted && environment.interrupted(); }

  // Tells what went wrong and gives the exit code.
  int fail(const CallError& error, const std::string& doing) const {
    environment.err << render_error(error, doing, options.target);
    return error.exit_code();
  }
  int fail(const grpc::Status& status, const std::string& doing) const {
    return fail(client.error_of(status), doing);
  }
};

}  // namespace pollux::cli
