// Reading hostile ARP, IP, ICMP and Neighbour Discovery bytes into plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "dataplane/api/drop_reason.hpp"
#include "dataplane/base/ip_address.hpp"
#include "dataplane/io/wire.hpp"

namespace pollux::io {

// What a parser found out: `reason` says why when `value` is empty.
template <typename T>
struct Parsed {
  std::optional<T> value;
  DropReason reason = DropReason::ip_malformed;
};

struct EthernetMessage {
  MacAddress destination{};
  MacAddress source{};
  std::optional<std::uint16_t> vlan;  // 0..4095 when tagged
  std::uint16_t ether_type = 0;
  std::span<const std::uint8_t> payload;  // padding included
};

struct ArpMessage {
  bool request = false;  // else a reply
  MacAddress sender_mac{};
  IpAddress sender;
  IpAddress target;
};

// An ICMP or ICMPv6 message whose check sum is right and whose length is at least four bytes.
struct IcmpMessage {
  IpAddress source;
  IpAddress destination;
  std::uint8_t tos = 0;        // IPv4
  std::uint8_t hop_limit = 0;  // or TTL
  std::uint8_t type = 0;
  std::uint8_t code = 0;
  std::span<const std::uint8_t> bytes;  // of the message, type first
};

struct NeighbourMessage {
  IpAddress target;
  bool solicited = false;
  bool override = false;
  std::optional<MacAddress> mac;  // source (solicitation) or target (advertisement) link-layer address
};

Parsed<EthernetMessage> parse_ethernet(std::span<const std::uint8_t> frame);
Parsed<ArpMessage> parse_arp(std::span<const std::uint8_t> bytes);
Parsed<IcmpMessage> parse_icmp_v4(std::span<const std::uint8_t> bytes);
Parsed<IcmpMessage> parse_icmp_v6(std::span<const std::uint8_t> bytes);
// RFC 4861 §7.1.1, §7.1.2. Pre: message.type is neighbour solicitation or advertisement.
Parsed<NeighbourMessage> parse_neighbour(const IcmpMessage& message);

// Destination of an IP packet; only as much of it is looked at as is needed. For our own frames.
std::optional<IpAddress> ip_destination(const EthernetMessage& ethernet);

}  // namespace pollux::io
