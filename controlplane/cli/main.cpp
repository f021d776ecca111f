// polluxctl: the operator's command line, a pure gRPC client.
#include <signal.h>
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

volatile sig_atomic_t g_interrupted = 0;

// The first Ctrl-C asks the command to end in order, a second one ends it at once.
void catch_interrupt() {
  struct sigaction action {};
  action.sa_handler = [](int) { g_interrupted = 1; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

}  // namespace

int main(int argc, char** argv) {
  // What gRPC's own log says comes as the call's error, too, in words.
  setenv("GRPC_VERBOSITY", "NONE", 0);
  const bool terminal = isatty(STDOUT_FILENO) == 1;
  const pollux::cli::Environment environment{
      .in = std::cin,
      .out = std::cout,
      .err = std::cerr,
      .defaults = {.target = variable("POLLUX_TARGET"),
                   .tls = {.ca = variable("POLLUX_TLS_CA"),
                           .cert = variable("POLLUX_TLS_CERT"),
                           .key = variable("POLLUX_TLS_KEY"),
                           .server_name = variable("POLLUX_TLS_SERVER_NAME")}},
      .style = {.colour = terminal && variable("NO_COLOR").empty() && variable("TERM") != "dumb"},
      .terminal = terminal,
      .err_terminal = isatty(STDERR_FILENO) == 1,
      .now_seconds =
          [] {
            return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
          },
      .pause =
          [](std::chrono::milliseconds duration) {
            std::this_thread::sleep_for(duration);
            return true;
          },
      .catch_interrupt = catch_interrupt,
      .interrupted = [] { return g_interrupted != 0; },
  };
  return pollux::cli::run({argv + 1, argv + argc}, environment);
}
