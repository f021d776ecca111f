#include "controlplane/cli/argument_groups.hpp"

namespace pollux::cli {

namespace {

constexpr const char* kCaptureFooter = R"(
The file is pcapng, for Wireshark and tshark; each packet's comment tells leg and stage, or why it was
dropped. Capturing ends at the first limit, with Ctrl-C, or with the session; the file is complete in any
case. It holds what people say: treat it as such. SRTP is in it as on the wire; --decrypted has it opened,
where the node's srtp.allow_decrypted_capture is true.)";

}  // namespace

void add_watch_commands(CLI::App& app, Options& options) {
  CLI::App* events = app.add_subcommand("events", "What has happened, as far as the node still knows it");
  events->add_flag("-f,--follow", options.follow,
                   "Go on with what happens; reconnects by itself and says what it missed");
  events->add_option("--since", options.since, "Begin with the event of this sequence number")
      ->check(must_be_positive)
      ->type_name("SEQ");
  events->add_option("--session", options.event_session, "Only those of this session")->type_name("SESSION");
  events->callback([&options] { options.command = Command::kEvents; });

  CLI::App* top = app.add_subcommand("top", "The node live: load, rates, drops and the worst calls");
  top->add_option("--interval", options.interval, "Time between two looks (default 1s)")->type_name("TIME");
  top->add_flag("--once", options.once, "Print one look, after one interval, and end");
  top->add_option("--calls", options.calls,
                  "How many of the worst calls to show (default 10); 0 asks for none")
      ->type_name("N");
  top->callback([&options] { options.command = Command::kTop; });

  CLI::App* stats = app.add_subcommand("stats", "Counters of workers, stages and ports");
  stats->add_flag("--drops", options.drops,
                  "Why packets were dropped, by worker, with what each reason means");
  stats->add_option("--watch", options.watch_seconds, "Repeat every so many seconds, with rates")
      ->check(CLI::Range(0.1, 86400.0))
      ->type_name("SECONDS");
  stats->callback([&options] { options.command = Command::kStats; });
}

void add_node_commands(CLI::App& app, Options& options) {
  CLI::App* node = app.add_subcommand("node", "About the node itself, and its life");
  CLI::App* info = node->add_subcommand("info", "Version, workers, ports, networks and how full they are");
  info->callback([&options] { options.command = Command::kNodeInfo; });

  CLI::App* ports = node->add_subcommand("ports", "Local UDP ports by network, address and worker");
  ports->callback([&options] { options.command = Command::kNodePorts; });

  CLI::App* drain = node->add_subcommand("drain", "Refuse new sessions and wait for the others to end");
  drain->add_option("--deadline", options.deadline, "How long to wait: 30s, 10min (default: for ever)")
      ->type_name("TIME");
  drain->add_flag("--end-sessions", options.end_sessions, "At the deadline end the sessions that are left");
  drain->callback([&options] { options.command = Command::kNodeDrain; });

  CLI::App* undrain = node->add_subcommand("undrain", "Take new sessions again");
  undrain->callback([&options] { options.command = Command::kNodeUndrain; });

  CLI::App* reload =
      node->add_subcommand("reload", "Read the configuration again; tells what needs a restart");
  reload->add_flag("--dry-run", options.dry_run, "Only tell what would change");
  reload->callback([&options] { options.command = Command::kNodeReload; });
}

void add_capture_command(CLI::App& app, Options& options) {
  CLI::App* capture = app.add_subcommand("capture", "Packets of one session, or of none, into a file");
  capture->footer(kCaptureFooter);
  auto* session = capture->add_option("session", options.capture_session, "Session id")->type_name("SESSION");
  auto* unmatched = capture->add_flag("--unmatched", options.unmatched,
                                      "Packets that reach no session: wrong port, address ...");
  unmatched->excludes(session);
  capture->add_option("--out", options.capture_file, "pcapng file to write; - is standard output")
      ->required()
      ->type_name("FILE");
  capture->add_option("--leg", options.capture_leg, "Only this leg of the session")
      ->type_name("LEG")
      ->excludes(unmatched);
  capture->add_option("--address", options.address, "With --unmatched: only from or to this address")
      ->type_name("ADDRESS")
      ->needs(unmatched);
  capture->add_option("--port", options.port, "With --unmatched: only from or to this UDP port")
      ->check(must_be_positive)
      ->type_name("PORT")
      ->needs(unmatched);
  capture->add_option("--max-packets", options.max_packets, "End after so many (default 100,000)")
      ->check(must_be_positive)
      ->type_name("N");
  capture
      ->add_option("--max-bytes", options.max_bytes, "End after so many bytes: 500k, 64M, 1G (default 64M)")
      ->type_name("BYTES");
  capture->add_option("--time", options.capture_time, "End after this time (default 60s, at most 1h)")
      ->type_name("TIME");
  capture
      ->add_option("--snap", options.snap_length,
                   "Keep only so many bytes of each frame: 54 leaves out speech")
      ->check(must_be_positive)
      ->type_name("BYTES");
  capture
      ->add_flag("--decrypted", options.decrypted,
                 "SRTP as it is inside, where the node's configuration allows it")
      ->excludes(unmatched);
  capture->callback([&options] { options.command = Command::kCapture; });
}

void add_shell_commands(CLI::App& app, Options& options) {
  CLI::App* completion = app.add_subcommand("completion", "A completion script for your shell");
  completion->add_option("shell", options.shell, "Which shell")
      ->required()
      ->type_name("bash|zsh|fish")
      ->check([](const std::string& text) {
        return text == "bash" || text == "zsh" || text == "fish" ? std::string()
                                                                 : "must be bash, zsh or fish, not " + text;
      });
  completion->callback([&options] { options.command = Command::kCompletion; });

  // For the build: polluxctl(1) is made from this very command line.
  CLI::App* manual = app.add_subcommand("manual-page", "polluxctl(1) in troff")->group("");
  manual->callback([&options] { options.command = Command::kManual; });
}

}  // namespace pollux::cli
