// Where a session goes: the worker that runs it and the local ports of its legs.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "controlplane/session/port_allocator.hpp"
#include "controlplane/session/session_types.hpp"
#include "dataplane/api/dataplane.hpp"

namespace pollux::control {

// Not thread-safe. Cost per session: O(workers + legs).
class Placement {
 public:
  struct Place {
    std::uint16_t worker = 0;
    std::vector<PortLease> leases;  // one a leg, in order
  };

  Placement(std::span<const config::NetworkConfig> networks, const Dataplane& dataplane);

  // The relay worker with the fewest sessions that has ports for all legs. Counts the session to the worker.
  // Error: kExhausted (PORTS_EXHAUSTED), nothing taken.
  Expected<Place> place(const std::vector<LegRequest>& legs);
  // Ports for one more leg of a session that has its worker.
  Expected<PortLease> place_leg(std::uint16_t worker, const LegRequest& leg);

  void release(const PortLease& lease);
  void session_gone(std::uint16_t worker) { --sessions_[worker]; }

  PortUse use(std::size_t network) const { return ports_.use(network); }
  std::vector<AddressPortUse> address_uses() const { return ports_.address_uses(); }
  std::uint32_t sessions(std::uint16_t worker) const { return sessions_[worker]; }

 private:
  Expected<std::vector<PortLease>> place_on(std::uint16_t worker, const std::vector<LegRequest>& legs);

  PortAllocator ports_;
  std::vector<std::uint16_t> relays_;    // workers with the relay role
  std::vector<std::uint32_t> sessions_;  // by worker
};

}  // namespace pollux::control
