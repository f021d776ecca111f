// Our interfaces and addresses: what is ours, and where the next hop lies. Immutable once built.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "dataplane/api/dataplane_config.hpp"
#include "dataplane/base/expected.hpp"
#include "dataplane/base/ip_address.hpp"
#include "dataplane/base/mac_address.hpp"

namespace pollux::io {

// One VLAN of one port, or its untagged traffic.
struct Interface {
  std::uint16_t port = 0;     // index into DataplaneConfig::ports
  std::uint16_t port_id = 0;  // DPDK's
  std::uint16_t vlan = 0;     // 0 = untagged
  MacAddress mac{};
  std::uint16_t mtu = 1500;
  std::vector<IpPrefix> addresses;
  std::optional<IpAddress> gateway_v4;
  std::optional<IpAddress> gateway_v6;
  // The first configured fe80:: address, else EUI-64 from the MAC (RFC 4291 App. A). For ND and ping only.
  // Unspecified when the interface has no IPv6 address.
  IpAddress link_local;
};

struct LocalAddress {
  IpAddress ip;
  std::uint16_t interface = 0;
};

// Threads: any, after build(). Look-ups are wait-free and touch one or two cache lines.
class InterfaceTable {
 public:
  static constexpr std::uint16_t kNone = 0xffff;

  // `macs` and `port_ids` are indexed as config.ports. Errors name the field: an address on two interfaces, a
  // VLAN twice on a port, a gateway outside every prefix.
  static Expected<InterfaceTable> build(const DataplaneConfig& config, std::span<const MacAddress> macs,
                                        std::span<const std::uint16_t> port_ids);

  // Index for local(), or kNone. Link-local addresses are not found here, as the same one may be on several
  // interfaces: ND and ping for them are the host thread's, media on them isn't supported.
  std::uint16_t find_local(const IpAddress& address) const {
    if (address.is_v4()) {
      return find_local_v4(address.v4());
    }
    for (std::size_t at = hash_v6(address) & v6_mask_;; at = (at + 1) & v6_mask_) {
      const SlotV6& slot = v6_[at];
      if (slot.local == kNone || slot.address == address) {
        return slot.local;
      }
    }
  }
  std::uint16_t find_local_v4(be32 address) const {
    for (std::size_t at = hash_v4(address) & v4_mask_;; at = (at + 1) & v4_mask_) {
      const SlotV4& slot = v4_[at];
      if (slot.local == kNone || slot.address == address.raw()) {
        return slot.local;
      }
    }
  }
  // `vlan` is the tag's 12-bit id, 0 for untagged frames.
  std::uint16_t find_interface(std::uint16_t port_id, std::uint16_t vlan) const {
    return port_id < kMaxPorts && row_of_[port_id] != kNone
               ? rows_[std::size_t{row_of_[port_id]} * kVlans + (vlan & (kVlans - 1))]
               : kNone;
  }

  // Pre: index < the count.
  const LocalAddress& local(std::uint16_t index) const { return locals_[index]; }
  const Interface& interface(std::uint16_t index) const { return interfaces_[index]; }
  std::uint16_t local_count() const { return static_cast<std::uint16_t>(locals_.size()); }
  std::uint16_t interface_count() const { return static_cast<std::uint16_t>(interfaces_.size()); }

  // Whether `address` is ours on this very interface, link-local address included.
  bool is_ours(std::uint16_t interface, const IpAddress& address) const;
  // Whether `address` is inside an on-link prefix of the interface (fe80::/64 counts when it has IPv6).
  bool is_on_link(std::uint16_t interface, const IpAddress& address) const;
  // The host to which frames for `destination` are sent: itself when on-link, else the family's gateway. None
  // without a gateway, and for what can't be a unicast destination: our own address on the interface,
  // multicast, broadcast, unspecified. Cost: a walk over the interface's addresses.
  std::optional<IpAddress> next_hop(std::uint16_t interface, const IpAddress& destination) const;
  // Our address to ask `target` from: one whose prefix holds it, else the family's first, else (v6)
  // link-local.
  std::optional<IpAddress> source_for(std::uint16_t interface, const IpAddress& target) const;

 private:
  static constexpr std::size_t kVlans = 4096;
  static constexpr std::size_t kMaxPorts = 256;
  struct SlotV4 {
    std::uint32_t address = 0;  // raw network order
    std::uint16_t local = kNone;
  };
  // Half a cache line, so that no slot straddles two.
  struct alignas(32) SlotV6 {
    IpAddress address;
    std::uint16_t local = kNone;
  };

  static std::size_t hash_v4(be32 address) {
    return static_cast<std::size_t>((address.raw() * std::uint64_t{0x9e3779b97f4a7c15}) >> 32);
  }
  static std::size_t hash_v6(const IpAddress& address) {
    std::uint64_t words[2];
    std::memcpy(words, address.bytes().data(), sizeof words);
    return static_cast<std::size_t>(((words[0] ^ (words[1] * 0xff51afd7ed558ccd)) * 0x9e3779b97f4a7c15) >>
                                    32);
  }

  Expected<void> add_interface(const PortConfig& port, std::size_t port_index, std::size_t interface_index,
                               const MacAddress& mac, std::uint16_t port_id);
  void build_hashes();

  std::vector<SlotV4> v4_;
  std::vector<SlotV6> v6_;
  std::size_t v4_mask_ = 0;
  std::size_t v6_mask_ = 0;
  std::array<std::uint16_t, kMaxPorts> row_of_{};
  std::vector<std::uint16_t> rows_;  // [row][vlan]
  std::vector<LocalAddress> locals_;
  std::vector<Interface> interfaces_;
};

// fe80:: with the interface identifier made from the MAC (RFC 4291 App. A).
IpAddress link_local_from_mac(const MacAddress& mac);

}  // namespace pollux::io
