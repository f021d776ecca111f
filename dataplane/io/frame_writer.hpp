// Builds the host stack's own frames: Ethernet, 802.1Q, ARP, ICMPv6 neighbour messages, echo replies.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "dataplane/base/ip_address.hpp"
#include "dataplane/io/host_counters.hpp"
#include "dataplane/io/host_stack.hpp"
#include "dataplane/io/interface_table.hpp"
#include "dataplane/io/wire.hpp"

namespace pollux::io {

// ff02::1:ffXX:XXXX of an address (RFC 4291 §2.7.1).
IpAddress solicited_node_address(const IpAddress& address);
IpAddress all_nodes_address();  // ff02::1
// 33:33 and the last four bytes (RFC 2464 §7).
MacAddress multicast_mac(const IpAddress& group);
// Sum of the IPv6 pseudo-header (RFC 8200 §8.1), unfolded.
std::uint64_t pseudo_header_sum(const IpAddress& source, const IpAddress& destination, std::size_t length,
                                std::uint8_t next_header);

// One thread. Each call makes one frame and gives it to the sink; counts what it sends.
class FrameWriter {
 public:
  static constexpr std::size_t kMaxIpBytes = 9216;

  FrameWriter(const InterfaceTable& interfaces, FrameSink& sink, HostCounters& counters)
      : interfaces_(interfaces), sink_(sink), counters_(counters) {}

  // `sender` unspecified: a probe (RFC 5227 §2.1.1); `sender` == `target`: an announcement.
  void arp_request(std::uint16_t interface, const IpAddress& sender, const IpAddress& target,
                   const MacAddress& to);
  void arp_reply(std::uint16_t interface, const IpAddress& sender, const IpAddress& target,
                 const MacAddress& target_mac);
  // To `to` (unicast probe), or to the target's solicited-node address when `to` is null. `source`
  // unspecified: duplicate address detection, without a source link-layer option (RFC 4861 §4.3).
  void neighbour_solicitation(std::uint16_t interface, const IpAddress& source, const IpAddress& target,
                              const MacAddress* to);
  void neighbour_advertisement(std::uint16_t interface, const IpAddress& target, const IpAddress& destination,
                               const MacAddress& to, std::uint32_t flags);
  // `message` is the request's ICMP message; answered with the same payload. `tos` and so on are ours.
  // Pre: the reply is at most kMaxIpBytes.
  void echo_reply_v4(std::uint16_t interface, const MacAddress& to, const IpAddress& source,
                     const IpAddress& destination, std::uint8_t tos, std::span<const std::uint8_t> message);
  void echo_reply_v6(std::uint16_t interface, const MacAddress& to, const IpAddress& source,
                     const IpAddress& destination, std::span<const std::uint8_t> message);

 private:
  // Starts a frame; returns the place behind the Ethernet header (and tag).
  std::uint8_t* begin(std::uint16_t interface, const MacAddress& to, std::uint16_t ether_type);
  std::uint8_t* append_ipv6(std::uint8_t* at, const IpAddress& source, const IpAddress& destination,
                            std::size_t payload);
  void finish(std::uint16_t interface, const std::uint8_t* end);
  void send_arp(std::uint16_t interface, std::uint16_t operation, const IpAddress& sender,
                const IpAddress& target, const MacAddress& target_mac, const MacAddress& to);
  void send_neighbour(std::uint16_t interface, std::uint8_t type, std::uint32_t flags,
                      const IpAddress& source, const IpAddress& destination, const IpAddress& target,
                      const MacAddress& to, std::uint8_t option);

  const InterfaceTable& interfaces_;
  FrameSink& sink_;
  HostCounters& counters_;
  std::array<std::uint8_t, kEthernetBytes + kVlanBytes + kMaxIpBytes> frame_;
};

}  // namespace pollux::io
