// The stage that opens SRTP and SRTCP: index estimate, replay check, authentication, decryption. Nothing of a
// session changes, and nothing is learned, before a packet has proved genuine.
#pragma once

#include "dataplane/stages/context.hpp"

namespace pollux::stages {

// Opens in place what legs with keys received; drops what isn't genuine, or comes before there is a key. What
// passes between parties with keys of their own is marked opaque. The rest, and the order, stay as they are.
void srtp_unprotect(Context& context, MediaBatch& rtp);
void srtp_unprotect_rtcp(Context& context, MediaBatch& rtcp);

}  // namespace pollux::stages
