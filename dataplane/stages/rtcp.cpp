#include "dataplane/stages/rtcp.hpp"

#include "dataplane/base/static_vector.hpp"
#include "dataplane/rtp/party_view.hpp"
#include "dataplane/rtp/rtcp.hpp"
#include "dataplane/srtp/packet_layout.hpp"
#include "dataplane/stages/egress.hpp"
#include "dataplane/stages/source.hpp"
#include "dataplane/stages/srtp_protect.hpp"

namespace pollux::stages {

namespace {

// RFC 3264 §5.1: RTCP flows whatever the direction says.
bool admit(Context& context, const MediaPacket& packet) {
  session::Endpoint& endpoint = *packet.endpoint;
  if ((endpoint.rx_flags & (session::kRxRtcpPort | session::kRxMux)) == 0) {
    drop(context, endpoint, packet.mbuf, DropReason::rtcp_on_rtp_port);
    return false;
  }
  const std::span<const std::uint8_t> compound(packet.payload, packet.payload_length);
  const bool valid = packet.opaque ? srtp::plausible_srtcp(packet.payload, packet.payload_length)
                                   : rtp::validate_rtcp(compound, rtp::ReducedSize::kAllowed);
  if (!valid) {
    drop(context, endpoint, packet.mbuf, DropReason::rtcp_malformed);
    return false;
  }
  if (!udp_checksum_right(packet)) {
    drop(context, endpoint, packet.mbuf, DropReason::checksum_wrong);
    return false;
  }
  const bool from_party = from_believed_source(packet);
  if (!admit_rtcp_source(context, packet, rtp::rtcp_sender_ssrc(compound))) {
    return false;
  }
  if (!within_rate(context, endpoint, from_party)) {
    drop(context, endpoint, packet.mbuf, DropReason::rate_exceeded);
    return false;
  }
  if (endpoint.leg->rtcp != endpoint.leg->rtp) {  // a shared port counts as RTP's
    endpoint.rx_packets.add(1);
    endpoint.rx_bytes.add(packet.payload_length);
  }
  endpoint.last_rx_tsc = context.now_tsc;
  if ((endpoint.rx_flags & session::kRxCapture) != 0) {
    capture_received(context, endpoint, *packet.mbuf);
  }
  return true;
}

// What the party behind `to` must be told differently from what the party behind `from` said.
rtp::RtcpMapping mapping_between(const session::Leg& from, const session::Leg& to) {
  rtp::RtcpMapping mapping;
  mapping.source_id = from.rtp->index;
  if ((to.rtp->tx_flags & session::kTxRewrite) != 0) {
    mapping.forward = &to.rtp->rewriter;
    const session::SentCounts sent = session::sent_as_own(to);
    mapping.packets_sent = static_cast<std::uint32_t>(sent.packets);
    mapping.octets_sent = static_cast<std::uint32_t>(sent.octets);
  }
  if ((from.rtp->tx_flags & session::kTxRewrite) != 0) {
    mapping.reverse = &from.rtp->rewriter;
  }
  return mapping;
}

// Before anything is translated: what the party says of our media, and what it is told of the other's.
void note_reports(const Context& context, const MediaPacket& packet) {
  session::Leg& leg = *packet.endpoint->leg;
  const std::span<const std::uint8_t> compound(packet.payload, packet.payload_length);
  const std::uint64_t now_us = context.tsc_us();
  const rtp::ReportContents contents = leg.report.on
                                           ? rtp::read_reports_to(leg.rtp->rewriter.out_ssrc(), compound)
                                           : rtp::read_reports(compound);
  if (contents.block) {
    leg.party.on_report(*contents.block, now_us);
  }
  if (contents.sr_ntp_middle) {
    leg.report.last_sr.on_sr(contents.sr_ssrc, *contents.sr_ntp_middle, now_us);
    for (const session::Route& route : leg.routing->routes) {
      if (!session::path_between(leg, *route.sink)) {
        route.sink->party.on_sr_sent(*contents.sr_ntp_middle, now_us);
      }
    }
  }
}

void send_to(Context& context, const MediaPacket& packet, rte_mbuf* mbuf, std::uint8_t* payload,
             const session::Leg& to) {
  session::Endpoint& source = *packet.endpoint;
  if ((to.rtcp->tx_flags & session::kTxRemote) == 0) {
    drop(context, source, mbuf, DropReason::no_remote);
    return;
  }
  std::size_t length = packet.payload_length;
  const rtp::RtcpMapping mapping = mapping_between(*source.leg, to);
  if (mapping.forward != nullptr || mapping.reverse != nullptr) {
    length = rtp::translate_rtcp({payload, length}, mapping);
    if (length == 0) {
      drop(context, source, mbuf, DropReason::stream_superseded);
      return;
    }
  }
  send_rtcp(context, *to.rtcp, source, mbuf, payload, static_cast<std::uint16_t>(length));
}

void relay(Context& context, const MediaPacket& packet) {
  const session::Leg& leg = *packet.endpoint->leg;
  StaticVector<const session::Leg*, kMaxLegs> sinks;
  for (const session::Route& route : leg.routing->routes) {
    // Parties with a path between them are told by rtcp_report instead.
    if (!leg.report.on || !session::path_between(leg, *route.sink)) {
      sinks.push_back(route.sink);
    }
  }
  if (sinks.empty()) {
    if (leg.report.on) {
      rte_pktmbuf_free(packet.mbuf);  // it was for Pollux, which has read it
    } else {
      drop(context, *packet.endpoint, packet.mbuf, DropReason::no_sink);
    }
    return;
  }
  // Copies first, as the last send uses the packet up.
  for (std::size_t i = 1; i < sinks.size(); ++i) {
    rte_mbuf* const copy = rte_pktmbuf_copy(packet.mbuf, context.mempool, 0, UINT32_MAX);
    if (copy == nullptr) {
      blame(context, *packet.endpoint, DropReason::no_mbuf);
      continue;
    }
    const auto offset = packet.payload - rte_pktmbuf_mtod(packet.mbuf, std::uint8_t*);
    send_to(context, packet, copy, rte_pktmbuf_mtod(copy, std::uint8_t*) + offset, *sinks[i]);
  }
  send_to(context, packet, packet.mbuf, packet.payload, *sinks[0]);
}

}  // namespace

void rtcp(Context& context, MediaBatch& batch) {
  if (batch.count == 0) {
    return;
  }
  const StageTimer timer(context, Stage::rtcp, batch.count);
  for (std::uint16_t i = 0; i < batch.count; ++i) {
    if (admit(context, batch.packets[i])) {
      if (!batch.packets[i].opaque) {
        note_reports(context, batch.packets[i]);
      }
      relay(context, batch.packets[i]);
    }
  }
  batch.count = 0;
}

}  // namespace pollux::stages
