#include "dataplane/session/tx_header.hpp"

#include <cstring>

#include "dataplane/base/checksum.hpp"

namespace pollux::session {

namespace {

constexpr std::uint16_t kEtherTypeIpv4 = 0x0800;
constexpr std::uint16_t kEtherTypeIpv6 = 0x86dd;
constexpr std::uint16_t kEtherTypeVlan = 0x8100;
constexpr std::uint8_t kProtocolUdp = 17;
constexpr std::uint8_t kTimeToLive = 64;
constexpr std::uint8_t kUdpHeaderLength = 8;

std::uint8_t* write_ethernet(std::uint8_t* at, const LocalEnd& local, std::uint16_t ether_type) {
  std::memset(at, 0, 6);  // the next hop's address is filled in per packet
  std::memcpy(at + 6, local.mac.data(), 6);
  at += 12;
  if (local.vlan != 0) {
    store_be16(at, kEtherTypeVlan);
    store_be16(at + 2, local.vlan);
    at += 4;
  }
  store_be16(at, ether_type);
  return at + 2;
}

std::uint8_t* write_ipv4(std::uint8_t* at, const LocalEnd& local, const IpAddress& remote) {
  std::memset(at, 0, 20);
  at[0] = 0x45;
  at[1] = static_cast<std::uint8_t>(local.dscp << 2);
  at[6] = 0x40;  // don't fragment
  at[8] = kTimeToLive;
  at[9] = kProtocolUdp;
  std::memcpy(at + 12, local.ip.v4_bytes(), 4);
  std::memcpy(at + 16, remote.v4_bytes(), 4);
  return at + 20;
}

std::uint8_t* write_ipv6(std::uint8_t* at, const LocalEnd& local, const IpAddress& remote) {
  store_be32(at, 0x60000000U | (std::uint32_t{local.dscp} << 22));
  store_be16(at + 4, 0);
  at[6] = kProtocolUdp;
  at[7] = kTimeToLive;
  std::memcpy(at + 8, local.ip.bytes().data(), 16);
  std::memcpy(at + 24, remote.bytes().data(), 16);
  return at + 40;
}

}  // namespace

void set_destination(Endpoint& endpoint, const LocalEnd& local, const SocketAddress& remote) {
  const bool v4 = local.ip.is_v4();
  endpoint.tx_flags = static_cast<std::uint8_t>((endpoint.tx_flags & ~kTxV6) | (v4 ? 0 : kTxV6) | kTxRemote);
  std::uint8_t* const start = endpoint.header();
  std::uint8_t* const ip = write_ethernet(start, local, v4 ? kEtherTypeIpv4 : kEtherTypeIpv6);
  std::uint8_t* const udp = v4 ? write_ipv4(ip, local, remote.ip) : write_ipv6(ip, local, remote.ip);
  store_be16(udp, local.udp_port);
  store_be16(udp + 2, remote.port);
  store_be32(udp + 4, 0);

  endpoint.header_length = static_cast<std::uint8_t>(udp + kUdpHeaderLength - start);
  endpoint.max_payload = static_cast<std::uint16_t>(local.mtu - (v4 ? 20 : 40) - kUdpHeaderLength);
  const std::uint64_t addresses = v4 ? checksum_add(0, ip + 12, 8) : checksum_add(0, ip + 8, 32);
  endpoint.pseudo_header_sum = checksum_fold(checksum_add(addresses, udp, 4));
  endpoint.ip_header_sum = v4 ? checksum_fold(checksum_add(0, ip, 20)) : 0;
  endpoint.remote.store({remote.ip, remote.port, false});
  endpoint.neighbour_index = 0xffff;
}

void point_at(Endpoint& endpoint, const LocalEnd& local, const std::optional<SocketAddress>& remote) {
  endpoint.rx_flags = static_cast<std::uint8_t>(endpoint.rx_flags & ~kRxBelieved);
  if (remote) {
    set_destination(endpoint, local, *remote);
  } else {
    endpoint.tx_flags = static_cast<std::uint8_t>(endpoint.tx_flags & ~kTxRemote);
    endpoint.remote.store({});
  }
}

}  // namespace pollux::session
