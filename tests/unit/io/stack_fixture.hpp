// A host stack between two recorders, and frames to feed it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/base/checksum.hpp"
#include "dataplane/io/host_stack.hpp"

namespace pollux::io {

using Bytes = std::vector<std::uint8_t>;

// "02 00 00:0a" -> bytes; everything that isn't a hex digit separates.
inline Bytes hex(const std::string& text) {
  Bytes bytes;
  std::string digits;
  for (const char c : text) {
    if (std::isxdigit(static_cast<unsigned char>(c)) != 0) {
      digits += c;
    }
    if (digits.size() == 2) {
      bytes.push_back(static_cast<std::uint8_t>(std::stoul(digits, nullptr, 16)));
      digits.clear();
    }
  }
  EXPECT_TRUE(digits.empty()) << text;
  return bytes;
}

inline Bytes padded(Bytes bytes) {
  bytes.resize(std::max<std::size_t>(bytes.size(), 60));
  return bytes;
}

inline Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

inline IpAddress ip(const char* text) {
  return *IpAddress::parse(text);
}

class RecordingSink : public FrameSink {
 public:
  struct Sent {
    std::uint16_t interface;
    Bytes bytes;
  };
  void send(std::uint16_t interface, std::span<const std::uint8_t> frame) override {
    sent.push_back({interface, Bytes(frame.begin(), frame.end())});
  }
  void release(std::uint16_t interface, const Frame& frame) override {
    released.push_back({interface, Bytes(frame.bytes.begin(), frame.bytes.end())});
    forget(frame);
  }
  void discard(const Frame& frame) override {
    ++discarded;
    forget(frame);
  }

  Frame make(Bytes bytes) {
    owned.push_back(std::make_unique<Bytes>(std::move(bytes)));
    return {*owned.back(), owned.back().get()};
  }

  std::vector<Sent> sent;
  std::vector<Sent> released;
  std::size_t discarded = 0;
  std::vector<std::unique_ptr<Bytes>> owned;  // frames that the stack holds

 private:
  void forget(const Frame& frame) {
    const auto held = std::find_if(owned.begin(), owned.end(),
                                   [&](const auto& bytes) { return bytes.get() == frame.token; });
    ASSERT_NE(held, owned.end()) << "given back twice, or never handed in";
    owned.erase(held);
  }
};

// Interface 0: port 0, untagged, 10.0.0.1/24, 2001:db8::1/64, gateways 10.0.0.254 and 2001:db8::fe.
// Interface 1: port 0, VLAN 100, 10.1.0.1/24, 2001:db8:1::1/64. Both with MAC 02:00:00:00:00:01.
class StackTest : public ::testing::Test {
 protected:
  static constexpr MacAddress kOurMac{0x02, 0, 0, 0, 0, 0x01};
  static constexpr MacAddress kPeerMac{0x02, 0, 0, 0, 0, 0x0a};
  static inline const std::string kOur = "02:00:00:00:00:01 ";
  static inline const std::string kPeer = "02:00:00:00:00:0a ";
  static inline const std::string kBroadcast = "ff:ff:ff:ff:ff:ff ";
  static inline const std::string kOurV6 = "20010db8000000000000000000000001 ";
  static inline const std::string kPeerV6 = "20010db800000000000000000000000a ";
  static inline const std::string kSolicitedNode = "ff0200000000000000000001ff000001 ";

  StackTest() { restart({}); }

  void restart(const HostStackOptions& options) {
    DataplaneConfig config;
    PortConfig port;
    port.name = "p0";
    port.interfaces.resize(2);
    port.interfaces[0].addresses = {*IpPrefix::parse("10.0.0.1/24"), *IpPrefix::parse("2001:db8::1/64")};
    port.interfaces[0].gateways = {ip("10.0.0.254"), ip("2001:db8::fe")};
    port.interfaces[1].vlan = 100;
    port.interfaces[1].addresses = {*IpPrefix::parse("10.1.0.1/24"), *IpPrefix::parse("2001:db8:1::1/64")};
    config.ports = {port};
    const std::uint16_t port_id = 3;
    stack.reset();
    interfaces =
        std::make_unique<InterfaceTable>(*InterfaceTable::build(config, {&kOurMac, 1}, {&port_id, 1}));
    neighbours = std::make_unique<NeighbourTable>(1);
    sink = std::make_unique<RecordingSink>();
    stack = std::make_unique<HostStack>(*interfaces, *neighbours, *sink, options,
                                        [this](std::uint16_t interface, const IpAddress& address) {
                                          duplicates.emplace_back(interface, address.to_string());
                                        });
    stack->advance(0);
  }

