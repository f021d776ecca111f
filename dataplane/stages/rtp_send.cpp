#include "dataplane/stages/rtp_send.hpp"

#include <cstring>

#include "dataplane/base/byte_order.hpp"
#include "dataplane/base/checksum.hpp"
#include "dataplane/stages/dtmf_send.hpp"
#include "dataplane/stages/egress.hpp"
#include "dataplane/stages/source.hpp"
#include "dataplane/stages/srtp_protect.hpp"

namespace pollux::stages {

namespace {

constexpr std::uint16_t kRtpFixedLength = 12;

// Sum of what the received UDP check sum covers and the outgoing one doesn't: addresses and ports.
std::uint64_t received_pseudo_sum(const MediaPacket& packet) {
  const std::uint8_t* const ip = packet_ip(packet);
  return packet.v6 ? checksum_add(0, ip + 8, 36) : checksum_add(0, ip + 12, 12);
}

bool may_leave(Context& context, const MediaPacket& packet) {
  std::uint8_t flags = packet.endpoint->tx_flags;
  constexpr std::uint8_t kBoth = session::kTxRemote | session::kTxForward;
  if ((flags & (kBoth | session::kTxDtmf)) == kBoth && packet.payload_type != session::kPayloadTypeUnmapped)
      [[likely]] {
    return true;
  }
  if ((flags & session::kTxDtmf) != 0) {
    if (gives_way(context, packet)) {
      rte_pktmbuf_free(packet.mbuf);
      return false;
    }
    flags = packet.endpoint->tx_flags;
    if ((flags & kBoth) == kBoth && packet.payload_type != session::kPayloadTypeUnmapped) {
      return true;
    }
  }
  const DropReason reason = packet.payload_type == session::kPayloadTypeUnmapped
                                ? DropReason::payload_type_unmapped
                            : (flags & session::kTxForward) == 0 ? DropReason::direction
                                                                 : DropReason::no_remote;
  drop(context, *packet.source, packet.mbuf, reason);
  return false;
}

// Writes the outgoing RTP header over the received one. False: the packet has been dropped. Adds the sums of
// the old and the new header where something changed.
bool rewrite(Context& context, MediaPacket& packet, std::uint64_t& removed, std::uint64_t& added) {
  session::Endpoint& to = *packet.endpoint;
  const bool rewrites = (to.tx_flags & session::kTxRewrite) != 0;
  if (!rewrites && packet.payload_type == packet.header.payload_type) [[likely]] {
    return true;
  }
  removed = checksum_add(removed, packet.payload, kRtpFixedLength);
  rtp::set_payload_type(packet.payload, packet.payload_type);
  if (rewrites) {
    const std::uint32_t clock_rate = session::kClockRates[packet.clock];
    rtp::RewrittenHeader out;
    if (!to.rewriter.map({packet.header.ssrc, packet.source->index}, packet.header,
                         static_cast<std::uint32_t>(context.now_ms), clock_rate, out)) {
      drop(context, *packet.source, packet.mbuf, DropReason::stream_superseded);
      return false;
    }
    rtp::set_marker(packet.payload, out.marker);
    rtp::set_sequence(packet.payload, out.sequence);
    rtp::set_timestamp(packet.payload, out.timestamp);
    rtp::set_ssrc(packet.payload, out.ssrc);
  }
  added = checksum_add(added, packet.payload, kRtpFixedLength);
  return true;
}

UdpChecksum updated_checksum(const MediaPacket& packet, std::uint64_t removed, std::uint64_t added) {
  if (packet.checksum_unknown) {
    return {UdpChecksum::Kind::kScratch, 0};
  }
  std::uint16_t received;
  std::memcpy(&received, packet.payload - 2, 2);
  if (received == 0) {
    return {UdpChecksum::Kind::kAbsent, 0};
  }
  removed += received_pseudo_sum(packet);
  added += packet.endpoint->pseudo_header_sum;
  const std::uint16_t updated = checksum_update(received, removed, added);
  return {UdpChecksum::Kind::kUpdated, updated == 0 ? std::uint16_t{0xffff} : updated};
}

}  // namespace

void rtp_send(Context& context, MediaBatch& batch) {
  if (batch.count == 0) {
    return;
  }
  if (context.dtmf.inserted.count != 0) [[unlikely]] {
    send_inserted(context);
  }
  std::uint16_t to_protect = 0;
  {
    const StageTimer timer(context, Stage::rtp_send, batch.count);
    for (std::uint16_t i = 0; i < batch.count; ++i) {
      MediaPacket& packet = batch.packets[i];
      if (!may_leave(context, packet)) {
        continue;
      }
      std::uint64_t removed = 0;
      std::uint64_t added = 0;
      if (!rewrite(context, packet, removed, added)) {
        continue;
      }
      if ((packet.endpoint->tx_flags & session::kTxSrtp) != 0) {
        if (to_protect != i) {
          batch.packets[to_protect] = packet;
        }
        ++to_protect;
        continue;
      }
      emit(context, *packet.endpoint, *packet.source, packet.mbuf, packet.payload, packet.payload_length,
           updated_checksum(packet, removed, added));
    }
  }
  batch.count = to_protect;
  srtp_protect(context, batch);
}

}  // namespace pollux::stages
