#include "controlplane/session/port_allocator.hpp"

#include <gtest/gtest.h>

#include <set>

#include "tests/support/control_fixture.hpp"

namespace pollux::control {
namespace {

using test::ip;
using test::two_networks;

std::uint16_t one_worker(const IpAddress& /*local*/, std::uint16_t /*port*/) {
  return 0;
}

TEST(PortAllocator, GivesEvenPortsWithTheOddOneAbove) {
  PortAllocator ports(two_networks(), 1, one_worker);
  const auto lease = ports.allot("inside", AddressFamily::kIpv4, 0, false);
  ASSERT_TRUE(lease);
  EXPECT_EQ(lease->rtp_port % 2, 0);
  EXPECT_EQ(lease->rtcp_port, lease->rtp_port + 1);
}

TEST(PortAllocator, UsesTheEvenPortOnlyWithRtcpMux) {
  PortAllocator ports(two_networks(), 1, one_worker);
  const auto lease = ports.allot("inside", AddressFamily::kIpv4, 0, true);
  ASSERT_TRUE(lease);
  EXPECT_EQ(lease->rtcp_port, lease->rtp_port);
  EXPECT_EQ(ports.use(0).used, 1U);
}

TEST(PortAllocator, UsesThePortFreedLongestAgoFirst) {
  PortAllocator ports(two_networks(20000, 20007), 1, one_worker);  // 4 pairs on each address
  std::vector<PortLease> leases;
  for (int i = 0; i < 8; ++i) {
    leases.push_back(ports.allot("inside", AddressFamily::kIpv4, 0, false).value());
  }
  EXPECT_FALSE(ports.allot("inside", AddressFamily::kIpv4, 0, false));
  const std::vector<std::size_t> order = {5, 0, 3, 6};
  for (const std::size_t i : order) {
    EXPECT_TRUE(ports.release(leases[i]));
  }
  std::vector<PortLease> freed_on_first;
  std::vector<PortLease> again_on_first;
  for (const std::size_t i : order) {
    const PortLease again = ports.allot("inside", AddressFamily::kIpv4, 0, false).value();
    if (leases[i].address == ip("10.0.0.1")) {
      freed_on_first.push_back(leases[i]);
    }
    if (again.address == ip("10.0.0.1")) {
      again_on_first.push_back(again);
    }
  }
  EXPECT_EQ(again_on_first, freed_on_first);
}

TEST(PortAllocator, BalancesOverTheAddresses) {
  PortAllocator ports(two_networks(), 1, one_worker);
  int on_first = 0;
  for (int i = 0; i < 100; ++i) {
    on_first += ports.allot("inside", AddressFamily::kIpv4, 0, false)->address == ip("10.0.0.1") ? 1 : 0;
  }
  EXPECT_EQ(on_first, 50);
}

TEST(PortAllocator, GivesAddressesOfTheFamilyOnly) {
  PortAllocator ports(two_networks(), 1, one_worker);
  EXPECT_EQ(ports.allot("outside", AddressFamily::kIpv6, 0, false)->address, ip("2001:db8::1"));
  EXPECT_EQ(ports.allot("outside", AddressFamily::kIpv4, 0, false)->address, ip("192.0.2.1"));
  const auto none = ports.allot("inside", AddressFamily::kIpv6, 0, false);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().cause, "PORTS_EXHAUSTED");
}

TEST(PortAllocator, SaysWhichNetworkRanOut) {
  PortAllocator ports(two_networks(20000, 20001), 1, one_worker);
  ASSERT_TRUE(ports.allot("outside", AddressFamily::kIpv4, 0, false));
  const auto full = ports.allot("outside", AddressFamily::kIpv4, 0, false);
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, ErrorCode::kExhausted);
  EXPECT_EQ(full.error().cause, "PORTS_EXHAUSTED");
  EXPECT_NE(full.error().message.find("\"outside\""), std::string::npos);
}

TEST(PortAllocator, RefusesUnknownNetworks) {
  PortAllocator ports(two_networks(), 1, one_worker);
  EXPECT_EQ(ports.allot("moon", AddressFamily::kIpv4, 0, false).error().code, ErrorCode::kInvalidArgument);
}

TEST(PortAllocator, GivesAWorkerOnlyPortsItOwns) {
  // Owner by port modulo 3: the two ports of a pair belong to different workers.
  PortAllocator ports(two_networks(), 3, [](const IpAddress&, std::uint16_t port) {
    return static_cast<std::uint16_t>(port % 3);
  });
  EXPECT_FALSE(ports.allot("inside", AddressFamily::kIpv4, 0, false));
  for (std::uint16_t worker = 0; worker < 3; ++worker) {
    const auto lease = ports.allot("inside", AddressFamily::kIpv4, worker, true);
    ASSERT_TRUE(lease);
    EXPECT_EQ(lease->rtp_port % 3, worker);
  }
}

