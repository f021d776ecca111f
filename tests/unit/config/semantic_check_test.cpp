#include "controlplane/config/semantic_check.hpp"

#include <gtest/gtest.h>

#include "tests/unit/config/config_text.hpp"

namespace pollux::config {
namespace {

TEST(SemanticCheck, NamesAreUnique) {
  EXPECT_EQ(problems_of(changed("name: two", "name: one")),
            (Lines{"17: networks[1].name: 'one' is already the name of networks[0].name (line 14)"}));
  EXPECT_EQ(
      problems_of(changed("networks:",
                          "  - {name: left, device: net_ring0, interfaces: [{addresses: [10.0.0.1/8]}]}\n"
                          "networks:")),
      (Lines{"13: ports[1].name: 'left' is already the name of ports[0].name (line 4)"}));
}

TEST(SemanticCheck, DevicesAreUnique) {
  const auto second = [](const std::string& device) {
    return changed("networks:", "  - {name: right, device: \"" + device +
                                    "\", interfaces: [{addresses: [10.0.0.1/8]}]}\nnetworks:");
  };
  EXPECT_EQ(problems_of(second("0000:3b:00.1")), Lines{});
  EXPECT_EQ(problems_of(second("3B:00.0,arg=1")),
            (Lines{"13: ports[1].device: '3B:00.0' is already the device of ports[0].device (line 5)"}));
}

TEST(SemanticCheck, Vlans) {
  EXPECT_EQ(problems_of(changed("vlan: 7", "vlan: 0")),
            (Lines{"11: ports[0].interfaces[1].vlan: 0 is already the VLAN of ports[0].interfaces[0].vlan "
                   "(line 8)"}));
  EXPECT_EQ(problems_of(changed("vlan: 7", "vlan: 4095")),
            (Lines{"11: ports[0].interfaces[1].vlan: 4095 is out of range; allowed are 0..4094"}));
  EXPECT_EQ(problems_of(changed("vlan: 7", "vlan: 4094")), Lines{});
}

TEST(SemanticCheck, AddressesStandOnOneInterface) {
  EXPECT_EQ(problems_of(changed("[\"2001:db8:7::10/64\"]", "[\"2001:db8:7::10/64\", 192.0.2.10/32]")),
            (Lines{"12: ports[0].interfaces[1].addresses[1]: 192.0.2.10 is already an address of "
                   "ports[0].interfaces[0].addresses[0] (line 9)"}));
}

TEST(SemanticCheck, Gateways) {
  const auto with = [](const std::string& list) {
    return changed("gateways: [192.0.2.1]", "gateways: " + list);
  };
  EXPECT_EQ(problems_of(with("[]")), Lines{});
  EXPECT_EQ(problems_of(with("[\"fe80::1\"]")), Lines{});
  EXPECT_EQ(problems_of(with("[203.0.113.1]")),
            (Lines{"10: ports[0].interfaces[0].gateways[0]: 203.0.113.1 is in no subnet of this interface: "
                   "192.0.2.10/24"}));
  EXPECT_EQ(
      problems_of(with("[192.0.2.10]")),
      (Lines{
          "10: ports[0].interfaces[0].gateways[0]: 192.0.2.10 is this interface's own address; a gateway is "
          "another host"}));
  EXPECT_EQ(
      problems_of(with("[192.0.2.1, 192.0.2.2]")),
      (Lines{"10: ports[0].interfaces[0].gateways[1]: 192.0.2.2 is a second gateway of the same address "
             "family; the first is ports[0].interfaces[0].gateways[0] (line 10)"}));
}

TEST(SemanticCheck, NetworkAddresses) {
  EXPECT_EQ(problems_of(changed("addresses: [192.0.2.10]", "addresses: [192.0.2.11]")),
            (Lines{"15: networks[0].addresses[0]: 192.0.2.11 is not an address of any port's interface"}));
  EXPECT_EQ(
      problems_of(changed("[\"2001:db8:7::10\"]", "[192.0.2.10]")),
      (Lines{"18: networks[1].addresses[0]: 192.0.2.10 is already an address of networks[0].addresses[0] "
             "(line 15)"}));
  EXPECT_EQ(problems_of(changed("addresses: [192.0.2.10]", "addresses: []")),
            (Lines{"15: networks[0].addresses: has 0 items; allowed are 1..64"}));
}

// A session there could never be made: media isn't exchanged between link-local addresses.
TEST(SemanticCheck, NetworksAreNotLinkLocal) {
  std::string text = changed("[\"2001:db8:7::10/64\"]", "[\"fe80::10/64\"]");
  const std::string in_network = "[\"2001:db8:7::10\"]";
  text.replace(text.find(in_network), in_network.size(), "[\"fe80::10\"]");
  EXPECT_EQ(problems_of(text),
            (Lines{"18: networks[1].addresses[0]: fe80::10 is link-local; media needs an address that others "
                   "can reach"}));
}

TEST(SemanticCheck, OneMistakeIsToldOnce) {
  // The network names the address that couldn't be read; the gateway's subnet isn't known either.
  EXPECT_EQ(
      problems_of(changed("[192.0.2.10/24]", "[192.0.2.10/99]")),
      (Lines{
          "9: ports[0].interfaces[0].addresses[0]: prefix length 99 of 192.0.2.10 is out of range; allowed "
          "are 1..32 for IPv4"}));
  EXPECT_EQ(problems_of(changed("cpu: 1", "cpu: x")),
            (Lines{"2: workers[0].cpu: 'x' is not a whole number"}));
}

TEST(SemanticCheck, MtuFitsIpv6) {
  EXPECT_EQ(
      problems_of(changed("mtu: 1500", "mtu: 1279")),
      (Lines{"6: ports[0].mtu: 1279 is too small for the port's IPv6 addresses; IPv6 needs 1280 bytes"}));
  EXPECT_EQ(problems_of(changed("mtu: 1500", "mtu: 1280")), Lines{});
}

TEST(SemanticCheck, AfPacketDevices) {
  const auto with = [](const std::string& device, const std::string& more = "") {
    return changed("\"0000:3b:00.0\"\n", "\"net_af_packet0,iface=x" + device + "\"\n" + more);
  };
  EXPECT_EQ(problems_of(with("")), Lines{});
  EXPECT_EQ(problems_of(with(",framesz=1584")), Lines{});
  EXPECT_EQ(
      problems_of(with(",framesz=1583")),
      (Lines{"5: ports[0].device: framesz=1583 cuts off long packets: mtu 1500 and headers need 1584"}));
  EXPECT_EQ(
      problems_of(with(",framesz=8192")),
      (Lines{"5: ports[0].device: framesz=8192 is more than blocksz=4096; a block must hold at least one "
             "frame"}));
  EXPECT_EQ(problems_of(with("", "    queues: 2\n")),
            (Lines{"6: ports[0].queues: 2 queues, but the device has 1; add qpairs=2 to its arguments"}));
  EXPECT_EQ(problems_of(with(",qpairs=2", "    queues: 2\n")), Lines{});
}

TEST(SemanticCheck, PciNeedsHugePages) {
  EXPECT_EQ(
      problems_of(kGood + "eal: {huge_pages: off}\n"),
      (Lines{"5: ports[0].device: a PCI device can't work without huge pages, but eal.huge_pages is off"}));
  EXPECT_EQ(problems_of(changed("0000:3b:00.0", "net_ring0", "eal: {huge_pages: off}\n")), Lines{});
}

TEST(SemanticCheck, SomeWorkerRelays) {
  EXPECT_EQ(problems_of(changed("cpu: 1", "{cpu: 1, roles: [media]}")),
            (Lines{"2: workers: no worker has the role relay; without one no packet is received"}));
}

TEST(SemanticCheck, SharedCpusAreWarnedOf) {
  EXPECT_EQ(warnings_of(changed("cpu: 1\n", "cpu: 1\n  - cpu: 1\n")),
            (Lines{"3: workers[1].cpu: CPU 1 is also workers[0].cpu; the workers share its time"}));
  EXPECT_EQ(
      warnings_of(changed("cpu: 1", "cpu: 0")),
      (Lines{"2: workers[0].cpu: CPU 0 is also eal.main_cpu; ARP, ND and ping take time from this worker"}));
  EXPECT_EQ(
      warnings_of(kGood + "control: {cpus: [0, 1]}\n"),
      (Lines{
          "19: control.cpus[1]: CPU 1 is also workers[0].cpu; control threads take time from this worker"}));
  EXPECT_EQ(problems_of(kGood + "control:\n  cpus:\n    - 2\n    - 2\n"),
            (Lines{"22: control.cpus[1]: CPU 2 is given twice"}));
}

TEST(SemanticCheck, OnlySleepersNap) {
  EXPECT_EQ(warnings_of(changed("cpu: 1", "{cpu: 1, idle: poll, nap: 500}")),
            (Lines{"2: workers[0].nap: has no effect: only a worker with idle: sleep naps"}));
  EXPECT_EQ(warnings_of(changed("cpu: 1", "{cpu: 1, nap: 500}")), Lines{});
  EXPECT_EQ(warnings_of(changed("cpu: 1", "{cpu: 1, idle: poll}")), Lines{});
}

TEST(SemanticCheck, QueuesAndWorkers) {
  EXPECT_EQ(
      warnings_of(changed("mtu: 1500", "queues: 2")),
      (Lines{"6: ports[0].queues: 2 queues for 1 workers with the role relay; more queues than workers gain "
             "nothing"}));
  EXPECT_EQ(problems_of(changed("mtu: 1500", "queues: 0")),
            (Lines{"6: ports[0].queues: 0 is out of range; allowed are 1..64 queues"}));
}

TEST(SemanticCheck, MemoryThatDoesNotSuffice) {
  EXPECT_EQ(
      warnings_of(kGood + "memory: {max_sessions: 100, max_endpoints: 199}\n"),
      (Lines{"19: memory.max_endpoints: 199 serve no more than 99 sessions of two legs, but max_sessions is "
             "100"}));
  EXPECT_EQ(
      warnings_of(kGood + "memory: {mbufs: 2047}\n"),
      (Lines{
          "19: memory.mbufs: 2047 are fewer than the 2048 that the ports' queues can hold; none may be left "
          "to receive with"}));
}

TEST(SemanticCheck, OverlappingSubnetsAreWarnedOf) {
  EXPECT_EQ(
      warnings_of(changed("[\"2001:db8:7::10/64\"]", "[\"2001:db8:7::10/64\", 192.0.2.129/25]")),
      (Lines{"12: ports[0].interfaces[1].addresses[1]: the subnet of 192.0.2.129/25 overlaps that of "
             "192.0.2.10/24 (ports[0].interfaces[0].addresses[0]); hosts in both may be looked for on the "
             "wrong side"}));
}

TEST(SemanticCheck, Doors) {
  EXPECT_EQ(problems_of(kGood + "grpc: {unix_socket: ''}\n"),
            (Lines{"19: grpc: neither unix_socket nor tcp nor tls.listen is given; nothing could control "
                   "this node"}));
  EXPECT_EQ(problems_of(kGood + "grpc: {tcp: [127.0.0.1:1, 127.0.0.1:1]}\n"),
            (Lines{"19: grpc.tcp[1]: 127.0.0.1:1 is given twice"}));
  EXPECT_EQ(warnings_of(kGood + "grpc: {tcp: [127.0.0.1:1, '[::1]:1']}\n"), Lines{});
  EXPECT_EQ(warnings_of(kGood + "grpc: {tcp: [0.0.0.0:7711]}\n"),
            (Lines{"19: grpc.tcp[0]: 0.0.0.0:7711 can be reached from other machines, without encryption or "
                   "password; whoever reaches it controls this node"}));
  EXPECT_EQ(warnings_of(kGood + "grpc: {unix_socket_mode: '0666'}\n"),
            (Lines{"19: grpc.unix_socket_mode: every user of this machine may control this node"}));
}

TEST(SemanticCheck, MetricsDoors) {
  EXPECT_EQ(problems_of(kGood + "metrics: {listen: [127.0.0.1:1, 127.0.0.1:1]}\n"),
            (Lines{"19: metrics.listen[1]: 127.0.0.1:1 is given twice"}));
  EXPECT_EQ(problems_of(kGood + "grpc: {tcp: [127.0.0.1:1]}\nmetrics: {listen: [127.0.0.1:1]}\n"),
            (Lines{"20: metrics.listen[0]: 127.0.0.1:1 is already an address of grpc.tcp"}));
  EXPECT_EQ(warnings_of(kGood + "metrics: {listen: ['[::1]:9464']}\n"), Lines{});
  EXPECT_EQ(warnings_of(kGood + "metrics: {listen: [0.0.0.0:9464]}\n"),
            (Lines{"19: metrics.listen[0]: 0.0.0.0:9464 can be reached from other machines, without "
                   "encryption or password; whoever reaches it may read this node's counters"}));
}

TEST(SemanticCheck, AdmissionStaysBelowMemory) {
  EXPECT_EQ(problems_of(kGood + "memory: {max_sessions: 10}\nadmission: {max_sessions: 11}\n"),
            (Lines{"20: admission.max_sessions: 11 is more than memory.max_sessions, which is 10"}));
  EXPECT_EQ(problems_of(kGood + "memory: {max_sessions: 10}\nadmission: {max_sessions: 10}\n"), Lines{});
}

}  // namespace
}  // namespace pollux::config
