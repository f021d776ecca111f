// What keys a session's legs may have, and which legs may pass SRTP through.
#pragma once

#include "controlplane/session/session_rules.hpp"

namespace pollux::control {

// Adds all that is wrong to `violations`. A key that the same leg of `before` (null: a new session) has needs
// no leave again: a reload takes nothing from the calls that there are. Looks at no more than kMaxLegs legs.
void check_srtp(const SessionRequest& request, bool allow_null_cipher, const SessionRequest* before,
                const LegPath& leg_path, Violations& violations);

}  // namespace pollux::control
