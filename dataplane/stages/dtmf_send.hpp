// Key presses that go: telephone-event packets and tones, in place of the audio.
#pragma once

#include "dataplane/session/dtmf_leg.hpp"
#include "dataplane/stages/context.hpp"

namespace pollux::stages {

// False: its queue is full. Pre: the order fits what the leg can send.
bool queue_digit(Context& context, session::DtmfLeg& leg, const dtmf::DigitOrder& order);

// Does what is due, and arms the timer for the rest.
void dtmf_send(Context& context, session::DtmfLeg& leg);

// Counts for the leg and for the worker.
void count(Context& context, session::DtmfLeg& leg, DtmfWay way, DtmfCount what);

// Sends the packets that were made. Before anything else goes to rtp_send, as their numbers come first.
void send_inserted(Context& context);

// Whether audio has to give way to a press that is being sent. The first packet that hasn't ends that. Pre:
// kTxDtmf at packet.endpoint.
bool gives_way(Context& context, const MediaPacket& packet);

// A packet of the stream to `sink` that doesn't go out: the next one takes its number. A stream that went out
// as its source sent it goes on like that, but is the leg's own from now on. `event`: it is a
// telephone-event.
void leave_out(Context& context, session::Endpoint& sink, const session::Endpoint& source,
               const rtp::RtpHeader& header, bool event);

}  // namespace pollux::stages
