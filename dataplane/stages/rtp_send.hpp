// Rewrites RTP where asked and puts the headers of the outgoing leg on.
#pragma once

#include "dataplane/stages/context.hpp"

namespace pollux::stages {

// Sends all of `batch` from the endpoints its packets name, and empties it.
void rtp_send(Context& context, MediaBatch& batch);

}  // namespace pollux::stages
