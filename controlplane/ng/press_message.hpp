// A key press as it is told to a proxy.
#pragma once

#include <optional>
#include <string>

#include "controlplane/ng/value.hpp"
#include "pollux/v1/offer_answer.pb.h"

namespace pollux::ng {

// The press of `event`'s party, in rtpengine's layout; nothing where the call doesn't know the leg.
std::optional<Dict> press_message(const v1::Event& event, const v1::Call& call);

// The same press as one that the proxy has to send on to the party of `leg_id` by SIP INFO: `direction` is
// "outgoing", `target_tag` the party.
std::optional<Dict> outgoing_message(const v1::Event& event, const v1::Call& call, const std::string& leg_id);

// Whether a message about the event can be made of `call`: it knows the legs.
bool knows_legs(const v1::Event& event, const v1::Call& call);

}  // namespace pollux::ng
