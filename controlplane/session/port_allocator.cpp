#include "controlplane/session/port_allocator.hpp"

#include <algorithm>

namespace pollux::control {

PortAllocator::PortAllocator(std::span<const config::NetworkConfig> networks, std::size_t workers,
                             const PortOwner& owner) {
  for (const config::NetworkConfig& from : networks) {
    Network network;
    network.name = from.name;
    // An odd first or an even last port has no partner inside the range.
    network.first_port = static_cast<std::uint16_t>(from.first_port + (from.first_port & 1U));
    const std::uint32_t end = from.last_port + 1U;
    const std::uint32_t pairs = end > network.first_port ? (end - network.first_port) / 2 : 0;
    network.ports = pairs * 2;
    for (const IpAddress& ip : from.addresses) {
      Address address{ip, std::vector<Pool>(workers), {}, {}, std::vector<bool>(pairs)};
      for (std::uint32_t pair = 0; pair < pairs; ++pair) {
        const auto even = static_cast<std::uint16_t>(network.first_port + 2 * pair);
        address.owner.push_back(owner(ip, even));
        const bool single = owner(ip, static_cast<std::uint16_t>(even + 1)) != address.owner.back();
        address.single.push_back(single);
        if (address.owner.back() < workers) {
          Pool& pool = address.pools[address.owner.back()];
          (single ? pool.singles : pool.pairs).grow(static_cast<std::uint16_t>(pair));
          pool.use.total += single ? 1U : 2U;
        }
      }
      network.addresses.push_back(std::move(address));
    }
    networks_.push_back(std::move(network));
  }
}

Expected<PortLease> PortAllocator::allot(std::string_view name, AddressFamily family, std::uint16_t worker,
                                         bool rtcp_mux) {
  const auto network =
      std::find_if(networks_.begin(), networks_.end(), [name](const Network& n) { return n.name == name; });
  if (network == networks_.end()) {
    return fail(ErrorCode::kInvalidArgument, "INVALID_FIELD", "network",
                "unknown network " + std::string(name));
  }
  Address* best = nullptr;
  std::size_t most_free = 0;
  for (Address& address : network->addresses) {
    if (address.ip.family() != family || worker >= address.pools.size()) {
      continue;
    }
    const std::size_t free = address.pools[worker].free(rtcp_mux);
    if (free > most_free) {
      most_free = free;
      best = &address;
    }
  }
  if (best == nullptr) {
    return fail(ErrorCode::kExhausted, "PORTS_EXHAUSTED", "",
                "network \"" + network->name + "\" has no free " +
                    (family == AddressFamily::kIpv4 ? "IPv4" : "IPv6") +
                    " port left: widen its port range, add an address, or end sessions");
  }
  Pool& pool = best->pools[worker];
  const bool from_singles = rtcp_mux && !pool.singles.empty();
  const std::uint16_t pair = (from_singles ? pool.singles : pool.pairs).pop();
  best->in_use[pair] = true;
  best->used += rtcp_mux ? 1 : 2;
  pool.use.used += rtcp_mux ? 1U : 2U;
  const auto even = static_cast<std::uint16_t>(network->first_port + 2U * pair);
  return PortLease{best->ip, even, static_cast<std::uint16_t>(rtcp_mux ? even : even + 1),
                   static_cast<std::uint16_t>(network - networks_.begin()),
                   static_cast<std::uint16_t>(best - network->addresses.data())};
}

bool PortAllocator::release(const PortLease& lease) {
  if (lease.network >= networks_.size()) {
    return false;
  }
  Network& network = networks_[lease.network];
  if (lease.address_index >= network.addresses.size() || lease.rtp_port < network.first_port) {
    return false;
  }
  Address& address = network.addresses[lease.address_index];
  const auto pair = static_cast<std::uint16_t>((lease.rtp_port - network.first_port) / 2);
  if (pair >= address.in_use.size() || !address.in_use[pair]) {
    return false;
  }
  address.in_use[pair] = false;
  Pool& pool = address.pools[address.owner[pair]];
  (address.single[pair] ? pool.singles : pool.pairs).push(pair);
  address.used -= lease.rtcp_port == lease.rtp_port ? 1 : 2;
  pool.use.used -= lease.rtcp_port == lease.rtp_port ? 1U : 2U;
  return true;
}

PortUse PortAllocator::use(std::size_t network) const {
  const PortUse v4 = use(network, AddressFamily::kIpv4);
  const PortUse v6 = use(network, AddressFamily::kIpv6);
  return PortUse{v4.total + v6.total, v4.used + v6.used};
}

PortUse PortAllocator::use(std::size_t network, AddressFamily family) const {
  PortUse use;
  for (const Address& address : networks_[network].addresses) {
    if (address.ip.family() == family) {
      use.total += networks_[network].ports;
      use.used += address.used;
    }
  }
  return use;
}

std::vector<AddressPortUse> PortAllocator::address_uses() const {
  std::vector<AddressPortUse> uses;
  for (const Network& network : networks_) {
    for (const Address& address : network.addresses) {
      for (std::size_t worker = 0; worker < address.pools.size(); ++worker) {
        if (const PortUse& use = address.pools[worker].use; use.total != 0) {
          uses.push_back({network.name, address.ip, static_cast<std::uint16_t>(worker), use});
        }
      }
    }
  }
  return uses;
}

}  // namespace pollux::control
