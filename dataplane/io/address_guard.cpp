#include "dataplane/io/address_guard.hpp"

#include <algorithm>
#include <utility>

namespace pollux::io {

AddressGuard::AddressGuard(const InterfaceTable& interfaces, FrameWriter& writer,
                           const HostStackOptions& options, HostStack::DuplicateHandler on_duplicate)
    : interfaces_(interfaces), writer_(writer), options_(options), on_duplicate_(std::move(on_duplicate)) {
  for (std::uint16_t i = 0; i < interfaces.interface_count(); ++i) {
    const Interface& own = interfaces.interface(i);
    const auto guard = [&](const IpAddress& address) {
      Guarded guarded;
      guarded.interface = i;
      guarded.address = address;
      guarded_.push_back(guarded);
    };
    if (!own.link_local.is_unspecified()) {
      guard(own.link_local);
    }
    for (const IpPrefix& prefix : own.addresses) {
      if (prefix.address != own.link_local) {
        guard(prefix.address);
      }
    }
  }
}

void AddressGuard::link_up(std::uint16_t port) {
  for (Guarded& guarded : guarded_) {
    if (interfaces_.interface(guarded.interface).port == port) {
      guarded.tentative = true;
      guarded.probes_left = options_.duplicate_probes;
      guarded.announcements_left = options_.announcements;
      guarded.due_ms = now_ms_;
    }
  }
  advance(now_ms_);
}

void AddressGuard::advance(std::uint64_t now_ms) {
  now_ms_ = now_ms;
  for (Guarded& guarded : guarded_) {
    if (guarded.due_ms > now_ms) {
      continue;
    }
    if (guarded.probes_left != 0) {
      --guarded.probes_left;
      guarded.due_ms = now_ms + options_.duplicate_interval;
      probe(guarded);
      continue;
    }
    guarded.tentative = false;
    if (guarded.announcements_left != 0) {
      --guarded.announcements_left;
      guarded.due_ms = now_ms + options_.announce_interval;
      announce(guarded);
    }
  }
}

void AddressGuard::probe(const Guarded& guarded) {
  if (guarded.address.is_v4()) {
    writer_.arp_request(guarded.interface, IpAddress(), guarded.address, kBroadcastMac);
  } else {
    writer_.neighbour_solicitation(guarded.interface, IpAddress(), guarded.address, nullptr);
  }
}

void AddressGuard::announce(const Guarded& guarded) {
  if (guarded.address.is_v4()) {
    writer_.arp_request(guarded.interface, guarded.address, guarded.address, kBroadcastMac);
  } else {
    const IpAddress all_nodes = all_nodes_address();
    writer_.neighbour_advertisement(guarded.interface, guarded.address, all_nodes, multicast_mac(all_nodes),
                                    kNaOverride);
  }
}

void AddressGuard::conflict(std::uint16_t interface, const IpAddress& address) {
  for (Guarded& guarded : guarded_) {
    if (guarded.interface != interface || guarded.address != address) {
      continue;
    }
    if (guarded.last_conflict_ms && now_ms_ - *guarded.last_conflict_ms < options_.defend_interval) {
      return;
    }
    guarded.last_conflict_ms = now_ms_;
    announce(guarded);
    on_duplicate_(interface, address);
    return;
  }
}

bool AddressGuard::is_tentative(std::uint16_t interface, const IpAddress& address) const {
  return std::any_of(guarded_.begin(), guarded_.end(), [&](const Guarded& guarded) {
    return guarded.interface == interface && guarded.address == address && guarded.tentative;
  });
}

}  // namespace pollux::io
