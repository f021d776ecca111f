// What codec lists a session's legs may have, and which legs need one.
#pragma once

#include <span>

#include "controlplane/session/session_rules.hpp"
#include "dataplane/api/stats.hpp"

namespace pollux::control {

// Adds all that is wrong to `violations`. `known` is what the data plane can decode and encode. Looks at no
// more than kMaxLegs legs and kMaxCodecs codecs of each.
void check_codecs(const SessionRequest& request, std::span<const CodecCost> known, const LegPath& leg_path,
                  Violations& violations);

}  // namespace pollux::control
