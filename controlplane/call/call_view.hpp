// What is told of a call.
#pragma once

#include "controlplane/call/call.hpp"
#include "controlplane/call/call_types.hpp"
#include "controlplane/session/session_types.hpp"

namespace pollux::call {

CallView view_of(const Call& call, control::SessionView session);

}  // namespace pollux::call
