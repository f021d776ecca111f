// IPv4 and IPv6 addresses, prefixes and UDP socket addresses as plain values.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "dataplane/base/byte_order.hpp"

namespace pollux {

enum class AddressFamily : std::uint8_t { kIpv4 = 4, kIpv6 = 6 };

// 16 bytes in network order. IPv4 is kept as ::ffff:a.b.c.d (RFC 4291 §2.5.5.2), so that both families
// compare and hash alike; a v4-mapped IPv6 address therefore can't be told from its IPv4 address, and needs
// not be.
class IpAddress {
 public:
  constexpr IpAddress() = default;  // "::", the unspecified address
  static constexpr IpAddress v4(be32 address) {
    IpAddress result;
    const std::uint32_t host = address.host();
    result.bytes_[10] = result.bytes_[11] = 0xff;
    for (unsigned i = 0; i < 4; ++i) {
      result.bytes_[12 + i] = static_cast<std::uint8_t>(host >> (24 - 8 * i));
    }
    return result;
  }
  // Pre: `bytes` points to 4 (v4) or 16 (v6) bytes in network order.
  static IpAddress from_v4_bytes(const std::uint8_t* bytes) {
    IpAddress result;
    result.bytes_[10] = result.bytes_[11] = 0xff;
    std::memcpy(&result.bytes_[12], bytes, 4);
    return result;
  }
  static IpAddress from_v6_bytes(const std::uint8_t* bytes) {
    IpAddress result;
    std::memcpy(result.bytes_.data(), bytes, 16);
    return result;
  }
  // Dotted IPv4 or RFC 4291 text, without brackets, zone or prefix length.
  static std::optional<IpAddress> parse(std::string_view text);
  std::string to_string() const;

  bool is_v4() const {
    static constexpr std::uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    return std::memcmp(bytes_.data(), kMapped, sizeof kMapped) == 0;
  }
  AddressFamily family() const { return is_v4() ? AddressFamily::kIpv4 : AddressFamily::kIpv6; }
  bool is_unspecified() const;  // 0.0.0.0 or ::
  bool is_multicast() const;
  bool is_loopback() const;
  bool is_v6_link_local() const { return bytes_[0] == 0xfe && (bytes_[1] & 0xc0) == 0x80; }

  const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
  const std::uint8_t* v4_bytes() const { return &bytes_[12]; }
  be32 v4() const {
    std::uint32_t raw;
    std::memcpy(&raw, &bytes_[12], 4);
    return be32::from_raw(raw);
  }

  friend bool operator==(const IpAddress& a, const IpAddress& b) {
    return std::memcmp(a.bytes_.data(), b.bytes_.data(), 16) == 0;
  }
  friend std::strong_ordering operator<=>(const IpAddress& a, const IpAddress& b) {
    return a.bytes_ <=> b.bytes_;
  }

 private:
  alignas(8) std::array<std::uint8_t, 16> bytes_{};
};
static_assert(sizeof(IpAddress) == 16);

// An address with the length of its on-link prefix: "192.0.2.1/24".
struct IpPrefix {
  IpAddress address;
  std::uint8_t length = 0;  // bits: 0..32 for IPv4, 0..128 for IPv6

  static std::optional<IpPrefix> parse(std::string_view text);
  std::string to_string() const;
  // False for an address of the other family.
  bool contains(const IpAddress& other) const;
  friend bool operator==(const IpPrefix&, const IpPrefix&) = default;
};

// A UDP address; `port` is in host order.
struct SocketAddress {
  IpAddress ip;
  std::uint16_t port = 0;

  // "192.0.2.1:5004" or "[2001:db8::1]:5004".
  static std::optional<SocketAddress> parse(std::string_view text);
  std::string to_string() const;
  friend bool operator==(const SocketAddress&, const SocketAddress&) = default;
};

}  // namespace pollux
