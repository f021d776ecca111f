// `polluxctl capture`.
#pragma once

#include <string>

#include "controlplane/cli/command_context.hpp"
#include "controlplane/cli/parsed.hpp"

namespace pollux::cli {

// Writes the file until a limit, Ctrl-C or the end of the session. Returns the exit code.
int capture(const CommandContext& context);

Parsed<v1::CaptureRequest> make_capture_request(const Options& options);

// "leg a, received (rtp_receive)", "leg b, dropped: direction (one of the legs forbids ...)": of one packet
// in the file. `help`: what its drop reason means; may be empty.
std::string capture_comment(const v1::CapturedPacket& packet, const std::string& help);

}  // namespace pollux::cli
