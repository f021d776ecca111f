// Puts the headers of the outgoing endpoint before a UDP payload and queues the packet: the common end of
// rtp_send and rtcp.
#pragma once

#include "dataplane/stages/context.hpp"

namespace pollux::stages {

// How the UDP check sum of an outgoing packet comes about.
struct UdpChecksum {
  enum class Kind : std::uint8_t {
    kUpdated,  // `value` is right already: the received one, updated for what was changed
    kAbsent,   // the sender had none; fine for IPv4 (RFC 768), made from scratch for IPv6
    kScratch,  // the payload is new
  };
  Kind kind = Kind::kScratch;
  std::uint16_t value = 0;
};

// Sends `length` bytes at `payload` (inside mbuf's data room, in one segment) from `endpoint` to where it
// points and counts them. The packet is gone afterwards, sent or dropped. `blame` is the endpoint whose drop
// counter takes it. `overhead`: bytes of `length` that SRTP added, which tx_bytes leaves out, as rx_bytes
// does. Pre: endpoint has kTxRemote.
void emit(Context& context, session::Endpoint& endpoint, session::Endpoint& blame, rte_mbuf* mbuf,
          std::uint8_t* payload, std::uint16_t length, UdpChecksum checksum, std::uint16_t overhead = 0);

// The same headers before a payload that isn't sent, but shown to a capture. False: they don't fit.
bool put_headers(session::Endpoint& endpoint, rte_mbuf& mbuf, std::uint8_t* payload, std::uint16_t length,
                 UdpChecksum checksum);

}  // namespace pollux::stages
