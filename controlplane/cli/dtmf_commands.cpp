#include "controlplane/cli/dtmf_commands.hpp"

#include "controlplane/cli/dtmf_parser.hpp"
#include "controlplane/cli/exit_code.hpp"
#include "controlplane/cli/format.hpp"
#include "controlplane/cli/json.hpp"

namespace pollux::cli {

namespace {

std::string doing(const Options& options, const char* what) {
  return std::string("dtmf ") + what + " " + options.dtmf_session + " " + options.dtmf_leg;
}

std::string sent_text(const Options& options, const v1::InjectDtmfResponse& taken) {
  const std::string leg = "leg " + options.dtmf_leg;
  if (taken.digits().empty()) {
    return "Nothing was taken: presses that SIP INFO brings are not believed on " + leg +
           " (dtmf.receive_sip_info is OFF).\n";
  }
  return (options.from_party ? "Pressed by the party of " + leg : "On their way to the party of " + leg) +
         ": " + printable(taken.digits()) + " (" + std::to_string(taken.duration_ms()) +
         " ms each, pauses of " + std::to_string(taken.gap_ms()) + " ms).\n";
}

}  // namespace

int dtmf_send(const CommandContext& context) {
  const Options& options = context.options;
  v1::InjectDtmfRequest request;
  request.set_session_id(options.dtmf_session);
  request.set_leg_id(options.dtmf_leg);
  request.set_digits(options.digits);
  request.set_duration_ms(options.press_ms);
  request.set_gap_ms(options.gap_ms);
  if (options.volume_dbm0) {
    request.set_volume_dbm0(*options.volume_dbm0);
  }
  request.set_pressed_by_party(options.from_party);
  const auto answer = context.client.inject_dtmf(request);
  if (answer.error) {
    return context.fail(*answer.error, doing(options, "send"));
  }
  context.environment.out << (context.json() ? to_json(answer.value) : sent_text(options, answer.value));
  return kExitOk;
}

int dtmf_block(const CommandContext& context) {
  const Options& options = context.options;
  v1::BlockDtmfRequest request;
  request.set_session_id(options.dtmf_session);
  request.set_leg_id(options.dtmf_leg);
  request.set_mode(parse_block_mode(options.block_mode).value_or(v1::DTMF_BLOCK_UNSPECIFIED));
  const auto answer = context.client.block_dtmf(request);
  if (answer.error) {
    return context.fail(*answer.error, doing(options, "block"));
  }
  context.environment.out << (context.json()
                                  ? to_json(answer.value)
                                  : "Key presses of leg " + options.dtmf_leg + " are blocked (" +
                                        options.block_mode + "). polluxctl dtmf unblock ends that.\n");
  return kExitOk;
}

int dtmf_unblock(const CommandContext& context) {
  const Options& options = context.options;
  v1::UnblockDtmfRequest request;
  request.set_session_id(options.dtmf_session);
  request.set_leg_id(options.dtmf_leg);
  const auto answer = context.client.unblock_dtmf(request);
  if (answer.error) {
    return context.fail(*answer.error, doing(options, "unblock"));
  }
  context.environment.out << (context.json()
                                  ? to_json(answer.value)
                                  : "Key presses of leg " + options.dtmf_leg + " go to its sinks.\n");
  return kExitOk;
}

}  // namespace pollux::cli
