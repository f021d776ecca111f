// Ethernet, IP and UDP headers made ready beforehand, so that sending costs a copy and a few sums.
#pragma once

#include <cstdint>
#include <optional>

#include "dataplane/base/ip_address.hpp"
#include "dataplane/base/mac_address.hpp"
#include "dataplane/session/endpoint.hpp"

namespace pollux::session {

// The local end of an endpoint: what of its headers never changes.
struct LocalEnd {
  MacAddress mac{};
  std::uint16_t vlan = 0;  // 0: untagged
  IpAddress ip;
  std::uint16_t udp_port = 0;
  std::uint16_t mtu = 1500;  // bytes of IP packet
  std::uint8_t dscp = 0;
};

// Bytes before the IP header.
constexpr std::uint8_t ethernet_length(std::uint16_t vlan) {
  return vlan == 0 ? 14 : 18;
}

// Writes the endpoint's header, its lengths and sums for sending from `local` to `remote`, and forgets the
// next hop. Pre: both addresses are of one family. IPv4 goes out with DF and identification 0 (RFC 6864
// §4.1), TTL 64.
void set_destination(Endpoint& endpoint, const LocalEnd& local, const SocketAddress& remote);

// The endpoint sends to `remote` from now on, or nowhere, and believes nobody yet.
void point_at(Endpoint& endpoint, const LocalEnd& local, const std::optional<SocketAddress>& remote);

}  // namespace pollux::session
