#include "controlplane/session/session_failures.hpp"

#include "controlplane/session/session_rules.hpp"

namespace pollux::control {

Failure unknown_session(const std::string& id) {
  return make_failure(ErrorCode::kNotFound, "SESSION_UNKNOWN",
                      "there is no session " + shown(id) + "; it may have ended: see WatchEvents");
}

Failure busy_session(const std::string& id) {
  return make_failure(
      ErrorCode::kUnavailable, "SESSION_BUSY",
      "too many commands wait for session " + shown(id) + ": wait for answers, then try again");
}

Failure node_draining() {
  return make_failure(ErrorCode::kUnavailable, "NODE_DRAINING",
                      "this node takes no new sessions: use another one");
}

Failure unknown_leg(const std::string& id, const std::string& leg_id) {
  return make_failure(ErrorCode::kNotFound, "LEG_UNKNOWN",
                      "session " + shown(id) + " has no leg " + shown(leg_id) + "; Get tells which it has");
}

}  // namespace pollux::control
