#include "controlplane/call/call_failures.hpp"

#include <utility>

#include "controlplane/session/session_rules.hpp"

namespace pollux::call {

control::Failure sdp_failure(Error error) {
  control::Failure failure;
  if (!error.field.empty()) {
    failure.violations.push_back({error.field, error.message});
  }
  failure.error = std::move(error);
  return failure;
}

control::Failure unknown_call(const std::string& call_id) {
  return control::make_failure(
      ErrorCode::kNotFound, "CALL_UNKNOWN",
      "there is no call " + control::shown(call_id) + ": it has ended, or its offer never came to this node");
}

control::Failure unknown_party(const DialogName& name) {
  return control::make_failure(ErrorCode::kNotFound, "PARTY_UNKNOWN",
                               "call " + control::shown(name.call_id) + " has no dialog with from_tag " +
                                   control::shown(name.from_tag) + ", to_tag " + control::shown(name.to_tag) +
                                   " and via_branch " + control::shown(name.via_branch));
}

control::Failure busy_call(const std::string& call_id) {
  return control::make_failure(
      ErrorCode::kUnavailable, "NODE_BUSY",
      "too many requests wait for call " + control::shown(call_id) + ": wait for their answers");
}

control::Failure too_many_legs(const std::string& call_id, std::size_t legs) {
  return control::make_failure(ErrorCode::kExhausted, "LEGS_EXHAUSTED",
                               "call " + control::shown(call_id) + " would have " + std::to_string(legs) +
                                   " legs, one for each section of each party: " + std::to_string(kMaxLegs) +
                                   " are the most. Fork to fewer receivers, or end branches that are over");
}

control::Failure id_conflict(const std::string& call_id, const std::string& session_id) {
  return control::make_failure(ErrorCode::kAlreadyExists, "SESSION_ID_CONFLICT",
                               "call " + control::shown(call_id) + " would be session " +
                                   control::shown(session_id) + ", which belongs to another call");
}

}  // namespace pollux::call
