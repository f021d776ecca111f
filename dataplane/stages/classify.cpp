#include "dataplane/stages/classify.hpp"

#include <rte_prefetch.h>

#include <cstring>

#include "dataplane/base/byte_order.hpp"
#include "dataplane/base/checksum.hpp"
#include "dataplane/rtp/demux.hpp"
#include "dataplane/stages/handoff.hpp"
#include "dataplane/stages/punt.hpp"

namespace pollux::stages {

namespace {

constexpr std::uint16_t kEtherTypeIpv4 = 0x0800;
constexpr std::uint16_t kEtherTypeArp = 0x0806;
constexpr std::uint16_t kEtherTypeVlan = 0x8100;
constexpr std::uint16_t kEtherTypeIpv6 = 0x86dd;
constexpr std::uint8_t kProtocolIcmp = 1;
constexpr std::uint8_t kProtocolUdp = 17;
constexpr std::uint8_t kProtocolIcmpv6 = 58;
constexpr std::uint8_t kIpv6Fragment = 44;
constexpr std::uint16_t kUdpHeaderLength = 8;
constexpr unsigned kPrefetchAhead = 6;  // frames; by measurement, see docs/performance.md

// What becomes of a frame after its headers have been read.
enum class Way : std::uint8_t { kMedia, kPuntAnswer, kPuntNeighbour, kPuntOther, kDrop };

struct Candidate {
  rte_mbuf* mbuf;
  const std::uint32_t* slot;  // of the endpoint table; prefetched
  std::uint16_t udp_port;     // ours
  std::uint16_t payload_offset;
  std::uint16_t payload_length;
  std::uint16_t port_id;
  std::uint8_t ip_offset;
  bool v6;
};

struct Frame {
  const std::uint8_t* bytes;
  std::uint16_t length;
  std::uint16_t interface;
  std::uint64_t offload_flags;
  bool for_our_mac;
};

Way dropped(DropReason& reason, DropReason why) {
  reason = why;
  return Way::kDrop;
}

// Pre: `local` is an index into the interface table, or kNone.
Way find_slot(Context& context, const Frame& frame, std::uint16_t local, Candidate& out, DropReason& reason) {
  if (local == io::InterfaceTable::kNone || context.interfaces->local(local).interface != frame.interface) {
    return dropped(reason, DropReason::address_unknown);
  }
  if (!frame.for_our_mac) {
    return dropped(reason, DropReason::not_for_us);
  }
  out.slot = context.table->slot(local, out.udp_port);
  rte_prefetch0(out.slot);
  return Way::kMedia;
}

// UDP behind an IP header that ends at `offset`; `available` bytes belong to the IP packet's payload.
bool read_udp(const Frame& frame, std::uint16_t offset, std::uint16_t available, Candidate& out,
              DropReason& reason) {
  if (available < kUdpHeaderLength) {
    reason = DropReason::udp_malformed;
    return false;
  }
  const std::uint8_t* const udp = frame.bytes + offset;
  const std::uint16_t length = load_be16(udp + 4);
  if (length < kUdpHeaderLength || length > available) {
    reason = DropReason::udp_malformed;
    return false;
  }
  if ((frame.offload_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) == RTE_MBUF_F_RX_L4_CKSUM_BAD) {
    reason = DropReason::checksum_wrong;
    return false;
  }
  out.udp_port = load_be16(udp + 2);
  out.payload_offset = static_cast<std::uint16_t>(offset + kUdpHeaderLength);
  out.payload_length = static_cast<std::uint16_t>(length - kUdpHeaderLength);
  return true;
}

bool ipv4_checksum_wrong(const Frame& frame, const std::uint8_t* ip) {
  switch (frame.offload_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) {
    case RTE_MBUF_F_RX_IP_CKSUM_GOOD:
      return false;
    case RTE_MBUF_F_RX_IP_CKSUM_BAD:
      return true;
    default:
      return checksum_fold(checksum_add(0, ip, 20)) != 0xffff;
  }
}

Way read_ipv4(Context& context, const Frame& frame, std::uint8_t ip_offset, Candidate& out,
              DropReason& reason) {
  const std::uint8_t* const ip = frame.bytes + ip_offset;
  if (frame.length < ip_offset + 20 || (ip[0] >> 4) != 4 || (ip[0] & 0x0f) < 5) {
    return dropped(reason, DropReason::ip_malformed);
  }
  if ((ip[0] & 0x0f) != 5) {
    return dropped(reason, DropReason::ip_options);
  }
  const std::uint16_t total_length = load_be16(ip + 2);
  if (total_length < 20 || total_length > frame.length - ip_offset) {
    return dropped(reason, DropReason::ip_malformed);
  }
  if (ipv4_checksum_wrong(frame, ip)) {
    return dropped(reason, DropReason::ip_malformed);
  }
  if ((load_be16(ip + 6) & 0x3fff) != 0) {  // more fragments, or an offset
    return dropped(reason, DropReason::ip_fragment);
  }
  if (ip[9] == kProtocolIcmp) {
    return Way::kPuntOther;
  }
  if (ip[9] != kProtocolUdp) {
    return dropped(reason, DropReason::protocol_unknown);
  }
  if (!read_udp(frame, static_cast<std::uint16_t>(ip_offset + 20),
                static_cast<std::uint16_t>(total_length - 20), out, reason)) {
    return Way::kDrop;
  }
  out.ip_offset = ip_offset;
  out.v6 = false;
  std::uint32_t destination;
  std::memcpy(&destination, ip + 16, 4);
  return find_slot(context, frame, context.interfaces->find_local_v4(be32::from_raw(destination)), out,
                   reason);
}

// What is told of an address that calls may wait for goes before all else; the host stack looks at it
// closely.
Way told_of(const Context& context, const Frame& frame, const IpAddress& neighbour) {
  return context.neighbours->find(frame.interface, neighbour) ? Way::kPuntAnswer : Way::kPuntNeighbour;
}

Way read_arp(const Context& context, const Frame& frame, std::uint8_t offset) {
  constexpr std::uint16_t kReply = 2;
  const std::uint8_t* const arp = frame.bytes + offset;
  if (frame.length < offset + 28 || load_be16(arp + 6) != kReply) {
    return Way::kPuntNeighbour;
  }
  return told_of(context, frame, IpAddress::from_v4_bytes(arp + 14));
}

// RFC 4861 §4, §7.1: five types, and a hop limit that no router has touched.
Way read_icmpv6(const Context& context, const Frame& frame, const std::uint8_t* ip,
                std::uint16_t payload_length) {
  constexpr std::uint8_t kAdvertisement = 136;
  if (payload_length == 0 || ip[7] != 255 || ip[40] < 133 || ip[40] > 137) {
    return Way::kPuntOther;
  }
  return ip[40] == kAdvertisement && payload_length >= 24
             ? told_of(context, frame, IpAddress::from_v6_bytes(ip + 48))
             : Way::kPuntNeighbour;
}

io::PuntKind kind_of(Way way) {
  return way == Way::kPuntAnswer      ? io::PuntKind::kAnswer
         : way == Way::kPuntNeighbour ? io::PuntKind::kNeighbour
                                      : io::PuntKind::kOther;
}

Way read_ipv6(Context& context, const Frame& frame, std::uint8_t ip_offset, Candidate& out,
              DropReason& reason) {
  const std::uint8_t* const ip = frame.bytes + ip_offset;
  if (frame.length < ip_offset + 40 || (ip[0] >> 4) != 6) {
    return dropped(reason, DropReason::ip_malformed);
  }
  const std::uint16_t payload_length = load_be16(ip + 4);
  if (payload_length > frame.length - ip_offset - 40) {
    return dropped(reason, DropReason::ip_malformed);
  }
  // On the wire ::ffff:a.b.c.d is nobody's address (RFC 4291 §2.5.5.2); here it would pass for an IPv4 one.
  if (IpAddress::from_v6_bytes(ip + 8).is_v4() || IpAddress::from_v6_bytes(ip + 24).is_v4()) {
    return dropped(reason, DropReason::ip_malformed);
  }
  switch (ip[6]) {
    case kProtocolUdp:
      break;
    case kProtocolIcmpv6:
      return read_icmpv6(context, frame, ip, payload_length);
    case kIpv6Fragment:
      return dropped(reason, DropReason::ip_fragment);
    case 0:    // hop-by-hop
    case 43:   // routing
    case 51:   // authentication
    case 60:   // destination options
    case 135:  // mobility
      return dropped(reason, DropReason::ip_options);
    default:
      return dropped(reason, DropReason::protocol_unknown);
  }
  if (!read_udp(frame, static_cast<std::uint16_t>(ip_offset + 40), payload_length, out, reason)) {
    return Way::kDrop;
  }
  if (load_be16(frame.bytes + out.payload_offset - 2) == 0) {  // RFC 8200 §8.1: never without a check sum
    return dropped(reason, DropReason::checksum_wrong);
  }
  out.ip_offset = ip_offset;
  out.v6 = true;
  return find_slot(context, frame, context.interfaces->find_local(IpAddress::from_v6_bytes(ip + 24)), out,
                   reason);
}

// Frames that aren't an untagged IPv4 packet with five header words.
Way read_frame(Context& context, std::uint16_t port_id, rte_mbuf& mbuf, Frame& frame, Candidate& out,
               DropReason& reason) {
  std::uint8_t ip_offset = 14;
  std::uint16_t ether_type = load_be16(frame.bytes + 12);
  std::uint16_t vlan = 0;
  if ((mbuf.ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0) {
    vlan = mbuf.vlan_tci & 0x0fff;
  } else if (ether_type == kEtherTypeVlan) {
    if (frame.length < 18) {
      return dropped(reason, DropReason::ethernet_malformed);
    }
    vlan = load_be16(frame.bytes + 14) & 0x0fff;
    ether_type = load_be16(frame.bytes + 16);
    ip_offset = 18;
  }
  frame.interface = context.interfaces->find_interface(port_id, vlan);
  if (frame.interface == io::InterfaceTable::kNone) {
    return dropped(reason, DropReason::vlan_unknown);
  }
  switch (ether_type) {
    case kEtherTypeIpv4:
      return read_ipv4(context, frame, ip_offset, out, reason);
    case kEtherTypeIpv6:
      return read_ipv6(context, frame, ip_offset, out, reason);
    case kEtherTypeArp:
      return read_arp(context, frame, ip_offset);
    default:
      return dropped(reason, DropReason::ethernet_malformed);
  }
}

// The Ethernet address as the low six bytes of a word, for one comparison instead of six.
std::uint64_t mac_word(const std::uint8_t* bytes) {
  std::uint64_t word;
  std::memcpy(&word, bytes, 8);
  return word & 0xffffffffffffU;
}

// Pass 1: reads headers, prefetches table slots.
std::uint16_t read_headers(Context& context, std::uint16_t port_id, rte_mbuf** mbufs, std::uint16_t count,
                           Candidate* candidates) {
  const std::uint64_t our_mac = context.ports[port_id].mac;
  std::uint16_t found = 0;
  for (std::uint16_t i = 0; i < count && i < kPrefetchAhead; ++i) {
    rte_prefetch0(rte_pktmbuf_mtod(mbufs[i], void*));
  }
  for (std::uint16_t i = 0; i < count; ++i) {
    if (i + kPrefetchAhead < count) {
      rte_prefetch0(rte_pktmbuf_mtod(mbufs[i + kPrefetchAhead], void*));
    }
    rte_mbuf& mbuf = *mbufs[i];
    DropReason reason = DropReason::ethernet_malformed;
    Way way = Way::kDrop;
    Candidate& candidate = candidates[found];
    if (mbuf.data_len >= 14 && (mbuf.nb_segs == 1 || rte_pktmbuf_linearize(&mbuf) == 0)) {
      const auto* bytes = rte_pktmbuf_mtod(&mbuf, const std::uint8_t*);
      Frame frame{bytes, mbuf.data_len, io::InterfaceTable::kNone, mbuf.ol_flags, mac_word(bytes) == our_mac};
      way = read_frame(context, port_id, mbuf, frame, candidate, reason);
      if (way != Way::kMedia && way != Way::kDrop && mac_word(bytes + 6) == our_mac) {
        // net_af_packet also delivers what the kernel itself sends on the interface.
        way = dropped(reason, DropReason::not_for_us);
      }
    }
    if (way == Way::kMedia) [[likely]] {
      candidate.mbuf = &mbuf;
      candidate.port_id = port_id;
      ++found;
    } else if (way != Way::kDrop) {
      mbuf.port = port_id;  // not every driver sets it (net_ring)
      punt(context, &mbuf, kind_of(way));
    } else {
      drop_unmatched(context, &mbuf, port_id, reason);
    }
  }
  return found;
}

// Nobody here waits for packets at this port: another worker may.
void pass_on(Context& context, const Candidate& candidate) {
  const std::uint16_t owner = context.ownership->owner(candidate.port_id, candidate.v6, candidate.udp_port);
  if (owner == context.worker) {
    drop_unmatched(context, candidate.mbuf, candidate.port_id, DropReason::no_endpoint);
  } else {
    candidate.mbuf->port = candidate.port_id;
    context.counters.handed_off_by_port[candidate.port_id].add(1);
    hand_off(context, owner, candidate.mbuf);
  }
}

void sort_media(Context& context, const Candidate& candidate, session::Endpoint* endpoint, MediaBatch& rtp,
                MediaBatch& rtcp) {
  auto* const payload = rte_pktmbuf_mtod_offset(candidate.mbuf, std::uint8_t*, candidate.payload_offset);
  MediaBatch* to = &rtp;
  switch (rtp::demux(payload, candidate.payload_length)) {
    case rtp::PacketKind::kRtp:
      break;
    case rtp::PacketKind::kRtcp:
      to = &rtcp;
      break;
    default:
      drop(context, *endpoint, candidate.mbuf, DropReason::not_media);
      return;
  }
  MediaPacket& packet = to->add();
  packet.mbuf = candidate.mbuf;
  packet.endpoint = endpoint;
  packet.payload = payload;
  packet.payload_length = candidate.payload_length;
  packet.ip_offset = candidate.ip_offset;
  packet.v6 = candidate.v6;
  packet.opaque = false;
  packet.checksum_unknown = context.ports[candidate.port_id].partial_checksums;
}

}  // namespace

void classify(Context& context, std::uint16_t port_id, rte_mbuf** mbufs, std::uint16_t count, MediaBatch& rtp,
              MediaBatch& rtcp) {
  const StageTimer timer(context, Stage::classify, count);
  std::array<Candidate, kBatch> candidates;
  const std::uint16_t found = read_headers(context, port_id, mbufs, count, candidates.data());

  // Pass 2: looks up, prefetches the endpoints' receiving halves.
  std::array<session::Endpoint*, kBatch> endpoints;
  for (std::uint16_t i = 0; i < found; ++i) {
    const std::uint32_t index = *candidates[i].slot;
    endpoints[i] = index == 0 ? nullptr : context.pool->at(index);
    if (index != 0) [[likely]] {
      rte_prefetch0(endpoints[i]);
      rte_prefetch0(&endpoints[i]->rx_packets);
    }
  }
  // Pass 3: sorts to the next stage.
  for (std::uint16_t i = 0; i < found; ++i) {
    if (endpoints[i] != nullptr) [[likely]] {
      sort_media(context, candidates[i], endpoints[i], rtp, rtcp);
    } else {
      pass_on(context, candidates[i]);
    }
  }
  flush_handoff(context);
}

}  // namespace pollux::stages
