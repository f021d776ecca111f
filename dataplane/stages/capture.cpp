#include "dataplane/stages/capture.hpp"

#include <algorithm>
#include <optional>

#include "dataplane/base/byte_order.hpp"
#include "dataplane/rtp/demux.hpp"
#include "dataplane/stages/context.hpp"

namespace pollux::stages {

namespace {

constexpr std::uint16_t kIpv4 = 0x0800;
constexpr std::uint16_t kIpv6 = 0x86dd;
constexpr std::uint16_t kVlan = 0x8100;
constexpr std::uint8_t kUdp = 17;

rte_mbuf* make_copy(Context& context, const rte_mbuf& mbuf, std::uint16_t snap_length, CaptureMark mark) {
  const StageTimer timer(context, Stage::capture, 1);
  rte_mbuf* const twin = rte_pktmbuf_copy(&mbuf, context.capture.pool, 0, snap_length);
  if (twin == nullptr) {
    context.counters.capture_lost.add(1);
    return nullptr;
  }
  mark.tsc = context.now_tsc;
  mark.original_length = mbuf.pkt_len;
  mark.worker = context.worker;
  *static_cast<CaptureMark*>(rte_mbuf_to_priv(twin)) = mark;
  return twin;
}

void hand_over(Context& context, rte_mbuf* twin) {
  if (rte_ring_sp_enqueue(context.capture.ring, twin) != 0) {
    context.counters.capture_lost.add(1);
    rte_pktmbuf_free(twin);
  }
}

void copy(Context& context, const rte_mbuf& mbuf, std::uint16_t snap_length, const CaptureMark& mark) {
  if (rte_mbuf* const twin = make_copy(context, mbuf, snap_length, mark); twin != nullptr) {
    hand_over(context, twin);
  }
}

// What an UnmatchedFilter looks at; ports are 0 where there is no UDP header to be read.
struct Ends {
  SocketAddress source;
  SocketAddress destination;
};

void read_ports(const std::uint8_t* udp, const std::uint8_t* end, Ends& ends) {
  if (end - udp >= 4) {
    ends.source.port = load_be16(udp);
    ends.destination.port = load_be16(udp + 2);
  }
}

// Of the UDP payload. Media frames have neither IP options nor extension headers.
std::size_t payload_offset(const rte_mbuf& mbuf) {
  const auto* const bytes = rte_pktmbuf_mtod(&mbuf, const std::uint8_t*);
  const std::size_t ip = mbuf.data_len > 14 && load_be16(bytes + 12) == kVlan ? 18 : 14;
  const bool v6 = mbuf.data_len > ip && (bytes[ip] >> 4) == 6;
  return ip + (v6 ? 40 : 20) + 8;
}

// RTP and RTCP may share a port.
Component component_of(const session::Endpoint& endpoint, const rte_mbuf& mbuf) {
  if ((endpoint.rx_flags & session::kRxMux) == 0) {
    return (endpoint.rx_flags & session::kRxRtcpPort) != 0 ? Component::kRtcp : Component::kRtp;
  }
  const auto* const bytes = rte_pktmbuf_mtod(&mbuf, const std::uint8_t*);
  const std::size_t payload = payload_offset(mbuf);
  const bool rtcp = mbuf.data_len > payload &&
                    rtp::demux(bytes + payload, mbuf.data_len - payload) == rtp::PacketKind::kRtcp;
  return rtcp ? Component::kRtcp : Component::kRtp;
}

// What may be seen of a frame that SRTP was taken off: its headers, with RTP's or RTCP's that were never
// secret.
std::uint16_t public_length(const rte_mbuf& mbuf) {
  constexpr std::size_t kClear = 8;  // of RTCP; of RTP there are four more
  return static_cast<std::uint16_t>(payload_offset(mbuf) + kClear);
}

CaptureMark mark_of(const session::Endpoint& endpoint, const rte_mbuf& mbuf, CapturePoint point,
                    DropReason reason) {
  const session::Leg& leg = *endpoint.leg;
  CaptureMark mark;
  mark.capture = leg.session->capture.id;
  mark.port_id = endpoint.tx_port;
  mark.leg_id = leg.spec->id;
  mark.point = point;
  mark.reason = reason;
  mark.component = component_of(endpoint, mbuf);
  return mark;
}

// The frame may be anything: it has been refused.
std::optional<Ends> read_ends(const rte_mbuf& mbuf) {
  const auto* bytes = rte_pktmbuf_mtod(&mbuf, const std::uint8_t*);
  const std::uint8_t* const end = bytes + mbuf.data_len;
  if (end - bytes < 18) {
    return std::nullopt;
  }
  std::uint16_t type = load_be16(bytes + 12);
  bytes += 14;
  if (type == kVlan) {
    type = load_be16(bytes + 2);
    bytes += 4;
  }
  Ends ends;
  if (type == kIpv4 && end - bytes >= 20) {
    ends.source.ip = IpAddress::v4(be32(load_be32(bytes + 12)));
    ends.destination.ip = IpAddress::v4(be32(load_be32(bytes + 16)));
    const bool first_fragment = (load_be16(bytes + 6) & 0x1fff) == 0;
    const std::uint8_t header_length = static_cast<std::uint8_t>((bytes[0] & 0x0fU) * 4U);
    if (bytes[9] == kUdp && first_fragment && end - bytes > header_length) {
      read_ports(bytes + header_length, end, ends);
    }
    return ends;
  }
  if (type == kIpv6 && end - bytes >= 40) {
    ends.source.ip = IpAddress::from_v6_bytes(bytes + 8);
    ends.destination.ip = IpAddress::from_v6_bytes(bytes + 24);
    if (bytes[6] == kUdp) {
      read_ports(bytes + 40, end, ends);
    }
    return ends;
  }
  return std::nullopt;
}

bool matches(const UnmatchedOrder& order, const std::optional<Ends>& ends) {
  if (order.any_address && order.any_port) {
    return true;
  }
  return ends &&
         (order.any_address || order.address == ends->source.ip || order.address == ends->destination.ip) &&
         (order.any_port || order.port == ends->source.port || order.port == ends->destination.port);
}

}  // namespace

bool captures_decrypted(const session::Endpoint& endpoint) {
  return endpoint.leg->session->capture.decrypted;
}

void capture_frame(Context& context, const session::Endpoint& endpoint, const rte_mbuf& mbuf,
                   CapturePoint point, DropReason reason) {
  if (mbuf.packet_type == kUnframed) {
    return;  // made here, and never got headers
  }
  std::uint16_t snap_length = endpoint.leg->session->capture.snap_length;
  if (point == CapturePoint::kDropped && endpoint.protection == session::Protection::kSrtp &&
      !captures_decrypted(endpoint)) {
    snap_length = std::min(snap_length, public_length(mbuf));
  }
  copy(context, mbuf, snap_length, mark_of(endpoint, mbuf, point, reason));
}

void capture_received(Context& context, const session::Endpoint& endpoint, const rte_mbuf& mbuf) {
  if (endpoint.protection != session::Protection::kSrtp || captures_decrypted(endpoint)) {
    capture_frame(context, endpoint, mbuf, CapturePoint::kReceived);
  }
}

void capture_sent(Context& context, const session::Endpoint& endpoint, const rte_mbuf& mbuf) {
  if (endpoint.protection != session::Protection::kSrtp || !captures_decrypted(endpoint)) {
    capture_frame(context, endpoint, mbuf, CapturePoint::kSent);
  }
}

rte_mbuf* capture_ahead(Context& context, const session::Endpoint& endpoint, const rte_mbuf& mbuf) {
  return make_copy(context, mbuf, endpoint.leg->session->capture.snap_length,
                   mark_of(endpoint, mbuf, CapturePoint::kReceived, DropReason::ethernet_malformed));
}

void captured_as(Context& context, rte_mbuf* copy, CapturePoint point, DropReason reason) {
  auto* const mark = static_cast<CaptureMark*>(rte_mbuf_to_priv(copy));
  mark->point = point;
  mark->reason = reason;
  hand_over(context, copy);
}

void capture_unmatched(Context& context, const rte_mbuf& mbuf, std::uint16_t port_id, DropReason reason) {
  const std::uint32_t in_force = context.capture.unmatched.load(std::memory_order_acquire);
  const std::optional<Ends> ends = read_ends(mbuf);
  for (std::size_t i = 0; i < kMaxCaptures; ++i) {
    if ((in_force & (1U << i)) == 0) {
      continue;
    }
    const UnmatchedOrder order = context.capture.orders[i].load();
    if (matches(order, ends)) {
      CaptureMark mark;
      mark.capture = order.id;
      mark.port_id = port_id;
      mark.point = CapturePoint::kDropped;
      mark.reason = reason;
      copy(context, mbuf, order.snap_length, mark);
    }
  }
}

}  // namespace pollux::stages
