#include "controlplane/cli/commands.hpp"

#include <ostream>

#include "controlplane/cli/capture_command.hpp"
#include "controlplane/cli/client.hpp"
#include "controlplane/cli/command_context.hpp"
#include "controlplane/cli/completion.hpp"
#include "controlplane/cli/dtmf_commands.hpp"
#include "controlplane/cli/event_command.hpp"
#include "controlplane/cli/exit_code.hpp"
#include "controlplane/cli/manual.hpp"
#include "controlplane/cli/node_commands.hpp"
#include "controlplane/cli/session_commands.hpp"
#include "controlplane/cli/top_command.hpp"
#include "controlplane/cli/value_parser.hpp"

namespace pollux::cli {

namespace {

int dispatch(const CommandContext& context) {
  switch (context.options.command) {
    case Command::kSessionList:
      return session_list(context);
    case Command::kSessionShow:
      return session_show(context);
    case Command::kSessionCreate:
      return session_create(context);
    case Command::kSessionDelete:
      return session_delete(context);
    case Command::kEvents:
      return watch_events(context.options, context.environment, context.client);
    case Command::kTop:
      return show_top(context);
    case Command::kStats:
      return show_stats(context);
    case Command::kNodeInfo:
      return node_info(context);
    case Command::kNodeDrain:
      return node_drain(context);
    case Command::kNodeUndrain:
      return node_undrain(context);
    case Command::kNodeReload:
      return node_reload(context);
    case Command::kNodePorts:
      return node_ports(context);
    case Command::kCapture:
      return capture(context);
    case Command::kDtmfSend:
      return dtmf_send(context);
    case Command::kDtmfBlock:
      return dtmf_block(context);
    case Command::kDtmfUnblock:
      return dtmf_unblock(context);
    case Command::kCompletion:
    case Command::kManual:
    case Command::kNone:
      break;
  }
  return kExitUsage;
}

int complain(const Environment& environment, const std::string& problem) {
  environment.err << "polluxctl: " << problem << "\n";
  return kExitUsage;
}

}  // namespace

int run(const std::vector<std::string>& arguments, const Environment& environment) {
  const Arguments parsed = parse_arguments(arguments, environment.defaults);
  const Options& options = parsed.options;
  environment.out << parsed.out;
  environment.err << parsed.err;
  if (!parsed.proceed) {
    return parsed.exit_code;
  }
  if (options.command == Command::kCompletion) {
    environment.out << completion_script(options.shell, describe_commands());
    return kExitOk;
  }
  if (options.command == Command::kManual) {
    environment.out << manual_page(describe_commands());
    return kExitOk;
  }
  const auto timeout = parse_duration(options.call_timeout);
  if (!timeout.ok() || timeout.value.count() <= 0) {
    return complain(environment,
                    "--timeout: " + (timeout.ok() ? "must be above zero" : timeout.problems.front()));
  }
  const auto credentials = make_credentials(options.tls, options.target);
  if (!credentials.ok()) {
    return complain(environment, credentials.problems.front());
  }
  Client client(options.target, credentials.value, timeout.value);
  return dispatch({options, environment, client});
}

}  // namespace pollux::cli
