// How legs may have key presses, and what AUTO means for one.
#pragma once

#include "controlplane/session/session_rules.hpp"

namespace pollux::control {

// Adds all that is wrong with the legs' key presses to `violations`. Looks at no more than kMaxLegs legs and
// kMaxCodecs codecs of each.
void check_dtmf(const SessionRequest& request, const LegPath& leg_path, Violations& violations);

// Pre: the leg has codecs, and the request passed check_session().
DtmfWays dtmf_ways(const SessionRequest& request, const LegRequest& leg);

// Ids of the legs whose parties are to be sent an INFO for a press: `outgoing`, for `leg`'s party; else of
// it. Pre: as above.
std::vector<std::string> info_legs(const SessionRequest& request, const LegRequest& leg, bool outgoing);

}  // namespace pollux::control
