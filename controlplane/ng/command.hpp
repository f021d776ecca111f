// The commands of the NG protocol: a request's dictionary goes in, the reply's comes out.
#pragma once

#include <string>
#include <string_view>

#include "controlplane/ng/call_router.hpp"
#include "controlplane/ng/counters.hpp"
#include "controlplane/ng/message.hpp"
#include "controlplane/ng/wishes.hpp"

namespace pollux::ng {

// What a command works with. Lives as long as one request.
struct CommandContext {
  NodePool& pool;
  CallRouter& router;
  const GatewayConfig& config;
  Counters& counters;
  const Dict& request;
  const Wishes& wishes;
  Deadline deadline;

  std::string text(std::string_view key) const {
    const Value* value = request.find(key);
    return value != nullptr ? value->as_text() : "";
  }
};

using CommandFunction = Dict (*)(CommandContext&);

struct CommandRow {
  std::string_view name;
  CommandFunction run = nullptr;  // null: answered plainly that it isn't supported
  std::string_view how;
};

// All that rtpengine knows.
const std::vector<CommandRow>& command_rows();
// Table of all commands for docs/pollux-ng.md.
std::string command_table();

// Any request. Never fails: an error is a reply as well.
Dict run_command(const Request& request, NodePool& pool, const GatewayConfig& config, Counters& counters);

Dict ping(CommandContext& context);
Dict offer(CommandContext& context);
Dict answer(CommandContext& context);
Dict delete_call(CommandContext& context);
Dict query_call(CommandContext& context);
Dict list_calls(CommandContext& context);
Dict statistics(CommandContext& context);
Dict play_dtmf(CommandContext& context);
Dict block_dtmf(CommandContext& context);
Dict unblock_dtmf(CommandContext& context);

// The reply for a call to a node that failed, in the texts that proxies act upon; what the node said is in
// "pollux-error". `unknown_call`: the text for a call that no node knows, which differs by command.
Dict refusal(CommandContext& context, const CallError& error, std::string_view unknown_call);

}  // namespace pollux::ng
