#include "dataplane/stages/egress.hpp"

#include <rte_ip.h>

#include <cstring>

#include "dataplane/base/byte_order.hpp"
#include "dataplane/base/checksum.hpp"
#include "dataplane/stages/punt.hpp"
#include "dataplane/stages/tx.hpp"

namespace pollux::stages {

namespace {

constexpr std::uint16_t kUdpHeaderLength = 8;
constexpr std::uint8_t kProtocolUdp = 17;

// RFC 768, RFC 8200 §8.1: a sum of zero is sent as all ones.
std::uint16_t never_zero(std::uint16_t checksum) {
  return checksum == 0 ? std::uint16_t{0xffff} : checksum;
}

// One's-complement sum of the pseudo header and the UDP header's ports and length.
std::uint64_t pseudo_sum(const session::Endpoint& endpoint, std::uint16_t udp_length) {
  return std::uint64_t{endpoint.pseudo_header_sum} + be16(udp_length).raw() * 2U + be16(kProtocolUdp).raw();
}

std::uint16_t udp_checksum(const session::Endpoint& endpoint, rte_mbuf& mbuf, const std::uint8_t* payload,
                           std::uint16_t udp_length, UdpChecksum checksum) {
  const bool v6 = (endpoint.tx_flags & session::kTxV6) != 0;
  if (checksum.kind == UdpChecksum::Kind::kUpdated) {
    return checksum.value;
  }
  if (checksum.kind == UdpChecksum::Kind::kAbsent && !v6) {
    return 0;
  }
  if ((endpoint.tx_flags & session::kTxOffload) != 0) {
    // The device sums UDP header and payload; it wants the pseudo header's sum in the field.
    mbuf.ol_flags |= RTE_MBUF_F_TX_UDP_CKSUM | (v6 ? RTE_MBUF_F_TX_IPV6 : RTE_MBUF_F_TX_IPV4);
    mbuf.l3_len = v6 ? 40 : 20;
    mbuf.l2_len = (endpoint.header_length - kUdpHeaderLength - mbuf.l3_len) & 0x7f;
    const std::uint8_t* const ip = payload - kUdpHeaderLength - mbuf.l3_len;
    const std::uint64_t addresses = v6 ? checksum_add(0, ip + 8, 32) : checksum_add(0, ip + 12, 8);
    return checksum_fold(addresses + be16(udp_length).raw() + be16(kProtocolUdp).raw());
  }
  const std::uint64_t sum = checksum_add(pseudo_sum(endpoint, udp_length), payload,
                                         static_cast<std::size_t>(udp_length - kUdpHeaderLength));
  return never_zero(checksum_finish(sum));
}

void copy_header(std::uint8_t* to, const session::Endpoint& endpoint) {
  if ((endpoint.tx_flags & session::kTxV6) == 0) {
    // 42 or 46 bytes: two overlapping copies of constant length, which need no loop.
    std::memcpy(to, endpoint.v4_header, 32);
    std::memcpy(to + endpoint.header_length - 16, endpoint.v4_header + endpoint.header_length - 16, 16);
  } else {
    std::memcpy(to, endpoint.v6_header, 48);  // 62 or 66
    std::memcpy(to + endpoint.header_length - 32, endpoint.v6_header + endpoint.header_length - 32, 32);
  }
}

void count_sent(Context& context, session::Endpoint& endpoint, const rte_mbuf& mbuf, std::uint16_t length) {
  endpoint.tx_packets.add(1);
  endpoint.tx_bytes.add(length);
  if ((endpoint.tx_flags & session::kTxCapture) != 0) [[unlikely]] {
    capture_sent(context, endpoint, mbuf);
  }
}

// Looks up the next hop of an endpoint that has none yet, or whose neighbour is gone. False: the caller's
// packet must go to the host thread (`routed`), or has nowhere to go.
bool find_neighbour(Context& context, session::Endpoint& endpoint, std::uint8_t* mac, bool& routed) {
  const session::Remote remote = endpoint.remote.load();
  const auto next_hop = context.interfaces->next_hop(endpoint.interface, remote.ip);
  routed = next_hop.has_value();
  if (!routed) {
    return false;
  }
  const io::NeighbourTable::Ref ref = context.neighbours->find(endpoint.interface, *next_hop);
  endpoint.neighbour_index = ref.index;
  endpoint.neighbour_generation = ref.generation;
  return context.neighbours->load_mac(ref, mac);
}

}  // namespace

bool put_headers(session::Endpoint& endpoint, rte_mbuf& mbuf, std::uint8_t* payload, std::uint16_t length,
                 UdpChecksum checksum) {
  std::uint8_t* const frame = payload - endpoint.header_length;
  const auto offset = frame - static_cast<std::uint8_t*>(mbuf.buf_addr);
  if (offset < 0) [[unlikely]] {
    return false;
  }
  mbuf.data_off = static_cast<std::uint16_t>(offset);
  mbuf.data_len = static_cast<std::uint16_t>(endpoint.header_length + length);
  mbuf.pkt_len = mbuf.data_len;
  mbuf.ol_flags &= RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL;
  mbuf.port = endpoint.tx_port;
  mbuf.packet_type = 0;

  const auto udp_length = static_cast<std::uint16_t>(length + kUdpHeaderLength);
  copy_header(frame, endpoint);
  std::uint8_t* const udp = payload - kUdpHeaderLength;
  store_be16(udp + 4, udp_length);
  if ((endpoint.tx_flags & session::kTxV6) == 0) {
    std::uint8_t* const ip = udp - 20;
    const be16 total_length(static_cast<std::uint16_t>(udp_length + 20));
    const std::uint16_t sum = checksum_finish(std::uint64_t{endpoint.ip_header_sum} + total_length.raw());
    std::memcpy(ip + 2, &total_length, 2);
    std::memcpy(ip + 10, &sum, 2);
  } else {
    store_be16(udp - 40 + 4, udp_length);
  }
  const std::uint16_t sum = udp_checksum(endpoint, mbuf, payload, udp_length, checksum);
  std::memcpy(udp + 6, &sum, 2);
  return true;
}

void emit(Context& context, session::Endpoint& endpoint, session::Endpoint& blame, rte_mbuf* mbuf,
          std::uint8_t* payload, std::uint16_t length, UdpChecksum checksum, std::uint16_t overhead) {
  if (length > endpoint.max_payload) [[unlikely]] {
    drop(context, blame, mbuf, DropReason::exceeds_mtu);
    return;
  }
  if (!put_headers(endpoint, *mbuf, payload, length, checksum)) [[unlikely]] {
    drop(context, blame, mbuf, DropReason::no_mbuf);
    return;
  }
  std::uint8_t* const frame = payload - endpoint.header_length;
  const auto counted = static_cast<std::uint16_t>(length - overhead);
  const io::NeighbourTable::Ref ref{endpoint.neighbour_index, endpoint.neighbour_generation};
  if (!context.neighbours->load_mac(ref, frame)) [[unlikely]] {
    bool routed = false;
    if (!find_neighbour(context, endpoint, frame, routed)) {
      if (routed) {
        count_sent(context, endpoint, *mbuf, counted);
        punt_unresolved(context, blame, mbuf);
      } else {
        drop(context, blame, mbuf, DropReason::no_route);
      }
      return;
    }
  }
  count_sent(context, endpoint, *mbuf, counted);
  enqueue_tx(context, endpoint.tx_port, mbuf);
}

}  // namespace pollux::stages
