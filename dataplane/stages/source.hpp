// Where a packet comes from, and whether to believe it: the slow side of rtp_receive and rtcp, taken only
// while an endpoint's source isn't known or when a packet comes from elsewhere.
#pragma once

#include "dataplane/stages/context.hpp"

namespace pollux::stages {

inline const std::uint8_t* packet_ip(const MediaPacket& packet) {
  return rte_pktmbuf_mtod_offset(packet.mbuf, const std::uint8_t*, packet.ip_offset);
}

SocketAddress source_of(const MediaPacket& packet);

// True when the UDP check sum is right or absent (IPv4). State is learned only from packets that pass.
bool udp_checksum_right(const MediaPacket& packet);

// Decides about an RTP packet whose source isn't the believed one; learns it where the leg's mode says so.
// False: the packet has been dropped. Pre: packet.header is valid.
bool admit_rtp_source(Context& context, const MediaPacket& packet);

// The same for RTCP, which never teaches where RTP goes. `ssrc` is the sender's.
bool admit_rtcp_source(Context& context, const MediaPacket& packet, std::uint32_t ssrc);

// A believed source has begun (`first`) or gone on with another SSRC.
void report_stream(Context& context, const session::Endpoint& endpoint, bool first);

}  // namespace pollux::stages
