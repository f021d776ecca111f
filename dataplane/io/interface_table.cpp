#include "dataplane/io/interface_table.hpp"

#include <algorithm>
#include <bit>
#include <string>

namespace pollux::io {

namespace {

constexpr unsigned kMaxVlan = 4094;

std::string path(std::size_t port, std::size_t interface, const std::string& rest) {
  return "ports[" + std::to_string(port) + "].interfaces[" + std::to_string(interface) + "]." + rest;
}

tl::unexpected<Error> invalid(std::string cause, std::string field, std::string message) {
  return fail(ErrorCode::kInvalidArgument, std::move(cause), std::move(field), std::move(message));
}

// All ones, or all zeros, behind the prefix: a directed broadcast, which no host answers for (RFC 1122
// §3.2.1.3).
bool is_subnet_broadcast(const IpPrefix& prefix, const IpAddress& address) {
  if (!prefix.address.is_v4() || prefix.length > 30 || !prefix.contains(address)) {
    return false;
  }
  const std::uint32_t host_mask = prefix.length == 0 ? 0xffffffffU : (1U << (32 - prefix.length)) - 1;
  const std::uint32_t host = address.v4().host() & host_mask;
  return host == 0 || host == host_mask;
}

const IpPrefix& link_local_prefix() {
  static const IpPrefix kPrefix = *IpPrefix::parse("fe80::/64");
  return kPrefix;
}

}  // namespace

IpAddress link_local_from_mac(const MacAddress& mac) {
  const std::uint8_t bytes[16] = {
      0xfe,   0x80,   0,    0,    0,      0,      0,      0, static_cast<std::uint8_t>(mac[0] ^ 0x02),
      mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5],
  };
  return IpAddress::from_v6_bytes(bytes);
}

Expected<InterfaceTable> InterfaceTable::build(const DataplaneConfig& config,
                                               std::span<const MacAddress> macs,
                                               std::span<const std::uint16_t> port_ids) {
  InterfaceTable table;
  table.row_of_.fill(kNone);
  for (std::size_t p = 0; p < config.ports.size(); ++p) {
    if (port_ids[p] >= kMaxPorts) {
      return fail(ErrorCode::kExhausted, "TOO_MANY_PORTS", "ports[" + std::to_string(p) + "]",
                  "at most 256 device ports are supported");
    }
    if (table.row_of_[port_ids[p]] == kNone) {
      table.row_of_[port_ids[p]] = static_cast<std::uint16_t>(table.rows_.size() / kVlans);
      table.rows_.resize(table.rows_.size() + kVlans, kNone);
    }
    for (std::size_t i = 0; i < config.ports[p].interfaces.size(); ++i) {
      if (auto added = table.add_interface(config.ports[p], p, i, macs[p], port_ids[p]); !added) {
        return tl::unexpected<Error>(added.error());
      }
    }
  }
  table.build_hashes();
  return table;
}

Expected<void> InterfaceTable::add_interface(const PortConfig& port, std::size_t port_index,
                                             std::size_t interface_index, const MacAddress& mac,
                                             std::uint16_t port_id) {
  const InterfaceConfig& config = port.interfaces[interface_index];
  const auto index = static_cast<std::uint16_t>(interfaces_.size());
  if (config.vlan > kMaxVlan) {
    return invalid("VLAN_INVALID", path(port_index, interface_index, "vlan"), "VLAN ids are 1 to 4094");
  }
  std::uint16_t& row = rows_[std::size_t{row_of_[port_id]} * kVlans + config.vlan];
  if (row != kNone) {
    return invalid("VLAN_DUPLICATE", path(port_index, interface_index, "vlan"),
                   "VLAN " + std::to_string(config.vlan) + " is configured twice on this port");
  }
  row = index;

  Interface made;
  made.port = static_cast<std::uint16_t>(port_index);
  made.port_id = port_id;
  made.vlan = config.vlan;
  made.mac = mac;
  made.mtu = port.mtu;
  made.addresses = config.addresses;
  for (std::size_t a = 0; a < config.addresses.size(); ++a) {
    const IpAddress& ip = config.addresses[a].address;
    const std::string field = path(port_index, interface_index, "addresses[" + std::to_string(a) + "]");
    if (ip.is_multicast() || ip.is_unspecified() || ip.is_loopback() ||
        is_subnet_broadcast(config.addresses[a], ip)) {
      return invalid("ADDRESS_INVALID", field, ip.to_string() + " can't be the address of an interface");
    }
    if (!ip.is_v4() && made.link_local.is_unspecified()) {
      made.link_local = link_local_from_mac(mac);
    }
    if (ip.is_v6_link_local()) {
      continue;
    }
    if (std::any_of(locals_.begin(), locals_.end(),
                    [&](const LocalAddress& other) { return other.ip == ip; })) {
      return invalid("ADDRESS_DUPLICATE", field, ip.to_string() + " is configured twice");
    }
    locals_.push_back({ip, index});
  }
  const auto configured = std::find_if(config.addresses.begin(), config.addresses.end(),
                                       [](const IpPrefix& p) { return p.address.is_v6_link_local(); });
  if (configured != config.addresses.end()) {
    made.link_local = configured->address;
  }

  interfaces_.push_back(std::move(made));
  for (std::size_t g = 0; g < config.gateways.size(); ++g) {
    const IpAddress& gateway = config.gateways[g];
    const std::string field = path(port_index, interface_index, "gateways[" + std::to_string(g) + "]");
    std::optional<IpAddress>& slot =
        gateway.is_v4() ? interfaces_[index].gateway_v4 : interfaces_[index].gateway_v6;
    if (slot) {
      return invalid("GATEWAY_DUPLICATE", field, "at most one gateway per address family");
    }
    // next_hop() is the gateway itself exactly when it is a host that can be asked for on this link.
    if (next_hop(index, gateway) != gateway) {
      return invalid("GATEWAY_UNREACHABLE", field,
                     gateway.to_string() + " is not a host inside one of the interface's prefixes");
    }
    slot = gateway;
  }
  return {};
}

