#include "controlplane/session/placement.hpp"

#include <algorithm>

#include "controlplane/session/admission.hpp"

namespace pollux::control {

namespace {

// Workers whose loads differ by less count as equally loaded: then the number of sessions decides.
constexpr double kLoadTolerance = 0.05;

// No relayed call costs more of a core, even on net_af_packet: what seems to is a flood's load, or other
// work, on a node with few calls, and must not keep calls out.
constexpr double kMostPerSession = 0.002;

constexpr double kRounding = 1e-9;

// The expected load, as far as it counts against the limit.
double bounded(const LoadMonitor& load, std::uint16_t worker, double expected) {
  const double cost = load.load_per_session();
  const double measured = load.load(worker);
  return cost <= kMostPerSession ? expected : measured + (expected - measured) * kMostPerSession / cost;
}

}  // namespace

Placement::Placement(std::span<const config::NetworkConfig> networks, const Dataplane& dataplane,
                     const LoadMonitor& load)
    : ports_(networks, dataplane.workers().size(),
             [&dataplane](const IpAddress& local, std::uint16_t port) {
               return dataplane.port_owner(local, port);
             }),
      load_(load),
      sessions_(dataplane.workers().size()),
      placed_(dataplane.workers().size()),
      placed_before_(dataplane.workers().size()) {
  for (const config::NetworkConfig& network : networks) {
    networks_.push_back(network.name);
  }
  for (const WorkerInfo& worker : dataplane.workers()) {
    if (worker.roles.relay) {
      relays_.push_back(worker.index);
    }
  }
}

Expected<Placement::Place> Placement::place(const std::vector<LegRequest>& legs, const Limits& limits) {
  count_since_sample();
  if (relays_.empty()) {
    return fail(ErrorCode::kExhausted, "PORTS_EXHAUSTED", "", "no worker has the role \"relay\"");
  }
  std::vector<std::uint16_t> candidates;
  for (const std::uint16_t worker : relays_) {
    if (!load_.overloaded(worker) && has_room(worker, limits.max_worker_load)) {
      candidates.push_back(worker);
    }
  }
  if (candidates.empty()) {
    return all_overloaded(limits.max_worker_load);
  }
  Error error;
  while (!candidates.empty()) {
    const std::size_t best = best_of(candidates);
    const std::uint16_t worker = candidates[best];
    auto leases = place_on(worker, legs);
    if (leases) {
      if (auto left = leave_reserve(*leases, limits.reserved_ports); !left) {
        for (const PortLease& lease : *leases) {
          release(lease);
        }
        return tl::unexpected<Error>(std::move(left.error()));
      }
      ++sessions_[worker];
      ++placed_[worker];
      return Place{worker, std::move(*leases)};
    }
    error = std::move(leases.error());
    candidates.erase(candidates.begin() + static_cast<std::ptrdiff_t>(best));
  }
  return tl::unexpected<Error>(std::move(error));
}

// A sample holds what was placed before it; what came while it was taken, for half of the time.
void Placement::count_since_sample() {
  if (sample_ != load_.samples()) {
    placed_before_ = placed_;
    if (load_.samples() - sample_ > 1) {
      std::fill(placed_before_.begin(), placed_before_.end(), 0);
    }
    sample_ = load_.samples();
    std::fill(placed_.begin(), placed_.end(), 0);
  }
}

double Placement::expected_load(std::uint16_t worker) const {
  return load_.load(worker) + load_.load_per_session() * (placed_[worker] + 0.5 * placed_before_[worker]);
}

// For one session more.
bool Placement::has_room(std::uint16_t worker, std::uint32_t max_worker_load) const {
  if (max_worker_load >= 100 || placed_[worker] + placed_before_[worker] == 0) {
    return true;  // all that there is has been measured
  }
  return bounded(load_, worker, expected_load(worker) + load_.load_per_session()) <=
         max_worker_load / 100.0 + kRounding;
}

// Pre: !candidates.empty().
std::size_t Placement::best_of(const std::vector<std::uint16_t>& candidates) const {
  double lowest = expected_load(candidates[0]);
  for (const std::uint16_t worker : candidates) {
    lowest = std::min(lowest, expected_load(worker));
  }
  std::size_t best = candidates.size();
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (expected_load(candidates[i]) <= lowest + kLoadTolerance &&
        (best == candidates.size() || sessions_[candidates[i]] < sessions_[candidates[best]])) {
      best = i;
    }
  }
  return best;
}

tl::unexpected<Error> Placement::all_overloaded(std::uint32_t max_worker_load) const {
  const std::uint16_t least = *std::min_element(
      relays_.begin(), relays_.end(), [this](auto a, auto b) { return expected_load(a) < expected_load(b); });
  std::string coming;
  if (!load_.overloaded(least)) {
    coming = ", " + percent_text(100 * bounded(load_, least, expected_load(least))) +
             " with the sessions that have just come";
  }
  return fail(ErrorCode::kExhausted, "WORKERS_OVERLOADED", "",
              "all relay workers (" + std::to_string(relays_.size()) + ") are overloaded, the least one at " +
                  percent_text(100 * load_.load(least)) + coming + ", and admission.max_worker_load is " +
                  percent_text(max_worker_load) + ": use another node, or add workers");
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

Expected<void> Placement::leave_reserve(const std::vector<PortLease>& leases, std::uint32_t percent) const {
  for (const PortLease& lease : leases) {
    const PortUse use = ports_.use(lease.network, lease.address.family());
    if (percent > 0 && (use.total - use.used) * 100 < use.total * percent) {
      return fail(ErrorCode::kExhausted, "PORTS_EXHAUSTED", "",
                  "network \"" + networks_[lease.network] + "\" has only the " +
                      (lease.address.is_v4() ? "IPv4" : "IPv6") + " ports left that " +
                      "admission.reserved_ports (" + percent_text(percent) + " of " +
                      std::to_string(use.total) +
                      ") keeps for legs that are added to sessions: widen its port range, add an address, "
                      "or end sessions");
    }
  }
  return {};
}

Expected<PortLease> Placement::place_leg(std::uint16_t worker, const LegRequest& leg) {
  return ports_.allot(leg.network, leg.family.value_or(AddressFamily::kIpv4), worker, leg.rtcp_mux);
}

void Placement::release(const PortLease& lease) {
  ports_.release(lease);
}

}  // namespace pollux::control
