#include "controlplane/cli/arguments.hpp"

#include <algorithm>
#include <sstream>

#include "controlplane/cli/argument_groups.hpp"
#include "controlplane/cli/exit_code.hpp"
#include "controlplane/cli/srtp_parser.hpp"

namespace pollux::cli {

namespace {

// CLI11's app holds pointers into `options`.
void describe(CLI::App& app, Options& options) {
  app.fallthrough();  // global options may stand behind the command
  app.set_version_flag("--version", "polluxctl " POLLUX_VERSION, "Show the version and end");
  app.get_help_ptr()->description("Show the options of the command and end");
  app.add_option(
         "--target", options.target,
         std::string("The node's gRPC door: unix:PATH or ADDRESS:PORT; also from POLLUX_TARGET (default ") +
             kDefaultTarget + ")")
      ->type_name("TARGET");
  app.add_option_function<std::string>(
         "-o,--output",
         [&options](const std::string& text) {
           options.output = text == "json" ? OutputFormat::kJson : OutputFormat::kTable;
         },
         "Text for people (default), or JSON")
      ->check([](const std::string& text) {
        return text == "table" || text == "json" ? std::string() : "must be table or json, not " + text;
      })
      ->type_name("table|json");
  app.add_option("--timeout", options.call_timeout, "How long to wait for an answer (default 5s)")
      ->type_name("TIME");
  app.add_option("--tls-ca", options.tls.ca,
                 "Speak TLS, and trust these authorities (PEM); also from POLLUX_TLS_CA")
      ->type_name("FILE");
  app.add_option("--tls-cert", options.tls.cert,
                 "Our certificate (PEM) for a node that asks for one; also from POLLUX_TLS_CERT")
      ->type_name("FILE");
  app.add_option("--tls-key", options.tls.key, "Its private key (PEM); also from POLLUX_TLS_KEY")
      ->type_name("FILE");
  app.add_option(
         "--tls-server-name", options.tls.server_name,
         "Name in the node's certificate, if the target has another; also from POLLUX_TLS_SERVER_NAME")
      ->type_name("NAME");
  add_session_commands(app, options);
  add_dtmf_commands(app, options);
  add_watch_commands(app, options);
  add_capture_command(app, options);
  add_node_commands(app, options);
  add_shell_commands(app, options);
}

std::string summary(const CommandTree& tree) {
  std::size_t width = 0;
  for (const auto& command : tree) {
    width = std::max(width, command.path.size());
  }
  std::string out = "\nCommands:\n";
  for (const auto& command : tree) {
    if (command.is_leaf()) {
      out += "  " + command.path + std::string(width - command.path.size() + 2, ' ') + command.description +
             "\n";
    }
  }
  out += "\npolluxctl COMMAND --help tells each one's options.\nExit codes:\n";
  for (const auto& [code, meaning] : kExitCodes) {
    out += "  " + std::to_string(code) + "  " + meaning + "\n";
  }
  return out + "NO_COLOR switches colours off; they are only used on a terminal.";
}

constexpr const char* kDescription = "polluxctl: the operator's view of a Pollux node, over gRPC";

void apply_defaults(Options& options, const ArgumentDefaults& defaults) {
  options.target = defaults.target.empty() ? kDefaultTarget : defaults.target;
  options.tls = defaults.tls;
}

}  // namespace

std::string must_be_positive(const std::string& text) {
  const bool is_number = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  return is_number && text.find_first_not_of('0') != std::string::npos ? ""
                                                                       : "must be 1 or more, not " + text;
}

Arguments parse_arguments(const std::vector<std::string>& arguments, const ArgumentDefaults& defaults) {
  Arguments result;
  Options& options = result.options;
  apply_defaults(options, defaults);

  CLI::App app(kDescription, "polluxctl");
  describe(app, options);
  app.footer(summary(make_command_tree(app)));  // last: commands would inherit it

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
    // It quotes words that it doesn't understand, and --leg may have been forgotten.
    result.err = err.str().empty() ? "" : "polluxctl: " + without_keys(err.str());
  }
  if (!options.target.empty() && options.target.front() == '/') {
    options.target.insert(0, "unix:");  // a bare path can't be anything else
  }
  return result;
}

CommandTree describe_commands() {
  Options options;
  CLI::App app(kDescription, "polluxctl");
  describe(app, options);
  return make_command_tree(app);
}

}  // namespace pollux::cli
