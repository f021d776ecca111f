// Key presses that come: takes telephone-events out of the streams, listens for tones, and makes one press of
// whatever tells of it.
#pragma once

#include "dataplane/api/dtmf_injection.hpp"
#include "dataplane/session/dtmf_leg.hpp"
#include "dataplane/session/session_plan.hpp"
#include "dataplane/stages/context.hpp"

namespace pollux::stages {

// Whether this is a telephone-event, or RED, and no audio. Pre: kPayloadTypeDtmf.
bool is_event(const session::DtmfLeg& leg, std::uint8_t payload_type);

// Takes the packet away from its batch, for dtmf(). Pre: kPayloadTypeDtmf; at most kBatch between two calls
// of dtmf().
void gather_dtmf(Context& context, const MediaPacket& packet);

// All that was gathered, in its order.
void dtmf(Context& context);

// What has become due without a packet.
void expire_dtmf(Context& context, session::DtmfLeg& leg);

// False: a queue has no room for all of it, and nothing has happened. Unknown legs, and those without codecs,
// take nothing.
bool inject_dtmf(Context& context, session::Session& session, const DtmfInjection& injection);

// Before a plan is applied to the leg: what can't go on under it comes to its end.
void change_dtmf(Context& context, session::DtmfLeg& leg, const session::LegPlan& plan);

// Presses that are going on are over, for control and for the sinks that there are: who told of them does so
// no more, or they will have another way.
void end_presses(Context& context, session::DtmfLeg& leg);

// The leg goes away, or is no longer listened to: what is held back goes on or, with `drop_all`, away.
void release_dtmf(Context& context, session::DtmfLeg& leg, bool drop_all);

}  // namespace pollux::stages
