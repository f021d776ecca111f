#include "dataplane/io/frame_writer.hpp"

#include <algorithm>
#include <cstring>

#include "dataplane/base/checksum.hpp"

namespace pollux::io {

namespace {

constexpr std::uint8_t kHopLimit = 64;
constexpr std::uint8_t kNeighbourHopLimit = 255;  // RFC 4861 §7.1: proof that no router passed it on

template <typename T>
std::uint8_t* append(std::uint8_t* at, const T& header) {
  std::memcpy(at, &header, sizeof header);
  return at + sizeof header;
}

void copy_v4(std::uint8_t (&to)[4], const IpAddress& address) {
  // An unspecified address may be "::" as well as "0.0.0.0"; its last four bytes are zero in both.
  std::memcpy(to, address.v4_bytes(), 4);
}

}  // namespace

IpAddress solicited_node_address(const IpAddress& address) {
  std::uint8_t bytes[16] = {0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01, 0xff};
  std::copy_n(address.bytes().begin() + 13, 3, bytes + 13);
  return IpAddress::from_v6_bytes(bytes);
}

IpAddress all_nodes_address() {
  static constexpr std::uint8_t kBytes[16] = {0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01};
  return IpAddress::from_v6_bytes(kBytes);
}

MacAddress multicast_mac(const IpAddress& group) {
  MacAddress mac{0x33, 0x33};
  std::copy_n(group.bytes().begin() + 12, 4, mac.begin() + 2);
  return mac;
}

std::uint64_t pseudo_header_sum(const IpAddress& source, const IpAddress& destination, std::size_t length,
                                std::uint8_t next_header) {
  const std::array<std::uint8_t, 4> length_and_protocol{static_cast<std::uint8_t>(length >> 8),
                                                        static_cast<std::uint8_t>(length), 0, next_header};
  std::uint64_t sum = checksum_add(0, source.bytes().data(), 16);
  sum = checksum_add(sum, destination.bytes().data(), 16);
  return checksum_add(sum, length_and_protocol.data(), length_and_protocol.size());
}

std::uint8_t* FrameWriter::begin(std::uint16_t interface, const MacAddress& to, std::uint16_t ether_type) {
  const Interface& from = interfaces_.interface(interface);
  std::uint8_t* at = append(append(frame_.data(), to), from.mac);
  if (from.vlan != 0) {
    at = append(append(at, be16(kEtherTypeVlan)), be16(from.vlan));
  }
  return append(at, be16(ether_type));
}

void FrameWriter::finish(std::uint16_t interface, const std::uint8_t* end) {
  auto bytes = static_cast<std::size_t>(end - frame_.data());
  if (bytes < kMinimumFrameBytes) {
    std::memset(frame_.data() + bytes, 0, kMinimumFrameBytes - bytes);
    bytes = kMinimumFrameBytes;
  }
  sink_.send(interface, {frame_.data(), bytes});
}

void FrameWriter::send_arp(std::uint16_t interface, std::uint16_t operation, const IpAddress& sender,
                           const IpAddress& target, const MacAddress& target_mac, const MacAddress& to) {
  ArpWire arp{be16(1), be16(kEtherTypeIpv4), 6, 4, be16(operation), interfaces_.interface(interface).mac,
              {},      target_mac,           {}};
  copy_v4(arp.sender_ip, sender);
  copy_v4(arp.target_ip, target);
  counters_.arp_sent.add(1);
  finish(interface, append(begin(interface, to, kEtherTypeArp), arp));
}

void FrameWriter::arp_request(std::uint16_t interface, const IpAddress& sender, const IpAddress& target,
                              const MacAddress& to) {
  send_arp(interface, kArpRequest, sender, target, MacAddress{}, to);
}

void FrameWriter::arp_reply(std::uint16_t interface, const IpAddress& sender, const IpAddress& target,
                            const MacAddress& target_mac) {
  send_arp(interface, kArpReply, sender, target, target_mac, target_mac);
}

std::uint8_t* FrameWriter::append_ipv6(std::uint8_t* at, const IpAddress& source,
                                       const IpAddress& destination, std::size_t payload) {
  Ipv6Wire ip{be32(6U << 28), be16(static_cast<std::uint16_t>(payload)), kProtocolIcmpv6, kHopLimit, {}, {}};
  std::memcpy(ip.source, source.bytes().data(), 16);
  std::memcpy(ip.destination, destination.bytes().data(), 16);
  return append(at, ip);
}

void FrameWriter::send_neighbour(std::uint16_t interface, std::uint8_t type, std::uint32_t flags,
                                 const IpAddress& source, const IpAddress& destination,
                                 const IpAddress& target, const MacAddress& to, std::uint8_t option) {
  NeighbourWire message{{type, 0, be16(0)}, be32(flags), {}};
  std::memcpy(message.target, target.bytes().data(), 16);
  const std::size_t bytes = sizeof message + (option != 0 ? 8 : 0);

  std::uint8_t* const ip = begin(interface, to, kEtherTypeIpv6);
  std::uint8_t* const icmp = append_ipv6(ip, source, destination, bytes);
  ip[offsetof(Ipv6Wire, hop_limit)] = kNeighbourHopLimit;
  std::uint8_t* end = append(icmp, message);
  if (option != 0) {
    *end++ = option;
    *end++ = 1;  // in units of 8 bytes
    end = append(end, interfaces_.interface(interface).mac);
  }
  const std::uint64_t sum = pseudo_header_sum(source, destination, bytes, kProtocolIcmpv6);
  const std::uint16_t checksum = checksum_finish(checksum_add(sum, icmp, bytes));
  std::memcpy(icmp + offsetof(IcmpWire, checksum), &checksum, sizeof checksum);
  counters_.nd_sent.add(1);
  finish(interface, end);
}

void FrameWriter::neighbour_solicitation(std::uint16_t interface, const IpAddress& source,
                                         const IpAddress& target, const MacAddress* to) {
  const IpAddress group = solicited_node_address(target);
  send_neighbour(interface, kNeighbourSolicitation, 0, source, to != nullptr ? target : group, target,
                 to != nullptr ? *to : multicast_mac(group),
                 source.is_unspecified() ? std::uint8_t{0} : kOptionSourceLinkLayer);
}

void FrameWriter::neighbour_advertisement(std::uint16_t interface, const IpAddress& target,
                                          const IpAddress& destination, const MacAddress& to,
                                          std::uint32_t flags) {
  send_neighbour(interface, kNeighbourAdvertisement, flags, target, destination, target, to,
                 kOptionTargetLinkLayer);
}

void FrameWriter::echo_reply_v4(std::uint16_t interface, const MacAddress& to, const IpAddress& source,
                                const IpAddress& destination, std::uint8_t tos,
                                std::span<const std::uint8_t> message) {
  // Don't Fragment and so no id (RFC 6864 §4.1).
  const std::size_t total = sizeof(Ipv4Wire) + message.size();
  Ipv4Wire ip{0x45,
              tos,
              be16(static_cast<std::uint16_t>(total)),
              be16(0),
              be16(0x4000),
              kHopLimit,
              kProtocolIcmp,
              be16(0),
              {},
              {}};
  copy_v4(ip.source, source);
  copy_v4(ip.destination, destination);
  ip.checksum = be16::from_raw(checksum_finish(checksum_add(0, &ip, sizeof ip)));

  std::uint8_t* const icmp = append(begin(interface, to, kEtherTypeIpv4), ip);
  std::copy(message.begin(), message.end(), icmp);
  append(icmp, IcmpWire{kIcmpEchoReply, 0, be16(0)});
  append(icmp,
         IcmpWire{kIcmpEchoReply, 0, be16::from_raw(checksum_finish(checksum_add(0, icmp, message.size())))});
  counters_.echo_answered.add(1);
  finish(interface, icmp + message.size());
}

void FrameWriter::echo_reply_v6(std::uint16_t interface, const MacAddress& to, const IpAddress& source,
                                const IpAddress& destination, std::span<const std::uint8_t> message) {
  std::uint8_t* const icmp =
      append_ipv6(begin(interface, to, kEtherTypeIpv6), source, destination, message.size());
  std::copy(message.begin(), message.end(), icmp);
  append(icmp, IcmpWire{kIcmpv6EchoReply, 0, be16(0)});
  const std::uint64_t sum = pseudo_header_sum(source, destination, message.size(), kProtocolIcmpv6);
  append(icmp, IcmpWire{kIcmpv6EchoReply, 0,
                        be16::from_raw(checksum_finish(checksum_add(sum, icmp, message.size())))});
  counters_.echo_answered.add(1);
  finish(interface, icmp + message.size());
}

}  // namespace pollux::io
