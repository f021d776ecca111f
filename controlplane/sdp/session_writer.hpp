// Makes the session part of an SDP body for one party out of the other one's.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controlplane/sdp/dialog_state.hpp"
#include "controlplane/sdp/document.hpp"
#include "controlplane/sdp/sdp_options.hpp"

namespace pollux::sdp {

// `relay`: where the party finds the relay; unset: nothing is relayed, and no address is replaced.
// `replace_connection`: c= becomes the relay's.
std::vector<Line> write_session(const Document& body, const ReplaceOptions& options,
                                const std::optional<IpAddress>& relay, bool replace_connection,
                                const ToldSession& told);

// Gives o= its version: told.version, which goes up when the text isn't the last one's.
void write_version(Document& document, ToldSession& told);

}  // namespace pollux::sdp
