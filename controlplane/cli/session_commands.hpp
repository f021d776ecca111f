// `polluxctl session ...`. Each returns the exit code.
#pragma once

#include "controlplane/cli/command_context.hpp"

namespace pollux::cli {

int session_list(const CommandContext& context);
int session_show(const CommandContext& context);
int session_create(const CommandContext& context);
int session_delete(const CommandContext& context);

// Every session, or the first `limit`, page by page. The answer's total is the node's.
Answer<v1::ListResponse> list_sessions(Client& client, std::uint32_t limit, bool all);

// Those `count` whose lowest MOS is the lowest, the worst first; sessions without a MOS aren't among them.
std::vector<v1::Session> worst_sessions(const v1::ListResponse& sessions, std::size_t count);

}  // namespace pollux::cli
