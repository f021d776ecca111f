#include "controlplane/session/placement.hpp"

#include <algorithm>

namespace pollux::control {

Placement::Placement(std::span<const config::NetworkConfig> networks, const Dataplane& dataplane)
    : ports_(networks, dataplane.workers().size(),
             [&dataplane](std::uint16_t port) { return dataplane.port_owner(port); }),
      sessions_(dataplane.workers().size()) {
  for (const WorkerInfo& worker : dataplane.workers()) {
    if (worker.roles.relay) {
      relays_.push_back(worker.index);
    }
  }
}

Expected<Placement::Place> Placement::place(const std::vector<LegRequest>& legs) {
  std::vector<std::uint16_t> candidates = relays_;
  Error error{ErrorCode::kExhausted, "PORTS_EXHAUSTED", {}, "no worker has the role \"relay\""};
  while (!candidates.empty()) {
    const auto best = std::min_element(candidates.begin(), candidates.end(),
                                       [this](auto a, auto b) { return sessions_[a] < sessions_[b]; });
    const std::uint16_t worker = *best;
    auto leases = place_on(worker, legs);
    if (leases) {
      ++sessions_[worker];
      return Place{worker, std::move(*leases)};
    }
    error = std::move(leases.error());
    candidates.erase(best);
  }
  return tl::unexpected<Error>(std::move(error));
}

Expected<std::vector<PortLease>> Placement::place_on(std::uint16_t worker,
                                                     const std::vector<LegRequest>& legs) {
  std::vector<PortLease> leases;
  leases.reserve(legs.size());
  for (const LegRequest& leg : legs) {
    auto lease = place_leg(worker, leg);
    if (!lease) {
      for (const PortLease& taken : leases) {
        release(taken);
      }
      return tl::unexpected<Error>(std::move(lease.error()));
    }
    leases.push_back(*lease);
  }
  return leases;
}

Expected<PortLease> Placement::place_leg(std::uint16_t worker, const LegRequest& leg) {
  return ports_.allot(leg.network, leg.family.value_or(AddressFamily::kIpv4), worker, leg.rtcp_mux);
}

void Placement::release(const PortLease& lease) {
  ports_.release(lease);
}

}  // namespace pollux::control
