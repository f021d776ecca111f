// Why commands fail that name a session: the same sentence wherever it happens.
#pragma once

#include "controlplane/session/session_types.hpp"

namespace pollux::control {

Failure unknown_session(const std::string& id);
Failure unknown_leg(const std::string& id, const std::string& leg_id);
Failure busy_session(const std::string& id);
Failure node_draining();

}  // namespace pollux::control
