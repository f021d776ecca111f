// Runs the paths of routes whose media isn't just relayed: those that decode nothing here, in the session's
// own worker, the others on the media worker (transcode).
#pragma once

#include "dataplane/stages/context.hpp"

namespace pollux::stages {

// Takes the packet away from its batch, for `route`; forward_media() sends it on its way. `packet.payload` is
// the RTP packet.
void gather_media(Context& context, const MediaPacket& packet, session::MediaRoute& route);

// The same for a packet that only leaves its number: it has been taken out of the stream.
void gather_taken_out(Context& context, const MediaPacket& packet, session::MediaRoute& route);

// All that was gathered: through paths in line, or to their media workers.
void forward_media(Context& context);

// The path of `route`, which belongs to this worker's thread, gets a packet and is run.
void run_media(Context& context, session::MediaRoute& route, rte_mbuf* mbuf);

// Runs the path of a route that belongs to this worker's thread until it has nothing to do, and arms its
// timer.
void run_path(Context& context, session::MediaRoute& route);

// A packet of a path is done: to rtp_send where the session is this worker's, else to the worker whose it is.
void deliver(Context& context, session::MediaRoute& route, rte_mbuf* mbuf);

// rtp_send for what has been delivered here.
void send_made(Context& context);

}  // namespace pollux::stages
