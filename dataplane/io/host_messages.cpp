#include "dataplane/io/host_messages.hpp"

#include <algorithm>
#include <cstring>

#include "dataplane/base/byte_reader.hpp"
#include "dataplane/base/checksum.hpp"
#include "dataplane/io/frame_writer.hpp"

namespace pollux::io {

namespace {

constexpr std::uint8_t kNeighbourHopLimit = 255;
constexpr std::uint8_t kNextHeaderFragment = 44;
constexpr std::uint8_t kExtensionHeaders[] = {0, 43, 51, 60, 135, 139, 140};  // IANA; but for 44

template <typename T>
T header_at(std::span<const std::uint8_t> bytes) {
  T header;
  std::memcpy(&header, bytes.data(), sizeof header);
  return header;
}

MacAddress mac_at(std::span<const std::uint8_t> bytes) {
  return header_at<MacAddress>(bytes);
}

bool is_unusable_mac(const MacAddress& mac) {
  return is_group_mac(mac) || mac == MacAddress{};
}

bool checksum_right(std::uint64_t sum, std::span<const std::uint8_t> bytes) {
  return checksum_fold(checksum_add(sum, bytes.data(), bytes.size())) == 0xffff;
}

}  // namespace

Parsed<EthernetMessage> parse_ethernet(std::span<const std::uint8_t> frame) {
  ByteReader reader(frame);
  const auto destination = reader.bytes(6);
  const auto source = reader.bytes(6);
  EthernetMessage message;
  message.ether_type = reader.u16();
  if (message.ether_type == kEtherTypeVlan) {
    message.vlan = reader.u16() & 0x0fff;
    message.ether_type = reader.u16();
  }
  if (!reader.ok()) {
    return {{}, DropReason::ethernet_malformed};
  }
  message.destination = mac_at(destination);
  message.source = mac_at(source);
  if (is_unusable_mac(message.source)) {
    return {{}, DropReason::ethernet_malformed};
  }
  message.payload = reader.bytes(reader.left());
  return {message};
}

Parsed<ArpMessage> parse_arp(std::span<const std::uint8_t> bytes) {
  if (bytes.size() < sizeof(ArpWire)) {
    return {{}, DropReason::ethernet_malformed};
  }
  const auto wire = header_at<ArpWire>(bytes);
  const std::uint16_t operation = wire.operation.host();
  if (wire.hardware_type.host() != 1 || wire.protocol_type.host() != kEtherTypeIpv4 ||
      wire.hardware_bytes != 6 || wire.protocol_bytes != 4 ||
      (operation != kArpRequest && operation != kArpReply) || is_unusable_mac(wire.sender_mac)) {
    return {{}, DropReason::ethernet_malformed};
  }
  return {ArpMessage{operation == kArpRequest, wire.sender_mac, IpAddress::from_v4_bytes(wire.sender_ip),
                     IpAddress::from_v4_bytes(wire.target_ip)}};
}

Parsed<IcmpMessage> parse_icmp_v4(std::span<const std::uint8_t> bytes) {
  if (bytes.size() < sizeof(Ipv4Wire)) {
    return {{}, DropReason::ip_malformed};
  }
  const auto ip = header_at<Ipv4Wire>(bytes);
  const std::size_t header_bytes = std::size_t{ip.version_ihl & 0x0fU} * 4;
  const std::size_t total = ip.total_length.host();
  if (ip.version_ihl >> 4 != 4 || header_bytes < sizeof ip || total < header_bytes || total > bytes.size() ||
      !checksum_right(0, bytes.first(header_bytes))) {
    return {{}, DropReason::ip_malformed};
  }
  if (header_bytes != sizeof ip) {
    return {{}, DropReason::ip_options};
  }
  if ((ip.fragment.host() & 0x3fff) != 0) {  // more fragments, or an offset
    return {{}, DropReason::ip_fragment};
  }
  if (ip.protocol != kProtocolIcmp) {
    return {{}, DropReason::protocol_unknown};
  }
  const auto message = bytes.subspan(header_bytes, total - header_bytes);
  if (message.size() < sizeof(IcmpWire)) {
    return {{}, DropReason::ip_malformed};
  }
  if (!checksum_right(0, message)) {
    return {{}, DropReason::checksum_wrong};
  }
  return {IcmpMessage{IpAddress::from_v4_bytes(ip.source), IpAddress::from_v4_bytes(ip.destination), ip.tos,
                      ip.ttl, message[0], message[1], message}};
}

Parsed<IcmpMessage> parse_icmp_v6(std::span<const std::uint8_t> bytes) {
  if (bytes.size() < sizeof(Ipv6Wire)) {
    return {{}, DropReason::ip_malformed};
  }
  const auto ip = header_at<Ipv6Wire>(bytes);
  const std::size_t length = ip.payload_length.host();
  if (ip.version_class_flow.host() >> 28 != 6 || length > bytes.size() - sizeof ip) {
    return {{}, DropReason::ip_malformed};
  }
  if (ip.next_header == kNextHeaderFragment) {
    return {{}, DropReason::ip_fragment};
  }
  if (ip.next_header != kProtocolIcmpv6) {
    const bool extension = std::find(std::begin(kExtensionHeaders), std::end(kExtensionHeaders),
                                     ip.next_header) != std::end(kExtensionHeaders);
    return {{}, extension ? DropReason::ip_options : DropReason::protocol_unknown};
  }
  IcmpMessage message;
  message.source = IpAddress::from_v6_bytes(ip.source);
  message.destination = IpAddress::from_v6_bytes(ip.destination);
  // Such an address would pass for an IPv4 address of ours; it never appears on a wire (RFC 4942 §2.2).
  if (message.source.is_v4() || message.destination.is_v4() || message.source.is_multicast() ||
      length < sizeof(IcmpWire)) {
    return {{}, DropReason::ip_malformed};
  }
  message.bytes = bytes.subspan(sizeof ip, length);
  message.hop_limit = ip.hop_limit;
  message.type = message.bytes[0];
  message.code = message.bytes[1];
  if (!checksum_right(pseudo_header_sum(message.source, message.destination, length, kProtocolIcmpv6),
                      message.bytes)) {
    return {{}, DropReason::checksum_wrong};
  }
  return {message};
}

Parsed<NeighbourMessage> parse_neighbour(const IcmpMessage& message) {
  const bool solicitation = message.type == kNeighbourSolicitation;
  if (message.hop_limit != kNeighbourHopLimit || message.code != 0 ||
      message.bytes.size() < sizeof(NeighbourWire)) {
    return {};
  }
  const auto wire = header_at<NeighbourWire>(message.bytes);
  NeighbourMessage parsed;
  parsed.target = IpAddress::from_v6_bytes(wire.target);
  parsed.solicited = !solicitation && (wire.flags.host() & kNaSolicited) != 0;
  parsed.override = !solicitation && (wire.flags.host() & kNaOverride) != 0;
  if (parsed.target.is_multicast() || parsed.target.is_unspecified() || parsed.target.is_v4()) {
    return {};
  }
  ByteReader options(message.bytes.subspan(sizeof wire));
  while (options.left() != 0) {
    const std::uint8_t type = options.u8();
    const std::size_t length = std::size_t{options.u8()} * 8;
    if (length == 0) {
      return {};
    }
    const auto body = options.bytes(length - 2);
    if (!options.ok()) {
      return {};
    }
    if (type == (solicitation ? kOptionSourceLinkLayer : kOptionTargetLinkLayer)) {
      const MacAddress mac = mac_at(body);
      if (is_unusable_mac(mac)) {
        return {};
      }
      parsed.mac = mac;
    }
  }
  if (solicitation && message.source.is_unspecified() &&
      (parsed.mac || message.destination != solicited_node_address(parsed.target))) {
    return {};
  }
  if (!solicitation && parsed.solicited && message.destination.is_multicast()) {
    return {};
  }
  return {parsed};
}

std::optional<IpAddress> ip_destination(const EthernetMessage& ethernet) {
  const auto bytes = ethernet.payload;
  if (ethernet.ether_type == kEtherTypeIpv4 && bytes.size() >= sizeof(Ipv4Wire)) {
    return IpAddress::from_v4_bytes(header_at<Ipv4Wire>(bytes).destination);
  }
  if (ethernet.ether_type == kEtherTypeIpv6 && bytes.size() >= sizeof(Ipv6Wire)) {
    return IpAddress::from_v6_bytes(header_at<Ipv6Wire>(bytes).destination);
  }
  return std::nullopt;
}

}  // namespace pollux::io
