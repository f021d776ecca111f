// polluxctl(1), made from the command line's own description and what only a person can write.
#pragma once

#include <string>

#include "controlplane/cli/command_tree.hpp"

namespace pollux::cli {

// In troff with the man macros, ASCII only.
std::string manual_page(const CommandTree& tree);

}  // namespace pollux::cli
