// Completion scripts for shells, made from the command line's own description.
#pragma once

#include <string>

#include "controlplane/cli/command_tree.hpp"

namespace pollux::cli {

// Pre: `shell` is bash, zsh or fish.
std::string completion_script(const std::string& shell, const CommandTree& tree);

}  // namespace pollux::cli
