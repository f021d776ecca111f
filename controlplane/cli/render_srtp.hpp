// SRTP of a session's legs as text.
#pragma once

#include <string>

#include "controlplane/cli/style.hpp"
#include "pollux/v1/session.pb.h"

namespace pollux::cli {

// A line per leg and direction: suite, packets, where each stream's packet index stands, what is left of the
// key's lifetime where that matters. Empty without a leg that speaks SRTP. Never shows a key.
std::string render_srtp(const v1::Session& session, const Style& style);

}  // namespace pollux::cli
