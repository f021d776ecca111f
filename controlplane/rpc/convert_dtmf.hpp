// Key presses between the API's messages and the control plane's types.
#pragma once

#include <string>

#include "controlplane/session/event_log.hpp"
#include "controlplane/session/session_patch.hpp"
#include "controlplane/session/session_types.hpp"
#include "dataplane/api/dtmf_injection.hpp"
#include "pollux/v1/media_service.pb.h"
#include "pollux/v1/session.pb.h"

namespace pollux::rpc {

// Of the fields named, what has to do with key presses. What can't be read is added to `violations`.
void read_dtmf(const v1::LegSpec& from, control::LegFields fields, const std::string& path,
               control::LegRequest& leg, control::Violations& violations);

// Of the fields named; the others are as they are by default. `path` is where the policy lies.
DtmfPolicy read_dtmf_policy(const v1::DtmfPolicy& policy, control::LegFields fields, const std::string& path,
                            control::Violations& violations);

// Everything but the number of the leg.
DtmfInjection read_injection(const v1::InjectDtmfRequest& request, control::Violations& violations);
// Never kOff.
DtmfBlock read_block_mode(const v1::BlockDtmfRequest& request, control::Violations& violations);

void write_dtmf_policy(const DtmfPolicy& policy, v1::DtmfPolicy& message);
void write_dtmf_state(const control::DtmfWays& ways, const DtmfCounts<std::uint64_t>& counts,
                      v1::DtmfState& message);
void write_press(const control::LoggedPress& press, v1::DtmfEvent& message);
v1::DtmfBlock block_of(DtmfBlock block);
// As InjectDtmfRequest::digits has them.
std::string digits_of(const DtmfInjection& injection);

}  // namespace pollux::rpc
