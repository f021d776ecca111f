#include "dataplane/stages/source.hpp"

#include <algorithm>

#include "dataplane/base/byte_order.hpp"
#include "dataplane/base/checksum.hpp"

namespace pollux::stages {

namespace {

constexpr std::uint16_t kUdpHeaderLength = 8;
constexpr std::uint64_t kStreamReportIntervalMs = 1000;

Event about(const session::Endpoint& endpoint, EventType type) {
  Event event;
  event.type = type;
  event.session = endpoint.leg->session->handle;
  event.leg_id = endpoint.leg->spec->id;
  event.component = (endpoint.rx_flags & session::kRxRtcpPort) != 0 ? Component::kRtcp : Component::kRtp;
  event.ssrc = endpoint.reception.ssrc();
  return event;
}

std::uint32_t silent_ms(const Context& context, const session::Endpoint& endpoint) {
  const std::uint64_t cycles = context.now_tsc - endpoint.last_rx_tsc.get();
  // More than 49 days don't fit, and what doesn't fit has no defined value.
  return static_cast<std::uint32_t>(
      std::min(static_cast<double>(cycles) * context.ns_per_cycle / 1e6, double{UINT32_MAX}));
}

// The leg's copies of what learning says: who is believed, and where packets go.
void believe(session::Endpoint& endpoint, session::LocalEnd local, const SocketAddress& source) {
  endpoint.believed_ip = source.ip;
  endpoint.believed_port = be16(source.port);
  endpoint.rx_flags |= session::kRxBelieved;
  local.udp_port = endpoint.local_port;
  const session::Remote before = endpoint.remote.load();
  if (before.ip != source.ip || before.port != source.port) {
    session::set_destination(endpoint, local, source);
  }
  endpoint.remote.store({source.ip, source.port, true});
}

void learn(Context& context, session::Endpoint& endpoint, const SocketAddress& source, bool changed) {
  const session::Remote before = endpoint.remote.load();
  believe(endpoint, endpoint.leg->local, source);
  Event event = about(endpoint, changed ? EventType::kSourceChanged : EventType::kSourceLearned);
  event.from = {before.ip, before.port};
  event.to = source;
  raise_event(context, event);
}

// RTP comes from elsewhere now: what was learned of the leg's RTCP belongs to the former place.
void forget_rtcp(session::Leg& leg) {
  leg.rtcp_learning.rtp_changed();
  if (leg.rtcp != leg.rtp && leg.rtcp->remote.load().confirmed) {
    session::LocalEnd local = leg.local;
    local.udp_port = leg.rtcp->local_port;
    session::point_at(*leg.rtcp, local, leg.rtcp_learning.destination());
  }
}

void report_rejected(Context& context, const session::Endpoint& endpoint, const SocketAddress& source) {
  const session::Remote believed = endpoint.remote.load();
  Event event = about(endpoint, EventType::kSourceRejected);
  event.from = {believed.ip, believed.port};
  event.to = source;
  raise_event(context, event);
}

// RFC 1122 §3.2.1.3: groups, broadcasts, loopback, our own address and port 0 send nothing. Who forges them
// wants us to send there, or to keep the real party out. A host that no gateway leads to may still be heard.
bool possible_source(Context& context, const MediaPacket& packet, const SocketAddress& source) {
  const io::InterfaceTable& interfaces = *context.interfaces;
  const std::uint16_t interface = packet.endpoint->interface;
  const IpAddress& ip = source.ip;
  const bool nobody =
      ip.is_unspecified() || ip.is_multicast() || ip.is_loopback() || ip == IpAddress::v4(be32(0xffffffff));
  if (source.port != 0 && !nobody &&
      (!interfaces.is_on_link(interface, ip) || interfaces.next_hop(interface, ip))) {
    return true;
  }
  drop(context, *packet.endpoint, packet.mbuf, DropReason::source_impossible);
  return false;
}

// True: the packet may pass. Otherwise it has been dropped by its reason.
bool settle(Context& context, const MediaPacket& packet, session::SourceVerdict verdict) {
  switch (verdict) {
    case session::SourceVerdict::kAccept:
    case session::SourceVerdict::kAcceptAndLearn:
      return true;
    case session::SourceVerdict::kDropUnproven:
      drop(context, *packet.endpoint, packet.mbuf, DropReason::source_unproven);
      return false;
    case session::SourceVerdict::kDropMismatch:
      drop(context, *packet.endpoint, packet.mbuf, DropReason::source_mismatch);
      return false;
  }
  __builtin_unreachable();
}

}  // namespace

SocketAddress source_of(const MediaPacket& packet) {
  const std::uint8_t* const ip = packet_ip(packet);
  return packet.v6 ? SocketAddress{IpAddress::from_v6_bytes(ip + 8), load_be16(ip + 40)}
                   : SocketAddress{IpAddress::from_v4_bytes(ip + 12), load_be16(ip + 20)};
}

bool udp_checksum_right(const MediaPacket& packet) {
  if (packet.checksum_unknown) {
    return true;
  }
  const std::uint8_t* const ip = packet_ip(packet);
  const std::uint8_t* const udp = packet.payload - kUdpHeaderLength;
  if (load_be16(udp + 6) == 0) {
    return true;  // classify has refused this for IPv6
  }
  const auto udp_length = static_cast<std::uint16_t>(packet.payload_length + kUdpHeaderLength);
  std::uint64_t sum = packet.v6 ? checksum_add(0, ip + 8, 32) : checksum_add(0, ip + 12, 8);
  sum += be16(udp_length).raw() + std::uint64_t{be16(17).raw()};
  return checksum_fold(checksum_add(sum, udp, udp_length)) == 0xffff;
}

bool admit_rtp_source(Context& context, const MediaPacket& packet) {
  session::Endpoint& endpoint = *packet.endpoint;
  session::Leg& leg = *endpoint.leg;
  const SocketAddress source = source_of(packet);
  if (!udp_checksum_right(packet)) {
    drop(context, endpoint, packet.mbuf, DropReason::checksum_wrong);
    return false;
  }
  if (!possible_source(context, packet, source)) {
    return false;
  }
  const bool was_confirmed = leg.learning.confirmed();
  const auto now_ms = static_cast<std::uint32_t>(context.now_ms);
  const session::SourceVerdict verdict =
      leg.learning.on_packet(source, packet.header, now_ms, silent_ms(context, endpoint),
                             *context.learning.load(std::memory_order_acquire));
  if (verdict == session::SourceVerdict::kAcceptAndLearn) {
    learn(context, endpoint, source, was_confirmed);
    forget_rtcp(leg);
  } else if (verdict == session::SourceVerdict::kDropMismatch && leg.learning.should_report(now_ms)) {
    report_rejected(context, endpoint, source);
  }
  return settle(context, packet, verdict);
}

bool admit_rtcp_source(Context& context, const MediaPacket& packet, std::uint32_t ssrc) {
  session::Endpoint& endpoint = *packet.endpoint;
  session::Leg& leg = *endpoint.leg;
  const SocketAddress source = source_of(packet);
  if (!possible_source(context, packet, source)) {
    return false;
  }
  const bool was_confirmed = leg.rtcp_learning.confirmed();
  const auto now_ms = static_cast<std::uint32_t>(context.now_ms);
  const rtp::Reception& reception = leg.rtp->reception;
  const session::SourceVerdict verdict = leg.rtcp_learning.on_packet(
      source, ssrc, leg.learning, reception.started() ? std::optional(reception.ssrc()) : std::nullopt,
      now_ms, *context.learning.load(std::memory_order_acquire));
  if (verdict == session::SourceVerdict::kAcceptAndLearn && leg.rtcp != leg.rtp) {
    learn(context, endpoint, source, was_confirmed);
  } else if (verdict == session::SourceVerdict::kDropMismatch && leg.rtcp_learning.should_report(now_ms)) {
    report_rejected(context, endpoint, source);
  }
  return settle(context, packet, verdict);
}

void report_stream(Context& context, const session::Endpoint& endpoint, bool first) {
  if (!first) {
    // A sender may change its SSRC with every packet: that must not fill the ring for the others' events.
    if (context.now_ms < endpoint.leg->next_stream_report_ms) {
      return;
    }
    endpoint.leg->next_stream_report_ms = context.now_ms + kStreamReportIntervalMs;
  }
  const session::Remote remote = endpoint.remote.load();
  Event event = about(endpoint, first ? EventType::kFirstMedia : EventType::kStreamChanged);
  event.from = {remote.ip, remote.port};
  raise_event(context, event);
}

}  // namespace pollux::stages
