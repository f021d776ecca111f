// Ethernet frames as tests need them: built and taken apart in plain memory.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "dataplane/base/ip_address.hpp"
#include "dataplane/base/mac_address.hpp"

namespace pollux::testing {

using Bytes = std::vector<std::uint8_t>;

struct UdpFrame {
  MacAddress destination_mac{};
  MacAddress source_mac{};
  std::uint16_t vlan = 0;  // 0: untagged
  SocketAddress source;
  SocketAddress destination;
  std::uint8_t dscp = 0;
  std::uint8_t time_to_live = 64;
  Bytes payload;
};

// With right IP and UDP check sums; `udp_checksum` false leaves the latter out (IPv4 only).
Bytes build(const UdpFrame& frame, bool udp_checksum = true);

// The reverse. Empty when the frame isn't UDP over IPv4 or IPv6, or when any length or check sum is wrong.
std::optional<UdpFrame> parse(std::span<const std::uint8_t> frame);

// ARP or Neighbour Discovery, tagged or not.
bool is_address_resolution(const Bytes& frame);
// What the host with this MAC says when `frame` asks for it; empty when nothing is asked.
std::optional<Bytes> resolution_answer(const Bytes& frame, const MacAddress& mac);

struct RtpFields {
  std::uint8_t payload_type = 8;
  bool marker = false;
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
  std::uint32_t ssrc = 0x11223344;
  std::size_t payload_length = 160;
  std::uint8_t fill = 0xd5;  // A-law silence
};
Bytes rtp(const RtpFields& fields);

// A receiver report about `about` from `ssrc`, with an SDES CNAME (RFC 3550 §6.1).
Bytes rtcp_receiver_report(std::uint32_t ssrc, std::uint32_t about, std::uint32_t highest_sequence);
// A sender report without report blocks, with an SDES CNAME.
Bytes rtcp_sender_report(std::uint32_t ssrc, std::uint32_t rtp_timestamp, std::uint32_t packets,
                         std::uint32_t octets);

}  // namespace pollux::testing
