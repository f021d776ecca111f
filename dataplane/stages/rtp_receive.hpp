// Checks RTP, its source and payload type, measures it and fans it out to its sinks.
#pragma once

#include "dataplane/stages/context.hpp"

namespace pollux::stages {

// Sends the packet on to its sinks: into `out`, which may be sent before to make room, or to the paths that
// are in the way. Its payload type is looked up as if there were no stage dtmf. Pre: it has been admitted.
void pass_on(Context& context, MediaPacket& packet, MediaBatch& out);

// Takes all of `batch`; what may pass is sent by rtp_send(). Both batches are empty afterwards.
void rtp_receive(Context& context, MediaBatch& batch);

}  // namespace pollux::stages