TEST(PortAllocator, PrefersForRtcpMuxPortsThatPairsCannotUse) {
  // The odd port of every second pair belongs to the other worker.
  const auto owner = [](const IpAddress&, std::uint16_t port) {
    return static_cast<std::uint16_t>(port % 4 == 3 ? 1 : 0);
  };
  PortAllocator ports(two_networks(20000, 20007), 2, owner);
  EXPECT_EQ(ports.allot("outside", AddressFamily::kIpv4, 0, true)->rtp_port % 4, 2);
  EXPECT_EQ(ports.allot("outside", AddressFamily::kIpv4, 0, true)->rtp_port % 4, 2);
  EXPECT_EQ(ports.allot("outside", AddressFamily::kIpv4, 0, true)->rtp_port % 4, 0);
  EXPECT_TRUE(ports.allot("outside", AddressFamily::kIpv4, 0, false));
  EXPECT_FALSE(ports.allot("outside", AddressFamily::kIpv4, 0, false));
}

// Two devices may lead the same UDP port to different workers.
TEST(PortAllocator, AsksForTheOwnerByAddress) {
  const auto owner = [](const IpAddress& local, std::uint16_t port) {
    return static_cast<std::uint16_t>((port / 2 + (local == ip("10.0.0.1") ? 0 : 1)) % 2);
  };
  PortAllocator ports(two_networks(20000, 20003), 2, owner);
  EXPECT_EQ(ports.allot("inside", AddressFamily::kIpv4, 0, false)->rtp_port, 20000);
  const PortLease outside = ports.allot("outside", AddressFamily::kIpv4, 0, false).value();
  EXPECT_EQ(outside.rtp_port, 20002);
  EXPECT_FALSE(ports.allot("outside", AddressFamily::kIpv4, 0, false)) << "the other pair is worker 1's";
  EXPECT_TRUE(ports.release(outside));
  EXPECT_EQ(ports.allot("outside", AddressFamily::kIpv4, 0, false)->rtp_port, 20002);
}

TEST(PortAllocator, TellsUseByAddressAndWorker) {
  // The odd port of every second pair belongs to worker 1, to whom it is of no use.
  const auto owner = [](const IpAddress&, std::uint16_t port) {
    return static_cast<std::uint16_t>(port % 4 == 3 ? 1 : 0);
  };
  PortAllocator ports(two_networks(20000, 20007), 2, owner);
  const auto uses = ports.address_uses();
  ASSERT_EQ(uses.size(), 4U);  // two networks with two addresses; worker 1 has none
  EXPECT_EQ(uses[0].network, "inside");
  EXPECT_EQ(uses[0].address, ip("10.0.0.1"));
  EXPECT_EQ(uses[0].worker, 0);
  EXPECT_EQ(uses[0].ports.total, 6U);
  const PortLease mux = ports.allot("outside", AddressFamily::kIpv6, 0, true).value();
  const PortLease pair = ports.allot("outside", AddressFamily::kIpv6, 0, false).value();
  EXPECT_EQ(ports.address_uses()[3].address, ip("2001:db8::1"));
  EXPECT_EQ(ports.address_uses()[3].ports.used, 3U);
  EXPECT_EQ(ports.address_uses()[2].ports.used, 0U);
  ports.release(mux);
  ports.release(pair);
  EXPECT_EQ(ports.address_uses()[3].ports.used, 0U);
}

TEST(PortAllocator, TakesNothingBackTwice) {
  PortAllocator ports(two_networks(), 1, one_worker);
  const PortLease lease = ports.allot("inside", AddressFamily::kIpv4, 0, false).value();
  EXPECT_TRUE(ports.release(lease));
  EXPECT_FALSE(ports.release(lease));
  EXPECT_EQ(ports.use(0).used, 0U);
}

TEST(PortAllocator, HoldsTheWholePortRange) {
  const std::vector<config::NetworkConfig> networks = {
      {"wide", {ip("10.0.0.1"), ip("10.0.0.2"), ip("10.0.0.3"), ip("10.0.0.4")}, 1024, 65535, 0}};
  PortAllocator ports(networks, 1, one_worker);
  EXPECT_EQ(ports.use(0).total, 4U * 64512U);
  std::set<std::pair<IpAddress, std::uint16_t>> seen;
  while (const auto lease = ports.allot("wide", AddressFamily::kIpv4, 0, false)) {
    EXPECT_TRUE(seen.emplace(lease->address, lease->rtp_port).second);
  }
  EXPECT_EQ(seen.size(), 4U * 32256U);
  EXPECT_EQ(ports.use(0).used, ports.use(0).total);
}

}  // namespace
}  // namespace pollux::control
