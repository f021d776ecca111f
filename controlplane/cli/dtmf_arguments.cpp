#include "controlplane/cli/argument_groups.hpp"
#include "controlplane/cli/dtmf_parser.hpp"

namespace pollux::cli {

namespace {

constexpr const char* kSendFooter = R"(
DIGITS are 0..9, *, #, A..D and ! (flash), at most 64. The shell needs quotes for * and !. They leave one
after the other, also while no audio runs, in the way that session show tells for the leg.

  polluxctl dtmf send call-1 b '123#'
  polluxctl dtmf send call-1 a 5 --from-party      as if the party of leg a had pressed it)";

constexpr int kSoftest = -36;
constexpr int kLongestMs = 20'000;

void add_leg(CLI::App& command, Options& options) {
  command.add_option("session", options.dtmf_session, "Session id")->required()->type_name("SESSION");
  command.add_option("leg", options.dtmf_leg, "Leg id")->required()->type_name("LEG");
}

}  // namespace

void add_dtmf_commands(CLI::App& app, Options& options) {
  CLI::App* dtmf = app.add_subcommand("dtmf", "Key presses: send them, and keep them from others");
  CLI::App* send = dtmf->add_subcommand("send", "Press keys towards a leg's party");
  send->footer(kSendFooter);
  add_leg(*send, options);
  send->add_option("digits", options.digits, "The keys")->required()->type_name("DIGITS");
  send->add_option("--duration", options.press_ms, "How long each is held, in ms (default 160)")
      ->check(CLI::Range(1, kLongestMs))
      ->type_name("MS");
  send->add_option("--gap", options.gap_ms, "Pause after each, in ms (default and least 40)")
      ->check(CLI::Range(1, kLongestMs))
      ->type_name("MS");
  send->add_option("--volume", options.volume_dbm0, "-36..-1 dBm0 (default: the leg's dtmf-level)")
      ->check(CLI::Range(kSoftest, -1))
      ->type_name("DBM0");
  send->add_flag("--from-party", options.from_party,
                 "The leg's party has pressed them: they go to the leg's sinks");
  send->callback([&options] { options.command = Command::kDtmfSend; });

  CLI::App* block =
      dtmf->add_subcommand("block", "Keep the presses of a leg's party from its sinks; events still tell");
  add_leg(*block, options);
  block->add_option("--mode", options.block_mode, "What its sinks get in their place")
      ->required()
      ->check([](const std::string& text) {
        return parse_block_mode(text) ? std::string() : "must be drop, silence, tone or random, not " + text;
      })
      ->type_name("drop|silence|tone|random");
  block->callback([&options] { options.command = Command::kDtmfBlock; });

  CLI::App* unblock = dtmf->add_subcommand("unblock", "End that");
  add_leg(*unblock, options);
  unblock->callback([&options] { options.command = Command::kDtmfUnblock; });
}

}  // namespace pollux::cli
