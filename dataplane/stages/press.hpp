// Key presses between those who tell of them, the sinks that are sent them, and control.
#pragma once

#include "dataplane/api/dtmf_injection.hpp"
#include "dataplane/session/dtmf_leg.hpp"
#include "dataplane/stages/context.hpp"

namespace pollux::stages {

// What one way tells of the keys of the leg's party.
void take_reports(Context& context, session::DtmfLeg& leg, DtmfWay way, const dtmf::PressReports& reports);

// Presses whose end was foreseen, and has come.
void expire_presses(Context& context, session::DtmfLeg& leg, std::uint64_t until_ms);

// Presses that SIP INFO has brought, one after another: those whose turn has come, and when the next one's
// is.
void take_info(Context& context, session::DtmfLeg& leg);
std::uint64_t info_due_ms(const session::DtmfLeg& leg);

// Presses that control orders. False: a queue has no room for all of them, and nothing has happened.
bool inject_presses(Context& context, session::DtmfLeg& leg, const DtmfInjection& injection);

}  // namespace pollux::stages
