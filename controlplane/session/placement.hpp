// Where a session goes: the worker that runs it and the local ports of its legs.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "controlplane/session/load_monitor.hpp"
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
  // What a new session has to leave alone.
  struct Limits {
    std::uint32_t max_worker_load = 100;  // percent; for the message: the monitor says who is overloaded
    std::uint32_t reserved_ports = 0;     // percent of each network's
  };

  // Pre: `load` outlives this.
  Placement(std::span<const config::NetworkConfig> networks, const Dataplane& dataplane,
            const LoadMonitor& load);

  // The least loaded relay worker that isn't overloaded and has ports for all legs. Load is what was measured
  // last, and an estimate for what has been placed since, which must leave the new session below the limit
  // too: a burst isn't let in because it comes between two samples. Workers that differ little get sessions
  // by turns. Counts the session to the worker. Errors: kExhausted (WORKERS_OVERLOADED, PORTS_EXHAUSTED),
  // nothing taken.
  Expected<Place> place(const std::vector<LegRequest>& legs, const Limits& limits);
  // Ports for one more leg of a session that has its worker.
  Expected<PortLease> place_leg(std::uint16_t worker, const LegRequest& leg);

  void release(const PortLease& lease);
  void session_gone(std::uint16_t worker) { --sessions_[worker]; }

  PortUse use(std::size_t network) const { return ports_.use(network); }
  std::vector<AddressPortUse> address_uses() const { return ports_.address_uses(); }
  std::uint32_t sessions(std::uint16_t worker) const { return sessions_[worker]; }

 private:
  Expected<std::vector<PortLease>> place_on(std::uint16_t worker, const std::vector<LegRequest>& legs);
  Expected<void> leave_reserve(const std::vector<PortLease>& leases, std::uint32_t percent) const;
  std::size_t best_of(const std::vector<std::uint16_t>& candidates) const;
  double expected_load(std::uint16_t worker) const;
  bool has_room(std::uint16_t worker, std::uint32_t max_worker_load) const;
  tl::unexpected<Error> all_overloaded(std::uint32_t max_worker_load) const;
  void count_since_sample();

  PortAllocator ports_;
  const LoadMonitor& load_;
  std::vector<std::string> networks_;    // their names
  std::vector<std::uint16_t> relays_;    // workers with the relay role
  std::vector<std::uint32_t> sessions_;  // by worker
  // By worker: since the monitor's last sample, and in the second that it measured.
  std::vector<std::uint32_t> placed_;
  std::vector<std::uint32_t> placed_before_;
  std::uint64_t sample_ = 0;  // which one that was
};

}  // namespace pollux::control
