// Says BYE to the parties of a session that ends (RFC 3550 §6.6).
#pragma once

#include "dataplane/stages/context.hpp"

namespace pollux::stages {

// To every leg that was sent something: a BYE for the SSRCs that it was sent. Counted with stage rtcp.
void send_bye(Context& context, const session::Session& session);

}  // namespace pollux::stages
