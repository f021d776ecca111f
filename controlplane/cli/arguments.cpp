#include "controlplane/cli/arguments.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>

#include "controlplane/cli/exit_code.hpp"

namespace pollux::cli {

namespace {

constexpr const char* kFooter = R"(
Commands:
  session list      sessions of the node, with their state in a word
  session show      one session: legs, counters and a plain verdict per direction
  session create    make a session from --leg options or a JSON file
  session delete    end sessions
  events            what has happened; --follow: what happens
  stats             counters of workers, stages and ports; --drops: drop reasons
  node info         version, workers, ports, networks and how full they are

polluxctl COMMAND --help tells each one's options.
Exit codes: 0 done, 1 the node refused, 2 wrong usage, 3 node unreachable.
NO_COLOR switches colours off; they are only used on a terminal.)";

constexpr const char* kCreateFooter = R"(
A leg is ID[,KEY=VALUE...], with these keys, all optional:
  network=NAME              a network of the node; may be left out where it has only one
  remote=ADDRESS:PORT       the party's RTP address as signalled; IPv6 in brackets
  remote-rtcp=ADDRESS:PORT  its RTCP address, where it isn't remote's port + 1
  family=v4|v6              of the local address; default: that of remote
  rtcp-mux                  RTP and RTCP share one port
  direction=sendrecv|sendonly|recvonly|inactive     the party's own wish, as in its SDP
  learning=heuristic|delayed|immediate|off          how its real source is found out
  policy=strict|handover|any                        packets from elsewhere
  stream=preserve|rewrite                           SSRC, sequence and timestamp sent
  dscp=0..63                of the packets sent; default: the network's
  pt=WIRE[:COMMON[@RATE]]   payload-type map; several: repeat, or join with +
  sinks=LEG                 who gets what this party sends; several: repeat, or join with +

  polluxctl session create call-1 --leg a,network=outside,remote=192.0.2.7:40000,rtcp-mux \
                                  --leg b,network=inside,remote=10.0.0.5:30000)";

// CLI11's own validators name the whole range of the type in their messages.
std::string positive(const std::string& text) {
  const bool is_number = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  return is_number && text.find_first_not_of('0') != std::string::npos ? ""
                                                                       : "must be 1 or more, not " + text;
}

std::string one_of_formats(const std::string& text) {
  return text == "table" || text == "json" ? "" : "must be table or json, not " + text;
}

void add_session_commands(CLI::App& app, Options& options) {
  CLI::App* session = app.add_subcommand("session", "List, show, create and delete sessions");

  CLI::App* list = session->add_subcommand("list", "Sessions of the node, with their state in a word");
  auto* limit = list->add_option("--limit", options.list_limit, "Show at most so many (default 100)");
  limit->check(positive)->type_name("N");
  list->add_flag("--all", options.list_all, "Show all of them")->excludes(limit);
  list->callback([&options] { options.command = Command::kSessionList; });

  CLI::App* show = session->add_subcommand("show", "One session: legs, counters, a verdict per direction");
  show->add_option("id", options.session_ids, "Session id")->required()->expected(1);
  show->callback([&options] { options.command = Command::kSessionShow; });

  CLI::App* create = session->add_subcommand("create", "Make a session from --leg options or a JSON file");
  create->footer(kCreateFooter);
  create->add_option("id", options.session_ids, "Session id, your choice: 1..128 of [A-Za-z0-9._:@-]")
      ->required()
      ->expected(1);
  create->add_option("--leg", options.legs, "A leg, see below; repeat for each")
      ->allow_extra_args(false)
      ->type_name("LEG");
  create->add_option("--file", options.spec_file, "SessionSpec as JSON; - reads standard input")
      ->type_name("FILE");
  create
      ->add_option("--media-timeout", options.media_timeout,
                   "Silence that ends the session: 60s, 5min, never")
      ->type_name("TIME");
  create->add_option("--label", options.labels, "A note of yours, e.g. call_id=abc")
      ->allow_extra_args(false)
      ->type_name("KEY=VALUE");
  create->callback([&options] { options.command = Command::kSessionCreate; });

  CLI::App* remove = session->add_subcommand("delete", "End sessions");
  remove->add_option("id", options.session_ids, "Session ids")->required();
  remove->callback([&options] { options.command = Command::kSessionDelete; });
}

void add_node_commands(CLI::App& app, Options& options) {
  CLI::App* events = app.add_subcommand("events", "What has happened, as far as the node still knows it");
  events->add_flag("-f,--follow", options.follow,
                   "Go on with what happens; reconnects by itself and says what it missed");
  events->add_option("--since", options.since, "Begin with the event of this sequence number")
      ->check(positive)
      ->type_name("SEQ");
  events->add_option("--session", options.event_session, "Only those of this session")->type_name("ID");
  events->callback([&options] { options.command = Command::kEvents; });

  CLI::App* stats = app.add_subcommand("stats", "Counters of workers, stages and ports");
  stats->add_flag("--drops", options.drops,
                  "Why packets were dropped, by worker, with what each reason means");
  stats->add_option("--watch", options.watch_seconds, "Repeat every so many seconds, with rates")
      ->check(CLI::Range(0.1, 86400.0))
      ->type_name("SECONDS");
  stats->callback([&options] { options.command = Command::kStats; });

  CLI::App* node = app.add_subcommand("node", "About the node itself");
  CLI::App* info = node->add_subcommand("info", "Version, workers, ports, networks and how full they are");
  info->callback([&options] { options.command = Command::kNodeInfo; });
}

}  // namespace

Arguments parse_arguments(const std::vector<std::string>& arguments,
                          const std::string& target_from_environment) {
  Arguments result;
  Options& options = result.options;
  std::string output;
  options.target = target_from_environment.empty() ? kDefaultTarget : target_from_environment;

  CLI::App app("polluxctl: the operator's view of a Pollux node, over gRPC", "polluxctl");
  app.fallthrough();  // global options may stand behind the command
  app.set_version_flag("--version", "polluxctl " POLLUX_VERSION);
  app.add_option(
         "--target", options.target,
         std::string("The node's gRPC door: unix:PATH or ADDRESS:PORT; also from POLLUX_TARGET (default ") +
             kDefaultTarget + ")")
      ->type_name("NAME");
  app.add_option("-o,--output", output, "table (default) or json")
      ->check(one_of_formats)
      ->type_name("FORMAT");
  app.add_option("--timeout", options.call_timeout, "How long to wait for an answer (default 5s)")
      ->type_name("TIME");
  add_session_commands(app, options);
  add_node_commands(app, options);
  app.footer(kFooter);  // last: commands would inherit it

  // CLI11 wants them last first.
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  try {
    app.parse(reversed);
    result.proceed = options.command != Command::kNone;
    if (!result.proceed) {
      const auto given = app.get_subcommands();
      result.exit_code = kExitUsage;
      result.err = "polluxctl: a command is missing; polluxctl " +
                   (given.empty() ? "" : given.front()->get_name() + " ") + "--help lists them\n";
    }
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream err;
    result.exit_code = app.exit(error, out, err) == 0 ? kExitOk : kExitUsage;
    result.out = out.str();
    result.err = err.str().empty() ? "" : "polluxctl: " + err.str();
  }
  options.output = output == "json" ? OutputFormat::kJson : OutputFormat::kTable;
  if (!options.target.empty() && options.target.front() == '/') {
    options.target.insert(0, "unix:");  // a bare path can't be anything else
  }
  return result;
}

}  // namespace pollux::cli
