// Checks RTP, its source and payload type, measures it and fans it out to its sinks.
#pragma once

#include "dataplane/stages/context.hpp"

namespace pollux::stages {

// Takes all of `batch`; what may pass is sent by rtp_send(). Both batches are empty afterwards.
void rtp_receive(Context& context, MediaBatch& batch);

}  // namespace pollux::stages
