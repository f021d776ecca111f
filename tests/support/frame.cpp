#include "tests/support/frame.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "dataplane/base/byte_order.hpp"
#include "dataplane/base/checksum.hpp"

namespace pollux::testing {

namespace {

void put16(Bytes& to, std::uint16_t value) {
  to.push_back(static_cast<std::uint8_t>(value >> 8));
  to.push_back(static_cast<std::uint8_t>(value));
}
void put32(Bytes& to, std::uint32_t value) {
  put16(to, static_cast<std::uint16_t>(value >> 16));
  put16(to, static_cast<std::uint16_t>(value));
}

// Of the bytes of a UDP datagram behind its pseudo header.
std::uint16_t udp_sum(const SocketAddress& source, const SocketAddress& destination,
                      std::span<const std::uint8_t> udp) {
  std::uint64_t sum = 0;
  if (source.ip.is_v4()) {
    sum = checksum_add(checksum_add(0, source.ip.v4_bytes(), 4), destination.ip.v4_bytes(), 4);
  } else {
    sum = checksum_add(checksum_add(0, source.ip.bytes().data(), 16), destination.ip.bytes().data(), 16);
  }
  sum += be16(static_cast<std::uint16_t>(udp.size())).raw() + std::uint64_t{be16(17).raw()};
  return checksum_fold(checksum_add(sum, udp.data(), udp.size()));
}

Bytes build_udp(const UdpFrame& frame, bool udp_checksum) {
  Bytes udp;
  put16(udp, frame.source.port);
  put16(udp, frame.destination.port);
  put16(udp, static_cast<std::uint16_t>(8 + frame.payload.size()));
  put16(udp, 0);
  udp.insert(udp.end(), frame.payload.begin(), frame.payload.end());
  if (udp_checksum) {
    auto sum = static_cast<std::uint16_t>(~udp_sum(frame.source, frame.destination, udp));
    sum = sum == 0 ? std::uint16_t{0xffff} : sum;
    std::memcpy(&udp[6], &sum, 2);
  }
  return udp;
}

}  // namespace

Bytes build(const UdpFrame& frame, bool udp_checksum) {
  const Bytes udp = build_udp(frame, udp_checksum);
  Bytes out(frame.destination_mac.begin(), frame.destination_mac.end());
  out.insert(out.end(), frame.source_mac.begin(), frame.source_mac.end());
  if (frame.vlan != 0) {
    put16(out, 0x8100);
    put16(out, frame.vlan);
  }
  const bool v4 = frame.source.ip.is_v4();
  put16(out, v4 ? 0x0800 : 0x86dd);
  const std::size_t ip = out.size();
  if (v4) {
    out.push_back(0x45);
    out.push_back(static_cast<std::uint8_t>(frame.dscp << 2));
    put16(out, static_cast<std::uint16_t>(20 + udp.size()));
    put32(out, 0x00004000);
    out.push_back(frame.time_to_live);
    out.push_back(17);
    put16(out, 0);
    out.insert(out.end(), frame.source.ip.v4_bytes(), frame.source.ip.v4_bytes() + 4);
    out.insert(out.end(), frame.destination.ip.v4_bytes(), frame.destination.ip.v4_bytes() + 4);
    const std::uint16_t sum = checksum_finish(checksum_add(0, &out[ip], 20));
    std::memcpy(&out[ip + 10], &sum, 2);
  } else {
    put32(out, 0x60000000U | (std::uint32_t{frame.dscp} << 22));
    put16(out, static_cast<std::uint16_t>(udp.size()));
    out.push_back(17);
    out.push_back(frame.time_to_live);
    out.insert(out.end(), frame.source.ip.bytes().begin(), frame.source.ip.bytes().end());
    out.insert(out.end(), frame.destination.ip.bytes().begin(), frame.destination.ip.bytes().end());
  }
  out.insert(out.end(), udp.begin(), udp.end());
  return out;
}

std::optional<UdpFrame> parse(std::span<const std::uint8_t> bytes) {
  UdpFrame frame;
  if (bytes.size() < 42) {
    return std::nullopt;
  }
  std::copy_n(bytes.begin(), 6, frame.destination_mac.begin());
  std::copy_n(bytes.begin() + 6, 6, frame.source_mac.begin());
  std::size_t ip = 14;
  std::uint16_t ether_type = load_be16(&bytes[12]);
  if (ether_type == 0x8100) {
    frame.vlan = load_be16(&bytes[14]) & 0x0fff;
    ether_type = load_be16(&bytes[16]);
    ip = 18;
  }
  std::size_t udp = 0;
  if (ether_type == 0x0800) {
    if (bytes.size() < ip + 28 || bytes[ip] != 0x45 || bytes[ip + 9] != 17 ||
        checksum_fold(checksum_add(0, &bytes[ip], 20)) != 0xffff ||
        load_be16(&bytes[ip + 2]) != bytes.size() - ip) {
      return std::nullopt;
    }
    frame.dscp = static_cast<std::uint8_t>(bytes[ip + 1] >> 2);
    frame.time_to_live = bytes[ip + 8];
    frame.source.ip = IpAddress::from_v4_bytes(&bytes[ip + 12]);
    frame.destination.ip = IpAddress::from_v4_bytes(&bytes[ip + 16]);
    udp = ip + 20;
  } else if (ether_type == 0x86dd) {
    if (bytes.size() < ip + 48 || bytes[ip + 6] != 17 ||
        load_be16(&bytes[ip + 4]) != bytes.size() - ip - 40) {
      return std::nullopt;
    }
    frame.dscp = static_cast<std::uint8_t>((load_be16(&bytes[ip]) >> 6) & 0x3f);
    frame.time_to_live = bytes[ip + 7];
    frame.source.ip = IpAddress::from_v6_bytes(&bytes[ip + 8]);
    frame.destination.ip = IpAddress::from_v6_bytes(&bytes[ip + 24]);
    udp = ip + 40;
  } else {
    return std::nullopt;
  }
  frame.source.port = load_be16(&bytes[udp]);
  frame.destination.port = load_be16(&bytes[udp + 2]);
  const auto datagram = bytes.subspan(udp);
  const bool absent = load_be16(&bytes[udp + 6]) == 0;
  if (load_be16(&bytes[udp + 4]) != datagram.size() || (absent && ether_type == 0x86dd) ||
      (!absent && udp_sum(frame.source, frame.destination, datagram) != 0xffff)) {
    return std::nullopt;
  }
  frame.payload.assign(datagram.begin() + 8, datagram.end());
  return frame;
}

namespace {

// The answer to an ARP request or a neighbour solicitation, where `frame` is one that wants an answer.
std::optional<Bytes> arp_reply(const Bytes& request, std::size_t arp, const MacAddress& mac) {
  const std::uint8_t* const at = &request[arp];
  // A probe (sender 0.0.0.0) and an announcement (sender = target) want none.
  const bool asks = load_be32(at + 14) != 0 && load_be32(at + 14) != load_be32(at + 24);
  if (load_be16(at + 6) != 1 || !asks) {
    return std::nullopt;
  }
  Bytes reply = request;
  std::copy_n(request.begin() + 6, 6, reply.begin());  // to the asker
  std::copy(mac.begin(), mac.end(), reply.begin() + 6);
  reply[arp + 7] = 2;
  std::copy(mac.begin(), mac.end(), &reply[arp + 8]);  // sender: who was asked for
  std::copy_n(at + 24, 4, &reply[arp + 14]);
  std::copy_n(at + 8, 10, &reply[arp + 18]);  // target: the asker
  return reply;
}

// A neighbour advertisement (RFC 4861 §4.4). `ip` is where the request's IPv6 header is.
std::optional<Bytes> neighbour_advertisement(const Bytes& request, std::size_t ip, const MacAddress& mac) {
  const bool solicitation = request.size() >= ip + 64 && request[ip + 40] == 135;
  if (!solicitation || IpAddress::from_v6_bytes(&request[ip + 8]).is_unspecified()) {
    return std::nullopt;
  }
  Bytes reply(request.begin(), request.begin() + static_cast<std::ptrdiff_t>(ip + 40));
  std::copy_n(request.begin() + 6, 6, reply.begin());
  std::copy(mac.begin(), mac.end(), reply.begin() + 6);
  store_be16(&reply[ip + 4], 32);
  std::copy_n(&request[ip + 48], 16, &reply[ip + 8]);
  std::copy_n(&request[ip + 8], 16, &reply[ip + 24]);
  Bytes message = {136, 0, 0, 0, 0x60, 0, 0, 0};
  message.insert(message.end(), &request[ip + 48], &request[ip + 48] + 16);
  message.push_back(2);
  message.push_back(1);
  message.insert(message.end(), mac.begin(), mac.end());
  std::uint64_t sum = checksum_add(0, &reply[ip + 8], 32);
  sum += be16(32).raw() + std::uint64_t{be16(58).raw()};
  const std::uint16_t field = checksum_finish(checksum_add(sum, message.data(), message.size()));
  std::memcpy(&message[2], &field, 2);
  reply.insert(reply.end(), message.begin(), message.end());
  return reply;
}

}  // namespace

bool is_address_resolution(const Bytes& frame) {
  const std::size_t tag = frame.size() >= 18 && load_be16(&frame[12]) == 0x8100 ? 4 : 0;
  if (frame.size() < 42 + tag) {
    return false;
  }
  const std::uint16_t ether_type = load_be16(&frame[12 + tag]);
  const bool icmpv6 = ether_type == 0x86dd && frame.size() > 54 + tag && frame[20 + tag] == 58;
  return ether_type == 0x0806 || (icmpv6 && frame[54 + tag] >= 133 && frame[54 + tag] <= 137);
}

std::optional<Bytes> resolution_answer(const Bytes& frame, const MacAddress& mac) {
  if (!is_address_resolution(frame)) {
    return std::nullopt;
  }
  const std::size_t network = load_be16(&frame[12]) == 0x8100 ? 18 : 14;
  return load_be16(&frame[network - 2]) == 0x0806 ? arp_reply(frame, network, mac)
                                                  : neighbour_advertisement(frame, network, mac);
}

Bytes rtp(const RtpFields& fields) {
  Bytes packet;
  packet.push_back(0x80);
  packet.push_back(static_cast<std::uint8_t>((fields.marker ? 0x80 : 0) | fields.payload_type));
  put16(packet, fields.sequence);
  put32(packet, fields.timestamp);
  put32(packet, fields.ssrc);
  packet.resize(12 + fields.payload_length, fields.fill);
  return packet;
}

namespace {

void put_cname(Bytes& to, std::uint32_t ssrc) {
  put32(to, 0x81ca0003);  // SDES, one chunk, four words
  put32(to, ssrc);
  constexpr std::string_view kName = "test";
  to.push_back(1);
  to.push_back(static_cast<std::uint8_t>(kName.size()));
  to.insert(to.end(), kName.begin(), kName.end());
  to.push_back(0);
  to.push_back(0);
}

}  // namespace

Bytes rtcp_receiver_report(std::uint32_t ssrc, std::uint32_t about, std::uint32_t highest_sequence) {
  Bytes packet;
  put32(packet, 0x81c90007);
  put32(packet, ssrc);
  put32(packet, about);
  put32(packet, 0);
  put32(packet, highest_sequence);
  put32(packet, 5);
  put32(packet, 0);
  put32(packet, 0);
  put_cname(packet, ssrc);
  return packet;
}

Bytes rtcp_sender_report(std::uint32_t ssrc, std::uint32_t rtp_timestamp, std::uint32_t packets,
                         std::uint32_t octets) {
  Bytes packet;
  put32(packet, 0x80c80006);
  put32(packet, ssrc);
  put32(packet, 0x12345678);
  put32(packet, 0x9abcdef0);
  put32(packet, rtp_timestamp);
  put32(packet, packets);
  put32(packet, octets);
  put_cname(packet, ssrc);
  return packet;
}

}  // namespace pollux::testing
