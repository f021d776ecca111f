// The headers below and beside IP as they lie on the wire, for the host stack.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dataplane/base/byte_order.hpp"
#include "dataplane/base/mac_address.hpp"

namespace pollux::io {

inline constexpr std::uint16_t kEtherTypeIpv4 = 0x0800;
inline constexpr std::uint16_t kEtherTypeArp = 0x0806;
inline constexpr std::uint16_t kEtherTypeVlan = 0x8100;
inline constexpr std::uint16_t kEtherTypeIpv6 = 0x86dd;
inline constexpr std::size_t kEthernetBytes = 14;
inline constexpr std::size_t kVlanBytes = 4;
inline constexpr std::size_t kMinimumFrameBytes = 60;  // IEEE 802.3 minimum without FCS

inline constexpr MacAddress kBroadcastMac{0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

inline bool is_group_mac(const MacAddress& mac) {
  return (mac[0] & 1) != 0;
}

// Ethernet and IPv4 ARP, RFC 826.
struct ArpWire {
  be16 hardware_type;  // 1
  be16 protocol_type;  // 0x0800
  std::uint8_t hardware_bytes;
  std::uint8_t protocol_bytes;
  be16 operation;
  MacAddress sender_mac;
  std::uint8_t sender_ip[4];
  MacAddress target_mac;
  std::uint8_t target_ip[4];
};
static_assert(sizeof(ArpWire) == 28 && alignof(ArpWire) == 1);

inline constexpr std::uint16_t kArpRequest = 1;
inline constexpr std::uint16_t kArpReply = 2;

struct Ipv4Wire {
  std::uint8_t version_ihl;
  std::uint8_t tos;
  be16 total_length;
  be16 id;
  be16 fragment;
  std::uint8_t ttl;
  std::uint8_t protocol;
  be16 checksum;
  std::uint8_t source[4];
  std::uint8_t destination[4];
};
static_assert(sizeof(Ipv4Wire) == 20 && alignof(Ipv4Wire) == 1);

struct Ipv6Wire {
  be32 version_class_flow;
  be16 payload_length;
  std::uint8_t next_header;
  std::uint8_t hop_limit;
  std::uint8_t source[16];
  std::uint8_t destination[16];
};
static_assert(sizeof(Ipv6Wire) == 40 && alignof(Ipv6Wire) == 1);

inline constexpr std::uint8_t kProtocolIcmp = 1;
inline constexpr std::uint8_t kProtocolIcmpv6 = 58;

// The first four bytes of every ICMP and ICMPv6 message.
struct IcmpWire {
  std::uint8_t type;
  std::uint8_t code;
  be16 checksum;
};
static_assert(sizeof(IcmpWire) == 4);

inline constexpr std::size_t kIcmpEchoBytes = 8;  // with identifier and sequence number
inline constexpr std::uint8_t kIcmpEchoReply = 0;
inline constexpr std::uint8_t kIcmpEchoRequest = 8;
inline constexpr std::uint8_t kIcmpv6EchoRequest = 128;
inline constexpr std::uint8_t kIcmpv6EchoReply = 129;
inline constexpr std::uint8_t kNeighbourSolicitation = 135;
inline constexpr std::uint8_t kNeighbourAdvertisement = 136;

// Neighbour Solicitation and Advertisement, RFC 4861 §4.3, §4.4. Options follow.
struct NeighbourWire {
  IcmpWire icmp;
  be32 flags;  // advertisement only
  std::uint8_t target[16];
};
static_assert(sizeof(NeighbourWire) == 24 && alignof(NeighbourWire) == 1);

inline constexpr std::uint32_t kNaSolicited = 0x40000000;
inline constexpr std::uint32_t kNaOverride = 0x20000000;
inline constexpr std::uint8_t kOptionSourceLinkLayer = 1;
inline constexpr std::uint8_t kOptionTargetLinkLayer = 2;

}  // namespace pollux::io
