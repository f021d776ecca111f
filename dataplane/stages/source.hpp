// Where a packet comes from, and whether to believe it: the slow side of rtp_receive and rtcp, taken only
// while an endpoint's source isn't known or when a packet comes from elsewhere.
#pragma once

#include <cstring>

#include "dataplane/stages/context.hpp"

namespace pollux::stages {

inline const std::uint8_t* packet_ip(const MediaPacket& packet) {
  return rte_pktmbuf_mtod_offset(packet.mbuf, const std::uint8_t*, packet.ip_offset);
}

// Whether the packet comes from where its endpoint's party is known to be.
inline bool from_believed_source(const MediaPacket& packet) {
  const session::Endpoint& endpoint = *packet.endpoint;
  if ((endpoint.rx_flags & session::kRxBelieved) == 0) {
    return false;
  }
  const std::uint8_t* const ip = packet_ip(packet);
  std::uint16_t port;
  if (!packet.v6) [[likely]] {
    std::uint32_t address;
    std::memcpy(&address, ip + 12, 4);
    std::memcpy(&port, ip + 20, 2);
    return address == endpoint.believed_ip.v4().raw() && port == endpoint.believed_port.raw();
  }
  std::memcpy(&port, ip + 40, 2);
  return std::memcmp(ip + 8, endpoint.believed_ip.bytes().data(), 16) == 0 &&
         port == endpoint.believed_port.raw();
}

// Whether a packet that its leg takes is within DataplaneConfig::max_packets_per_second; it is then counted.
// `from_party`: what from_believed_source() said of it. A stranger's SRTP has been counted by may_open().
inline bool within_rate(const Context& context, session::Endpoint& endpoint, bool from_party) {
  const std::uint32_t interval_us = context.packet_interval_us.load(std::memory_order_relaxed);
  if (interval_us == 0) {
    return true;
  }
  const auto now_us = static_cast<std::uint32_t>(context.now_us);
  if (from_party) [[likely]] {
    return endpoint.party_rate.take(now_us, interval_us);
  }
  return endpoint.protection == session::Protection::kSrtp ||
         endpoint.strangers_rate.take(now_us, interval_us);
}

// Whether it is worth the trouble to open an SRTP packet. A party's is counted when it has been opened, since
// anybody can forge its address; a stranger's now.
inline bool may_open(const Context& context, const MediaPacket& packet) {
  const std::uint32_t interval_us = context.packet_interval_us.load(std::memory_order_relaxed);
  session::Endpoint& endpoint = *packet.endpoint;
  if (interval_us == 0) {
    return true;
  }
  const auto now_us = static_cast<std::uint32_t>(context.now_us);
  return from_believed_source(packet) ? !endpoint.party_rate.exhausted(now_us, interval_us)
                                      : endpoint.strangers_rate.take(now_us, interval_us);
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
