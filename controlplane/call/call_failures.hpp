// Why a request about a call fails.
#pragma once

#include "controlplane/call/call_types.hpp"
#include "controlplane/session/session_types.hpp"

namespace pollux::call {

// Of the SDP engine: with the line as the wrong field, where it names one.
control::Failure sdp_failure(Error error);
control::Failure unknown_call(const std::string& call_id);
control::Failure unknown_party(const DialogName& name);
control::Failure busy_call(const std::string& call_id);
control::Failure too_many_legs(const std::string& call_id, std::size_t legs);
control::Failure id_conflict(const std::string& call_id, const std::string& session_id);

}  // namespace pollux::call
