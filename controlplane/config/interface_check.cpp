// Checks of the interfaces on the ports: VLANs, addresses, gateways.
#include <algorithm>

#include "controlplane/config/semantic_check.hpp"
#include "controlplane/config/unique_check.hpp"

namespace pollux::config {

namespace {

// One of our addresses, where it stands, and on which interface.
struct OwnPrefix {
  IpPrefix prefix;
  std::string key;
  std::string interface;
};

std::string list_prefixes(const std::vector<IpPrefix>& prefixes) {
  std::string out;
  for (const IpPrefix& prefix : prefixes) {
    out += (out.empty() ? "" : ", ") + prefix.to_string();
  }
  return out;
}

void check_gateways(const InterfaceConfig& interface, const std::string& key, ReadContext& context) {
  const bool prefixes_known = context.sound(key + ".addresses");
  UniqueCheck<AddressFamily> families(context,
                                      "is a second gateway of the same address family; the first is");
  for (std::size_t i = 0; i < interface.gateways.size(); ++i) {
    const IpAddress& gateway = interface.gateways[i];
    const std::string at = item_key(key + ".gateways", i);
    families.add(gateway.family(), gateway.to_string(), at);
    if (!context.sound(at) || !prefixes_known) {
      continue;
    }
    const auto& ours = interface.addresses;
    if (std::any_of(ours.begin(), ours.end(), [&](const IpPrefix& p) { return p.address == gateway; })) {
      context.error(at, gateway.to_string() + " is this interface's own address; a gateway is another host");
    } else if (!gateway.is_v6_link_local() && std::none_of(ours.begin(), ours.end(), [&](const IpPrefix& p) {
                 return p.contains(gateway);
               })) {
      context.error(at, gateway.to_string() + " is in no subnet of this interface: " + list_prefixes(ours));
    }
  }
}

bool overlap(const IpPrefix& a, const IpPrefix& b) {
  return a.length <= b.length ? a.contains(b.address) : b.contains(a.address);
}

// Sorted by address, overlapping prefixes need not be neighbours; so each is compared with each. The counts
// are bounded by the schema, and files with thousands of addresses are not the common case.
void check_overlaps(const std::vector<OwnPrefix>& prefixes, ReadContext& context) {
  constexpr std::size_t kMostCompared = 2000;
  for (std::size_t i = 0; i < std::min(prefixes.size(), kMostCompared); ++i) {
    const OwnPrefix& later = prefixes[i];
    const auto earlier = std::find_if(
        prefixes.begin(), prefixes.begin() + static_cast<std::ptrdiff_t>(i), [&](const OwnPrefix& other) {
          return other.interface != later.interface && !later.prefix.address.is_v6_link_local() &&
                 overlap(other.prefix, later.prefix);
        });
    if (earlier != prefixes.begin() + static_cast<std::ptrdiff_t>(i)) {
      context.warning(later.key, "the subnet of " + later.prefix.to_string() + " overlaps that of " +
                                     earlier->prefix.to_string() + " (" + earlier->key +
                                     "); hosts in both may be looked for on the wrong side");
    }
  }
}

}  // namespace

void check_interfaces(const NodeConfig& config, ReadContext& context) {
  UniqueCheck<IpAddress> addresses(context, "is already an address of");
  std::vector<OwnPrefix> prefixes;
  for (std::size_t i = 0; i < config.dataplane.ports.size(); ++i) {
    const auto& interfaces = config.dataplane.ports[i].interfaces;
    const std::string list = item_key("ports", i) + ".interfaces";
    UniqueCheck<std::uint16_t> vlans(context, "is already the VLAN of");
    for (std::size_t j = 0; j < interfaces.size(); ++j) {
      const std::string key = item_key(list, j);
      vlans.add(interfaces[j].vlan, std::to_string(interfaces[j].vlan), key + ".vlan");
      for (std::size_t k = 0; k < interfaces[j].addresses.size(); ++k) {
        const std::string at = item_key(key + ".addresses", k);
        const IpPrefix& prefix = interfaces[j].addresses[k];
        addresses.add(prefix.address, prefix.address.to_string(), at);
        if (context.sound(at)) {
          prefixes.push_back({prefix, at, key});
        }
      }
      check_gateways(interfaces[j], key, context);
    }
  }
  check_overlaps(prefixes, context);
}

}  // namespace pollux::config