  void receive(const Bytes& frame, std::uint16_t interface = 0) { stack->receive(interface, frame); }

  std::uint64_t drops(DropReason reason) const {
    return stack->stats().drops[static_cast<std::size_t>(reason)];
  }
  std::uint64_t all_drops() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t count : stack->stats().drops) {
      sum += count;
    }
    return sum;
  }

  // The MAC that workers would use for a next hop; empty when it isn't resolved.
  std::string resolved(const char* address, std::uint16_t interface = 0) const {
    MacAddress mac{};
    if (!neighbours->load_mac(neighbours->find(interface, ip(address)), mac.data())) {
      return "";
    }
    char text[18];
    std::snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
                  mac[5]);
    return text;
  }

  static std::string v4_hex(const char* address) {
    char text[9];
    std::snprintf(text, sizeof text, "%08x", ip(address).v4().host());
    return text;
  }
  static Bytes arp(const std::string& to, const std::string& from, int operation, const char* sender_ip,
                   const std::string& target_mac, const char* target_ip) {
    return padded(hex(to + from + "0806 0001 0800 06 04 000" + std::to_string(operation) + from +
                      v4_hex(sender_ip) + target_mac + v4_hex(target_ip)));
  }
  static Bytes arp_request(const char* sender_ip, const char* target_ip, const std::string& from = kPeer) {
    return arp(kBroadcast, from, 1, sender_ip, "000000000000", target_ip);
  }
  static Bytes arp_reply(const char* sender_ip, const std::string& from = kPeer) {
    return arp(kOur, from, 2, sender_ip, kOur, "10.0.0.1");
  }
  // An IPv6 packet with an ICMPv6 message whose check sum is filled in.
  static Bytes icmpv6(const std::string& macs, const std::string& source, const std::string& destination,
                      const std::string& message, int hop_limit = 255) {
    Bytes icmp = hex(message);
    const Bytes addresses = hex(source + destination);
    const std::uint8_t rest[4] = {0, static_cast<std::uint8_t>(icmp.size()), 0, 58};
    std::uint64_t sum = checksum_add(0, addresses.data(), addresses.size());
    sum = checksum_add(checksum_add(sum, rest, 4), icmp.data(), icmp.size());
    const std::uint16_t checksum = checksum_finish(sum);
    std::memcpy(&icmp[2], &checksum, 2);
    Bytes head = hex(macs + "86dd 60000000 0000 3a 00");
    head[head.size() - 3] = static_cast<std::uint8_t>(icmp.size());
    head[head.size() - 1] = static_cast<std::uint8_t>(hop_limit);
    return head + addresses + icmp;
  }
  static Bytes with_vlan(Bytes frame, unsigned vlan) {
    const Bytes tag{0x81, 0x00, static_cast<std::uint8_t>(vlan >> 8), static_cast<std::uint8_t>(vlan)};
    frame.insert(frame.begin() + 12, tag.begin(), tag.end());
    return frame;
  }
  // An IPv4 or IPv6 frame of ours whose destination MAC is missing; `mark` tells it from others.
  static Bytes outgoing(const char* destination, unsigned mark = 0) {
    const IpAddress to = ip(destination);
    Bytes frame = hex("000000000000" + kOur);
    if (to.is_v4()) {
      frame =
          frame + hex("0800 45000020 00000000 4011 0000 0a000001") + Bytes(to.v4_bytes(), to.v4_bytes() + 4);
    } else {
      frame = frame + hex("86dd 60000000 000c 1140 " + kOurV6) + Bytes(to.bytes().begin(), to.bytes().end());
    }
    return frame + hex("4e20 4e20 000c 0000 000000") + Bytes{static_cast<std::uint8_t>(mark)};
  }

  std::unique_ptr<InterfaceTable> interfaces;
  std::unique_ptr<NeighbourTable> neighbours;
  std::unique_ptr<RecordingSink> sink;
  std::unique_ptr<HostStack> stack;
  std::vector<std::pair<std::uint16_t, std::string>> duplicates;
};

}  // namespace pollux::io
