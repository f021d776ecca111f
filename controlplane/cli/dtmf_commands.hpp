// `polluxctl dtmf ...`. Each returns the exit code.
#pragma once

#include "controlplane/cli/command_context.hpp"

namespace pollux::cli {

int dtmf_send(const CommandContext& context);
int dtmf_block(const CommandContext& context);
int dtmf_unblock(const CommandContext& context);

}  // namespace pollux::cli
