#include "dataplane/stages/rtp_receive.hpp"

#include <rte_prefetch.h>

#include "dataplane/stages/dtmf.hpp"
#include "dataplane/stages/repacketize.hpp"
#include "dataplane/stages/rtp_send.hpp"
#include "dataplane/stages/source.hpp"

namespace pollux::stages {

namespace {

[[gnu::noinline]] void sample(const MediaPacket& packet) {
  const session::Endpoint& endpoint = *packet.endpoint;
  const bool sound = packet.opaque ||
                     rtp::has_sound(packet.header.payload_type, packet.payload + packet.header.header_length,
                                    packet.header.payload_length);
  endpoint.leg->quality.on_sample(packet.header, sound, session::kClockRates[packet.clock],
                                  endpoint.reception);
}

void measure(Context& context, const MediaPacket& packet, session::Endpoint& endpoint) {
  const bool first = endpoint.rx_packets.get() == 0;
  endpoint.rx_packets.add(1);
  endpoint.rx_bytes.add(packet.payload_length);
  endpoint.last_rx_tsc = context.now_tsc;
  const bool event = packet.payload_type == session::kPayloadTypeDtmf &&
                     is_event(*endpoint.leg->dtmf, packet.header.payload_type);
  const rtp::Arrival arrival = rtp::receive(endpoint.reception, endpoint.leg->quality, packet.header,
                                            context.rtp_ticks(packet.clock), event);
  if (arrival == rtp::Arrival::kNewStream) [[unlikely]] {
    report_stream(context, endpoint, first);
  }
  if (rtp::is_sampled(endpoint.reception.received()) && !event) [[unlikely]] {
    sample(packet);
  }
}

// The checks of one packet. False: it has been dropped.
bool admit(Context& context, MediaPacket& packet) {
  session::Endpoint& endpoint = *packet.endpoint;
  if (!rtp::parse_rtp(packet.payload, packet.payload_length, packet.header, packet.opaque)) [[unlikely]] {
    drop(context, endpoint, packet.mbuf, DropReason::rtp_malformed);
    return false;
  }
  if ((endpoint.rx_flags & session::kRxRtcpPort) != 0) [[unlikely]] {
    drop(context, endpoint, packet.mbuf, DropReason::rtp_on_rtcp_port);
    return false;
  }
  const bool from_party = from_believed_source(packet);
  if (!from_party) [[unlikely]] {
    if (!admit_rtp_source(context, packet)) {
      return false;
    }
  }
  if (!within_rate(context, endpoint, from_party)) [[unlikely]] {
    drop(context, endpoint, packet.mbuf, DropReason::rate_exceeded);
    return false;
  }
  packet.payload_type = endpoint.payload_types->out[packet.header.payload_type];
  packet.clock = endpoint.payload_types->clock[packet.header.payload_type];
  measure(context, packet, endpoint);
  if ((endpoint.rx_flags & session::kRxForward) == 0) [[unlikely]] {
    drop(context, endpoint, packet.mbuf, DropReason::direction);
    return false;
  }
  if (endpoint.sink == nullptr && packet.payload_type != session::kPayloadTypeDtmf) [[unlikely]] {
    drop(context, endpoint, packet.mbuf, DropReason::no_sink);
    return false;
  }
  return true;
}

// Copies the packet for every sink but the first. A copy that can't be made is counted and the others go on.
void fan_out(Context& context, const MediaPacket& packet, MediaBatch& out) {
  const session::Routing& routing = *packet.source->leg->routing;
  for (std::size_t i = 0; i < routing.more_sinks.size(); ++i) {
    const session::Sink& sink = routing.more_sinks[i];
    if (out.full()) {
      rtp_send(context, out);
    }
    rte_mbuf* const copy = rte_pktmbuf_copy(packet.mbuf, context.mempool, 0, UINT32_MAX);
    if (copy == nullptr) {
      blame(context, *packet.source, DropReason::no_mbuf);
      continue;
    }
    MediaPacket& twin = out.add();
    twin = packet;
    twin.mbuf = copy;
    twin.payload = rte_pktmbuf_mtod(copy, std::uint8_t*) +
                   (packet.payload - rte_pktmbuf_mtod(packet.mbuf, std::uint8_t*));
    twin.endpoint = sink.endpoint;
    twin.payload_type = sink.payload_types->beyond_dtmf[packet.header.payload_type];
    if (twin.payload_type == session::kPayloadTypeMedia) {
      gather_media(context, twin, *routing.routes[i + 1].media);
      --out.count;
    }
  }
}

}  // namespace

void rtp_receive(Context& context, MediaBatch& batch) {
  if (batch.count == 0) {
    return;
  }
  {
    const StageTimer timer(context, Stage::rtp_receive, batch.count);
    std::uint16_t kept = 0;
    for (std::uint16_t i = 0; i < batch.count; ++i) {
      MediaPacket& packet = batch.packets[i];
      if (!admit(context, packet)) {
        continue;
      }
      session::Endpoint& source = *packet.endpoint;
      packet.source = &source;
      if ((source.rx_flags & session::kRxCapture) != 0) [[unlikely]] {
        capture_received(context, source, *packet.mbuf);
      }
      if (packet.payload_type == session::kPayloadTypeDtmf) [[unlikely]] {
        gather_dtmf(context, packet);
        continue;
      }
      if ((source.rx_flags & session::kRxMoreSinks) != 0) [[unlikely]] {
        fan_out(context, packet, context.copies);
      }
      if (packet.payload_type == session::kPayloadTypeMedia) [[unlikely]] {
        gather_media(context, packet, *source.leg->routing->routes.front().media);
        continue;
      }
      packet.endpoint = source.sink;
      rte_prefetch0(source.sink->v4_header);
      rte_prefetch0(&source.sink->tx_packets);
      if (kept != i) {
        batch.packets[kept] = packet;
      }
      ++kept;
    }
    batch.count = kept;
  }
  rtp_send(context, batch);
  rtp_send(context, context.copies);  // before presses take the numbers that follow
  dtmf(context);
  rtp_send(context, context.copies);
  forward_media(context);
}

void pass_on(Context& context, MediaPacket& packet, MediaBatch& out) {
  const session::Endpoint& source = *packet.source;
  if ((source.rx_flags & session::kRxMoreSinks) != 0) [[unlikely]] {
    fan_out(context, packet, out);
  }
  const session::Route& route = source.leg->routing->routes.front();
  packet.endpoint = route.sink->rtp;
  packet.payload_type = route.payload_types->beyond_dtmf[packet.header.payload_type];
  if (packet.payload_type == session::kPayloadTypeMedia) {
    gather_media(context, packet, *route.media);
    return;
  }
  if (out.full()) {
    rtp_send(context, out);
  }
  out.add() = packet;
}

}  // namespace pollux::stages
