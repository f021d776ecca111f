// Reports to parties whose media goes through a media path (RFC 3550 §6.4, RFC 3611).
#pragma once

#include "dataplane/stages/context.hpp"

namespace pollux::stages {

// A leg's report is due: sends it, unless there is no address or no key to send with. Counted with stage
// rtcp_report. Pre: leg.report.on.
void rtcp_report(Context& context, session::Leg& leg);

}  // namespace pollux::stages
