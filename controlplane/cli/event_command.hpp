// `polluxctl events`.
#pragma once

#include "controlplane/cli/client.hpp"
#include "controlplane/cli/commands.hpp"
#include "controlplane/cli/options.hpp"

namespace pollux::cli {

// Prints the events that the node still knows or, with --follow, those that happen, over any number of
// connections, until environment.pause() or the reader of `out` ends it. Returns the exit code.
int watch_events(const Options& options, const Environment& environment, Client& client);

}  // namespace pollux::cli
