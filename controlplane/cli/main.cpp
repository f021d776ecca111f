// polluxctl: the operator's command line, a pure gRPC client.
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "controlplane/cli/commands.hpp"

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

int main(int argc, char** argv) {
  const bool terminal = isatty(STDOUT_FILENO) == 1;
  const pollux::cli::Environment environment{
      .in = std::cin,
      .out = std::cout,
      .err = std::cerr,
      .target = variable("POLLUX_TARGET"),
      .style = {.colour = terminal && variable("NO_COLOR").empty() && variable("TERM") != "dumb"},
      .terminal = terminal,
      .now_seconds =
          [] {
            return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
          },
      .pause =
          [](std::chrono::milliseconds duration) {
            std::this_thread::sleep_for(duration);
            return true;
          },
  };
  return pollux::cli::run({argv + 1, argv + argc}, environment);
}