void InterfaceTable::build_hashes() {
  // At least twice as many slots as addresses: chains stay short, and the empty slot that ends a look-up
  // exists.
  const std::size_t slots = std::bit_ceil(std::max<std::size_t>(8, 4 * locals_.size()));
  v4_.assign(slots, SlotV4{});
  v6_.assign(slots, SlotV6{});
  v4_mask_ = v6_mask_ = slots - 1;
  for (std::size_t i = 0; i < locals_.size(); ++i) {
    const IpAddress& ip = locals_[i].ip;
    const auto local = static_cast<std::uint16_t>(i);
    if (ip.is_v4()) {
      std::size_t at = hash_v4(ip.v4()) & v4_mask_;
      for (; v4_[at].local != kNone; at = (at + 1) & v4_mask_) {
      }
      v4_[at] = {ip.v4().raw(), local};
    } else {
      std::size_t at = hash_v6(ip) & v6_mask_;
      for (; v6_[at].local != kNone; at = (at + 1) & v6_mask_) {
      }
      v6_[at] = {ip, local};
    }
  }
}

bool InterfaceTable::is_ours(std::uint16_t interface, const IpAddress& address) const {
  const Interface& own = interfaces_[interface];
  if (address.is_unspecified()) {
    return false;
  }
  return address == own.link_local ||
         std::any_of(own.addresses.begin(), own.addresses.end(),
                     [&](const IpPrefix& prefix) { return prefix.address == address; });
}

bool InterfaceTable::is_on_link(std::uint16_t interface, const IpAddress& address) const {
  const Interface& own = interfaces_[interface];
  if (!own.link_local.is_unspecified() && link_local_prefix().contains(address)) {
    return true;
  }
  return std::any_of(own.addresses.begin(), own.addresses.end(),
                     [&](const IpPrefix& prefix) { return prefix.contains(address); });
}

std::optional<IpAddress> InterfaceTable::next_hop(std::uint16_t interface,
                                                  const IpAddress& destination) const {
  const Interface& own = interfaces_[interface];
  if (destination.is_unspecified() || destination.is_multicast() || destination.is_loopback() ||
      destination == IpAddress::v4(be32(0xffffffff)) || is_ours(interface, destination)) {
    return std::nullopt;
  }
  // The longest prefix decides whether it is a host or a broadcast address: 10.0.0.255 is a host
  // of 10.0.0.0/16.
  const IpPrefix* longest = nullptr;
  for (const IpPrefix& prefix : own.addresses) {
    if (prefix.contains(destination) && (longest == nullptr || prefix.length > longest->length)) {
      longest = &prefix;
    }
  }
  if (longest != nullptr) {
    return is_subnet_broadcast(*longest, destination) ? std::nullopt : std::optional(destination);
  }
  if (destination.is_v6_link_local()) {
    // Never by a gateway (RFC 4291 §2.5.6).
    return is_on_link(interface, destination) ? std::optional(destination) : std::nullopt;
  }
  return destination.is_v4() ? own.gateway_v4 : own.gateway_v6;
}

std::optional<IpAddress> InterfaceTable::source_for(std::uint16_t interface, const IpAddress& target) const {
  const Interface& own = interfaces_[interface];
  const IpAddress* first = nullptr;
  for (const IpPrefix& prefix : own.addresses) {
    if (prefix.contains(target)) {
      return prefix.address;
    }
    if (first == nullptr && prefix.address.is_v4() == target.is_v4() && !prefix.address.is_v6_link_local()) {
      first = &prefix.address;
    }
  }
  const bool have_link_local = !target.is_v4() && !own.link_local.is_unspecified();
  if (have_link_local && (target.is_v6_link_local() || first == nullptr)) {
    return own.link_local;
  }
  return first != nullptr ? std::optional(*first) : std::nullopt;
}

}  // namespace pollux::io
