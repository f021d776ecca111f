// The stage that protects what goes to legs that speak SRTP, and sends it.
#pragma once

#include "dataplane/stages/context.hpp"

namespace pollux::stages {

// Encrypts, authenticates and emits; leaves the batch empty. Pre: each packet has its outgoing endpoint,
// which has kTxSrtp and kTxRemote, and its final RTP header.
void srtp_protect(Context& context, MediaBatch& batch);

// Sends an RTCP compound packet from `endpoint`, protected where the leg speaks SRTP. The packet is gone
// afterwards, sent or dropped. `blame` is the endpoint whose drop counter takes it. Pre: endpoint has
// kTxRemote.
void send_rtcp(Context& context, session::Endpoint& endpoint, session::Endpoint& blame, rte_mbuf* mbuf,
               std::uint8_t* payload, std::uint16_t length);

// False for a leg whose party would not understand what Pollux has to say of its own.
inline bool has_send_key(const session::Endpoint& endpoint) {
  return endpoint.protection == session::Protection::kNone || endpoint.srtp_out != 0;
}

}  // namespace pollux::stages
