// Offers, answers and calls between the API's messages and the control plane's types.
#pragma once

#include <string>

#include "controlplane/call/call_types.hpp"
#include "controlplane/session/session_rules.hpp"
#include "pollux/v1/offer_answer.pb.h"

namespace pollux::rpc {

// Reading: what can't be read is added to `violations`; a body that is no SDP too, with its line as the field
// ("sdp.line[7]"). Cost is bounded for any message. `malformed` is set where the body is what is wrong.
call::Offer read_offer(const v1::OfferRequest& request, const control::NodeDefaults& defaults,
                       control::Violations& violations, std::string& malformed);
call::Answer read_answer(const v1::AnswerRequest& request, const control::NodeDefaults& defaults,
                         control::Violations& violations, std::string& malformed);
call::DialogName read_name(const v1::DeleteCallRequest& request, control::Violations& violations);
void check_call_id(const std::string& call_id, control::Violations& violations);

void write_call(const call::CallView& view, v1::Call& message);

}  // namespace pollux::rpc
