// From what the parties of a call agreed to the legs of its session, and back to the ports.
#pragma once

#include <string>
#include <vector>

#include "controlplane/call/call.hpp"
#include "controlplane/session/session_types.hpp"

namespace pollux::call {

// Id of the leg of a party in a section, without its generation. "caller-1", "callee2-1": the number of the
// party where it isn't the first, then that of the m= line.
std::string leg_name(const Branch& branch, sdp::Side side, std::size_t section);

// The same with the generation that call.places has: the id in the session. Pre: it has one.
std::string leg_id(const Call& call, const std::string& name);

// The legs that all branches need. Those of a caller are the active branch's; a branch that isn't active has
// its legs, but nobody listens to them. Updates `call.places`: a leg whose ports can't stay gets another id.
std::vector<control::LegRequest> make_legs(Call& call);

// For a call of which nothing is relayed at the moment: a session has a leg at least.
control::LegRequest make_idle_leg(const std::string& network);

// Whether the body names one of the call's own ports: it has come round to the node again.
bool comes_from(const Call& call, const sdp::Document& body);

// Notes the local ports of the session.
void note_ports(Call& call, const control::SessionView& session);

// For Dialog::write(), by section.
std::vector<sdp::SectionPorts> ports_of(const Call& call, const Branch& branch);

}  // namespace pollux::call
