// Whatever is asked of the port allocator: no port is held twice, every port belongs to the worker that
// asked, and everything comes back.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <set>

#include "controlplane/session/port_allocator.hpp"
#include "tests/support/control_fixture.hpp"

namespace pollux::control {
namespace {

using Port = std::pair<IpAddress, std::uint16_t>;

std::vector<Port> ports_of(const PortLease& lease) {
  std::vector<Port> ports = {{lease.address, lease.rtp_port}};
  if (lease.rtcp_port != lease.rtp_port) {
    ports.emplace_back(lease.address, lease.rtcp_port);
  }
  return ports;
}

RC_GTEST_PROP(PortAllocatorProperty, HoldsNoPortTwiceAndGetsAllBack, ()) {
  const auto workers = *rc::gen::inRange<std::uint16_t>(1, 4);
  // Pairs that lie whole with a worker, and pairs that are split between two.
  const auto stride = *rc::gen::element<std::uint16_t>(1, 2, 3, 4);
  const auto owner = [=](const IpAddress& /*local*/, std::uint16_t port) {
    return static_cast<std::uint16_t>(port / stride % workers);
  };
  const auto networks =
      test::two_networks(30000, static_cast<std::uint16_t>(30001 + 2 * *rc::gen::inRange(0, 12)));
  PortAllocator ports(networks, workers, owner);

  std::set<Port> held;
  std::vector<PortLease> leases;
  const auto steps = *rc::gen::container<std::vector<std::uint32_t>>(rc::gen::arbitrary<std::uint32_t>());
  for (const std::uint32_t step : steps) {
    if (step % 3 == 0 && !leases.empty()) {
      const std::size_t index = step / 3 % leases.size();
      for (const Port& port : ports_of(leases[index])) {
        held.erase(port);
      }
      RC_ASSERT(ports.release(leases[index]));
      leases.erase(leases.begin() + static_cast<std::ptrdiff_t>(index));
      continue;
    }
    const auto worker = static_cast<std::uint16_t>(step / 3 % workers);
    const bool mux = (step & 0x100U) != 0;
    const bool v6 = (step & 0x200U) != 0;
    const auto lease = ports.allot((step & 0x400U) != 0 ? "inside" : "outside",
                                   v6 ? AddressFamily::kIpv6 : AddressFamily::kIpv4, worker, mux);
    if (!lease) {
      RC_ASSERT(lease.error().cause == "PORTS_EXHAUSTED");
      continue;
    }
    RC_ASSERT(lease->rtp_port % 2 == 0);
    RC_ASSERT(lease->rtcp_port == (mux ? lease->rtp_port : lease->rtp_port + 1));
    for (const Port& port : ports_of(*lease)) {
      RC_ASSERT(owner({}, port.second) == worker);
      RC_ASSERT(held.insert(port).second);
    }
    leases.push_back(*lease);
  }
  RC_ASSERT(ports.use(0).used + ports.use(1).used == held.size());
  for (const PortLease& lease : leases) {
    RC_ASSERT(ports.release(lease));
  }
  RC_ASSERT(ports.use(0).used == 0U && ports.use(1).used == 0U);
}

// The model: a queue per address and worker.
RC_GTEST_PROP(PortAllocatorProperty, UsesPortsInTheOrderInWhichTheyWereFreed, ()) {
  const std::vector<config::NetworkConfig> networks = {{"one", {test::ip("10.0.0.1")}, 30000, 30015, 0}};
  PortAllocator ports(networks, 1, [](const IpAddress&, std::uint16_t) { return std::uint16_t{0}; });
  std::deque<std::uint16_t> free;
  for (std::uint16_t port = 30000; port < 30016; port = static_cast<std::uint16_t>(port + 2)) {
    free.push_back(port);
  }
  std::vector<PortLease> leases;
  const auto steps = *rc::gen::container<std::vector<std::uint16_t>>(rc::gen::arbitrary<std::uint16_t>());
  for (const std::uint16_t step : steps) {
    if (step % 2 == 0 && !leases.empty()) {
      const std::size_t index = step / 2U % leases.size();
      RC_ASSERT(ports.release(leases[index]));
      free.push_back(leases[index].rtp_port);
      leases.erase(leases.begin() + static_cast<std::ptrdiff_t>(index));
      continue;
    }
    const auto lease = ports.allot("one", AddressFamily::kIpv4, 0, false);
    RC_ASSERT(lease.has_value() == !free.empty());
    if (lease) {
      RC_ASSERT(lease->rtp_port == free.front());
      free.pop_front();
      leases.push_back(*lease);
    }
  }
}

}  // namespace
}  // namespace pollux::control
