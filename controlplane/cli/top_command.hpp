// `polluxctl top`.
#pragma once

#include "controlplane/cli/command_context.hpp"

namespace pollux::cli {

// Looks again and again until environment.pause() or the reader of `out` ends it. Returns the exit code.
int show_top(const CommandContext& context);

}  // namespace pollux::cli
