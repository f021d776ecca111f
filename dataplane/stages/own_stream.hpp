// A leg's outgoing stream, where packets are to be put into it or taken out: it becomes the leg's own.
#pragma once

#include "dataplane/stages/context.hpp"

namespace pollux::stages {

// Its clock, as an index into kClockRates: that of what went out last, or the leg's first format's. Pre: a
// leg with codecs.
std::uint8_t stream_clock(const session::Endpoint& sink);

// The stream that goes out here is the leg's own from now on: it begins one, or what was relayed unchanged
// goes on with the same numbers. Where several legs lead here nothing is changed: their
// streams can't become one.
void own_stream(Context& context, session::Endpoint& sink);

// A packet of the stream to `sink` that doesn't go out: the next one takes its number. A stream that went out
// as its source sent it goes on like that, but is the leg's own from now on; where
// several parties' streams go out side by side it is just missing. `event`: it is a telephone-event.
void leave_out(Context& context, session::Endpoint& sink, const session::Endpoint& source,
               const rtp::RtpHeader& header, bool event);

}  // namespace pollux::stages
