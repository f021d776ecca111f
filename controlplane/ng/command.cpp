#include "controlplane/ng/command.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>

#include "controlplane/config/problem.hpp"
#include "controlplane/ng/told_once.hpp"

namespace pollux::ng {

namespace {

void tell_ignored(const std::string& command, const Wishes& wishes, Counters& counters) {
  static ToldOnce told;  // a proxy sends the same flags with every call
  count(counters.ignored_words, wishes.ignored.size() + wishes.odd.size());
  for (const Wishes::Ignored& ignored : wishes.ignored) {
    if (told.first(ignored.word)) {
      spdlog::info("{}: {} is ignored: {}; told once", command, config::quoted(ignored.word),
                   ignored.why.empty() ? "no such key or flag is known" : ignored.why);
    }
  }
  for (const std::string& odd : wishes.odd) {
    if (told.first(odd)) {
      spdlog::info("{}: {} isn't understood, and ignored; told once", command, config::quoted(odd));
    }
  }
}

const CommandRow* find_command(std::string_view name) {
  const auto& rows = command_rows();
  const auto row = std::find_if(rows.begin(), rows.end(),
                                [name](const CommandRow& known) { return same_name(known.name, name); });
  return row != rows.end() ? &*row : nullptr;
}

Dict run_known(const CommandRow& row, const Request& request, NodePool& pool, const GatewayConfig& config,
               Counters& counters) {
  if (row.run == nullptr) {
    return error_reply("Command '" + std::string(row.name) + "' isn't supported by Pollux yet");
  }
  const Wishes wishes = read_wishes(request.dict);
  tell_ignored(request.command, wishes, counters);
  CallRouter router(pool);
  CommandContext context{pool,
                         router,
                         config,
                         counters,
                         request.dict,
                         wishes,
                         std::chrono::system_clock::now() + config.request_time};
  return row.run(context);
}

}  // namespace

const std::vector<CommandRow>& command_rows() {
  static const std::vector<CommandRow> rows = {
      {"ping", ping, "pong, as long as one node answers; else an error, so that the proxy looks elsewhere"},
      {"offer", offer, "to one node, by the Call-ID; to another one where that can't"},
      {"answer", answer, "final with sip-code 2xx: the other forks are over"},
      {"delete", delete_call, "the reply has what query has; both orders of the tags will do"},
      {"query", query_call, "in rtpengine's layout"},
      {"list", list_calls, "Call-IDs of all nodes, 32 where no limit is said"},
      {"statistics", statistics, "sums over the nodes, in rtpengine's groups, and what the gateway counts"},
      {"play DTMF", play_dtmf, "as if the party had pressed the key: the others get it"},
      {"block DTMF", block_dtmf, "of one party or of all; DTMF-security says how"},
      {"unblock DTMF", unblock_dtmf, "of one party or of all"},
      {"start recording", nullptr, ""},
      {"stop recording", nullptr, ""},
      {"pause recording", nullptr, ""},
      {"start forwarding", nullptr, ""},
      {"stop forwarding", nullptr, ""},
      {"block media", nullptr, ""},
      {"unblock media", nullptr, ""},
      {"silence media", nullptr, ""},
      {"unsilence media", nullptr, ""},
      {"play media", nullptr, ""},
      {"stop media", nullptr, ""},
      {"publish", nullptr, ""},
      {"subscribe request", nullptr, ""},
      {"subscribe answer", nullptr, ""},
      {"unsubscribe", nullptr, ""},
      {"inject start", nullptr, ""},
      {"inject stop", nullptr, ""},
      {"connect", nullptr, ""},
      {"cli", nullptr, ""},
      {"transform", nullptr, ""},
      {"create", nullptr, ""},
      {"create answer", nullptr, ""},
      {"mesh", nullptr, ""},
  };
  return rows;
}

std::string command_table() {
  std::string table = "| Command | State | How |\n|---|---|---|\n";
  for (const CommandRow& row : command_rows()) {
    table += "| `" + std::string(row.name) + "` | " + (row.run != nullptr ? "done" : "not yet") + " | " +
             (row.run != nullptr ? std::string(row.how) : "an error says so") + " |\n";
  }
  return table;
}

Dict run_command(const Request& request, NodePool& pool, const GatewayConfig& config, Counters& counters) {
  Dict reply;
  std::string_view counted;
  if (!request.error.empty()) {
    counted = "unreadable";
    reply = error_reply(request.error);
  } else if (const CommandRow* row = find_command(request.command); row == nullptr) {
    counted = "unknown";
    reply = error_reply("Unrecognized command");
  } else {
    counted = row->run == nullptr ? "unsupported" : row->name;
    try {
      reply = run_known(*row, request, pool, config, counters);
    } catch (const std::exception& error) {  // lack of memory, or a fault of ours: the proxy gets a reply
      spdlog::error("{}: {}", row->name, error.what());
      reply = error_reply("Internal error");
    }
  }
  Counters::Command& counter = counters.of(counted);
  count(counter.requests);
  const Value* result = reply.find("result");
  if (result != nullptr && result->as_text() == "error") {
    count(counter.errors);
    spdlog::info("{}: error: {}{}", config::harmless(request.command), reply.find("error-reason")->as_text(),
                 reply.find("pollux-error") != nullptr
                     ? " (" + config::quoted(reply.find("pollux-error")->as_text()) + ")"
                     : "");
  }
  return reply;
}

Dict ping(CommandContext& context) {
  const auto nodes = context.pool.nodes();
  const bool any =
      std::any_of(nodes.begin(), nodes.end(), [](const NodePtr& node) { return node->reachable(); });
  return any ? Dict{{"result", "pong"}} : error_reply("No Pollux node answers");
}

Dict refusal(CommandContext& context, const CallError& error, std::string_view unknown_call) {
  struct Row {
    std::string_view cause;
    std::string_view text;
    bool limit;  // of load: a proxy tries another relay
  };
  static constexpr std::array<Row, 16> kRows = {{
      {"SDP_MALFORMED", "Failed to parse SDP", false},
      {"SDP_UNSUPPORTED", "Failed to parse SDP", false},
      {"NO_OFFER", "Invalid dialogue association", false},
      {"PARTY_UNKNOWN", "Given from-tag not found", false},
      {"PORTS_EXHAUSTED", "Ran out of ports", false},
      {"SESSIONS_EXHAUSTED", "Parallel session limit reached", true},
      {"NODE_DRAINING", "Parallel session limit reached", true},
      {"NODE_STOPPING", "Parallel session limit reached", true},
      {"MEDIA_EXHAUSTED", "CPU usage limit exceeded", true},
      {"WORKERS_OVERLOADED", "CPU usage limit exceeded", true},
      {"MEMORY_EXHAUSTED", "Load limit exceeded", true},
      {"SRTP_CONTEXTS_EXHAUSTED", "Load limit exceeded", true},
      {"NODE_BUSY", "Load limit exceeded", true},
      {"RATE_LIMITED", "Load limit exceeded", true},
      {"CALL_UNKNOWN", "", false},
      {"SESSION_UNKNOWN", "", false},
  }};
  Dict reply;
  const auto* row = std::find_if(kRows.begin(), kRows.end(),
                                 [&error](const Row& known) { return known.cause == error.cause; });
  if (row == kRows.end()) {
    const bool silent = error.unreachable();
    reply = error_reply(silent ? "No Pollux node answers" : "Refused by Pollux");
  } else if (row->limit) {
    count(context.counters.load_limits);
    // A proxy that doesn't know the reply of its own acts upon this text, and upon no other.
    reply = context.wishes.supports_load_limit ? Dict{{"result", "load limit"}, {"message", row->text}}
                                               : error_reply("Parallel session limit reached");
  } else {
    reply = error_reply(row->text.empty() ? unknown_call : row->text);
  }
  const auto field = error.metadata.find("field");
  const std::string where = field != error.metadata.end() ? field->second + ": " : "";
  reply.set("pollux-error", where + error.message);
  if (!error.cause.empty()) {
    reply.set("pollux-cause", error.cause);
  }
  return reply;
}

}  // namespace pollux::ng
