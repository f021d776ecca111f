// Key presses that go: telephone-event packets and tones, in place of the audio.
#pragma once

#include "dataplane/session/dtmf_leg.hpp"
#include "dataplane/stages/context.hpp"

namespace pollux::stages {

// False: its queue is full. Pre: the order fits what the leg can send.
bool queue_digit(Context& context, session::DtmfLeg& leg, const dtmf::DigitOrder& order);

// Does what is due, and arms the timer for the rest.
void dtmf_send(Context& context, session::DtmfLeg& leg);

// Presses that are being sent, or wait, are given up, and counted as refused.
void end_sending(Context& context, session::DtmfLeg& leg, DtmfWay way);

// Counts for the leg and for the worker.
void count(Context& context, session::DtmfLeg& leg, DtmfWay way, DtmfCount what);

// Sends the packets that were made. Before anything else goes to rtp_send, as their numbers come first.
void send_inserted(Context& context);

// Control is told of a press that it has to send to the leg's party.
void tell_outgoing(Context& context, session::DtmfLeg& leg, std::uint8_t event, DtmfPhase phase,
                   std::uint32_t duration_ms);

// Whether audio has to give way to a press that is being sent. The first packet that hasn't ends that. Pre:
// kTxDtmf at packet.endpoint.
bool gives_way(Context& context, const MediaPacket& packet);

}  // namespace pollux::stages
