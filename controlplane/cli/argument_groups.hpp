// The parts that the command line is put together from.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "controlplane/cli/options.hpp"

namespace pollux::cli {

// A validator: CLI11's own name the whole range of the type in their messages.
std::string must_be_positive(const std::string& text);

void add_session_commands(CLI::App& app, Options& options);
void add_watch_commands(CLI::App& app, Options& options);  // events, top, stats
void add_node_commands(CLI::App& app, Options& options);   // node ...
void add_capture_command(CLI::App& app, Options& options);
void add_dtmf_commands(CLI::App& app, Options& options);   // dtmf ...
void add_shell_commands(CLI::App& app, Options& options);  // completion, and the hidden manual

}  // namespace pollux::cli
