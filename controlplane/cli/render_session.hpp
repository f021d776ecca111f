// Sessions as text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/cli/style.hpp"
#include "pollux/v1/session.pb.h"

namespace pollux::cli {

// `now_seconds` since 1970 serves the age. `total` is the node's number of sessions.
std::string render_session_list(const std::vector<v1::Session>& sessions, std::uint64_t total,
                                double now_seconds, const Style& style);

// Spec, counters and quality of each leg, and a verdict per direction. `worker_load` is that of the session's
// worker, 0..1; unset: not known.
std::string render_session(const v1::Session& session, double now_seconds, std::optional<double> worker_load,
                           const Style& style);

}  // namespace pollux::cli
