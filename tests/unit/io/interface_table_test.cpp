#include "dataplane/io/interface_table.hpp"

#include <gtest/gtest.h>

namespace pollux::io {
namespace {

IpAddress ip(const char* text) {
  return *IpAddress::parse(text);
}

constexpr MacAddress kMacs[] = {{0x02, 0, 0, 0, 0, 0x01}, {0x02, 0, 0, 0, 0, 0x02}};
constexpr std::uint16_t kPortIds[] = {5, 2};

InterfaceConfig interface(std::uint16_t vlan, std::initializer_list<const char*> addresses,
                          std::initializer_list<const char*> gateways = {}) {
  InterfaceConfig config;
  config.vlan = vlan;
  for (const char* address : addresses) {
    config.addresses.push_back(*IpPrefix::parse(address));
  }
  for (const char* gateway : gateways) {
    config.gateways.push_back(ip(gateway));
  }
  return config;
}

Expected<InterfaceTable> build(std::vector<InterfaceConfig> first, std::vector<InterfaceConfig> second = {}) {
  DataplaneConfig config;
  config.ports.resize(2);
  config.ports[0].interfaces = std::move(first);
  config.ports[1].interfaces = std::move(second);
  config.ports[1].mtu = 9000;
  return InterfaceTable::build(config, kMacs, kPortIds);
}

InterfaceTable example() {
  auto table = build({interface(0, {"192.0.2.1/24", "2001:db8::1/64"}, {"192.0.2.254", "fe80::ff"}),
                      interface(4094, {"10.0.0.1/8", "10.1.0.1/16"})},
                     {interface(4094, {"198.51.100.1/31"}, {"198.51.100.0"})});
  EXPECT_TRUE(table) << table.error().message;
  return *table;
}

std::string reached(const InterfaceTable& table, std::uint16_t interface, const char* destination) {
  const auto hop = table.next_hop(interface, ip(destination));
  return hop ? hop->to_string() : "none";
}

TEST(InterfaceTable, FindsLocalAddresses) {
  const InterfaceTable table = example();
  ASSERT_EQ(table.local_count(), 5);
  ASSERT_EQ(table.interface_count(), 3);
  for (std::uint16_t i = 0; i < table.local_count(); ++i) {
    const IpAddress& address = table.local(i).ip;
    EXPECT_EQ(table.find_local(address), i);
    if (address.is_v4()) {
      EXPECT_EQ(table.find_local_v4(address.v4()), i);
    }
  }
  EXPECT_EQ(table.interface(table.local(table.find_local(ip("198.51.100.1"))).interface).port, 1);
  for (const char* other :
       {"192.0.2.2", "0.0.0.0", "255.255.255.255", "::", "2001:db8::2", "fe80::ff:fe00:1"}) {
    EXPECT_EQ(table.find_local(ip(other)), InterfaceTable::kNone) << other;
  }
}

TEST(InterfaceTable, FindsManyAddresses) {
  std::vector<InterfaceConfig> interfaces(1);
  for (unsigned i = 1; i < 200; ++i) {
    interfaces[0].addresses.push_back(*IpPrefix::parse("10.0.0." + std::to_string(i) + "/24"));
    interfaces[0].addresses.push_back(*IpPrefix::parse("2001:db8::" + std::to_string(i) + "/64"));
  }
  const auto table = build(interfaces);
  ASSERT_TRUE(table);
  for (std::uint16_t i = 0; i < table->local_count(); ++i) {
    ASSERT_EQ(table->find_local(table->local(i).ip), i);
  }
  EXPECT_EQ(table->find_local(ip("10.0.0.200")), InterfaceTable::kNone);
  EXPECT_EQ(table->find_local(ip("2001:db8::ffff")), InterfaceTable::kNone);
}

TEST(InterfaceTable, FindsInterfacesByPortAndVlan) {
  const InterfaceTable table = example();
  EXPECT_EQ(table.find_interface(5, 0), 0);
  EXPECT_EQ(table.find_interface(5, 4094), 1);
  EXPECT_EQ(table.find_interface(2, 4094), 2);
  EXPECT_EQ(table.find_interface(2, 0), InterfaceTable::kNone);
  EXPECT_EQ(table.find_interface(5, 1), InterfaceTable::kNone);
  EXPECT_EQ(table.find_interface(0, 0), InterfaceTable::kNone);
  EXPECT_EQ(table.find_interface(0xffff, 0xffff), InterfaceTable::kNone);
  EXPECT_EQ(table.interface(2).port_id, 2);
  EXPECT_EQ(table.interface(2).mtu, 9000);
  EXPECT_EQ(table.interface(2).mac, kMacs[1]);
}

TEST(InterfaceTable, NextHop) {
  const InterfaceTable table = example();
  EXPECT_EQ(reached(table, 0, "192.0.2.77"), "192.0.2.77");
  EXPECT_EQ(reached(table, 0, "203.0.113.5"), "192.0.2.254");
  EXPECT_EQ(reached(table, 0, "2001:db8::77"), "2001:db8::77");
  EXPECT_EQ(reached(table, 0, "2001:db8:1::77"), "fe80::ff");
  EXPECT_EQ(reached(table, 0, "fe80::77"), "fe80::77");
  EXPECT_EQ(reached(table, 1, "203.0.113.5"), "none") << "no gateway there";
  EXPECT_EQ(reached(table, 1, "fe80::77"), "none") << "no IPv6 there";
  EXPECT_EQ(reached(table, 2, "198.51.100.0"), "198.51.100.0") << "both addresses of a /31 are hosts";
  EXPECT_EQ(reached(table, 2, "203.0.113.5"), "198.51.100.0");
  for (const char* nobody : {"192.0.2.1", "192.0.2.255", "192.0.2.0", "255.255.255.255", "0.0.0.0",
                             "239.1.1.1", "127.0.0.1", "::", "::1", "ff02::1", "2001:db8::1"}) {
    EXPECT_EQ(reached(table, 0, nobody), "none") << nobody;
  }
}

TEST(InterfaceTable, LongestPrefixDecidesWhatIsABroadcastAddress) {
  const InterfaceTable table = example();
  EXPECT_EQ(reached(table, 1, "10.2.255.255"), "10.2.255.255") << "a host of 10.0.0.0/8";
  EXPECT_EQ(reached(table, 1, "10.1.255.255"), "none") << "the broadcast address of 10.1.0.0/16";
}

TEST(InterfaceTable, SourceOfQuestions) {
  const InterfaceTable table = example();
  EXPECT_EQ(table.source_for(1, ip("10.1.2.3"))->to_string(), "10.0.0.1");
  EXPECT_EQ(table.source_for(0, ip("192.0.2.254"))->to_string(), "192.0.2.1");
  EXPECT_EQ(table.source_for(0, ip("2001:db8::9"))->to_string(), "2001:db8::1");
  EXPECT_EQ(table.source_for(0, ip("fe80::ff"))->to_string(), "fe80::ff:fe00:1");
  EXPECT_FALSE(table.source_for(1, ip("2001:db8::9")));
}

TEST(InterfaceTable, LinkLocalAddress) {
  EXPECT_EQ(link_local_from_mac({0x00, 0x11, 0x22, 0x33, 0x44, 0x55}).to_string(),
            "fe80::211:22ff:fe33:4455");
  const InterfaceTable generated = example();
  EXPECT_EQ(generated.interface(0).link_local.to_string(), "fe80::ff:fe00:1");
  EXPECT_TRUE(generated.is_ours(0, ip("fe80::ff:fe00:1")));
  EXPECT_TRUE(generated.is_ours(0, ip("192.0.2.1")));
  EXPECT_FALSE(generated.is_ours(1, ip("192.0.2.1")));
  EXPECT_TRUE(generated.interface(1).link_local.is_unspecified()) << "no IPv6 on it";
  EXPECT_FALSE(generated.is_ours(1, ip("::")));

  const auto configured =
      build({interface(0, {"2001:db8::1/64", "fe80::1/64"}), interface(2, {"fe80::1/64"})});
  ASSERT_TRUE(configured);
  EXPECT_EQ(configured->interface(0).link_local, ip("fe80::1"));
  EXPECT_EQ(configured->interface(1).link_local, ip("fe80::1")) << "the same one on two links";
  EXPECT_EQ(configured->find_local(ip("fe80::1")), InterfaceTable::kNone);
  EXPECT_EQ(configured->local_count(), 1);
}

struct BadCase {
  const char* cause;
  const char* field;
  std::vector<InterfaceConfig> first;
  std::vector<InterfaceConfig> second;
};

TEST(InterfaceTable, ErrorsNameTheField) {
  const BadCase cases[] = {
      {"VLAN_DUPLICATE", "ports[0].interfaces[1].vlan", {interface(3, {}), interface(3, {})}, {}},
      {"VLAN_INVALID", "ports[0].interfaces[0].vlan", {interface(4095, {})}, {}},
      {"ADDRESS_DUPLICATE",
       "ports[1].interfaces[0].addresses[0]",
       {interface(0, {"192.0.2.1/24"})},
       {interface(0, {"192.0.2.1/25"})}},
      {"ADDRESS_INVALID",
       "ports[0].interfaces[0].addresses[1]",
       {interface(0, {"192.0.2.1/24", "224.0.0.1/24"})},
       {}},
      {"ADDRESS_INVALID", "ports[0].interfaces[0].addresses[0]", {interface(0, {"192.0.2.0/24"})}, {}},
      {"ADDRESS_INVALID", "ports[0].interfaces[0].addresses[0]", {interface(0, {"::/64"})}, {}},
      {"GATEWAY_UNREACHABLE",
       "ports[0].interfaces[0].gateways[0]",
       {interface(0, {"192.0.2.1/24"}, {"192.0.3.1"})},
       {}},
      {"GATEWAY_UNREACHABLE",
       "ports[0].interfaces[0].gateways[0]",
       {interface(0, {"192.0.2.1/24"}, {"192.0.2.1"})},
       {}},
      {"GATEWAY_UNREACHABLE",
       "ports[0].interfaces[0].gateways[0]",
       {interface(0, {"192.0.2.1/24"}, {"fe80::1"})},
       {}},
      {"GATEWAY_DUPLICATE",
       "ports[0].interfaces[0].gateways[1]",
       {interface(0, {"192.0.2.1/24"}, {"192.0.2.2", "192.0.2.3"})},
       {}},
  };
  for (const BadCase& bad : cases) {
    const auto table = build(bad.first, bad.second);
    ASSERT_FALSE(table) << bad.cause << " " << bad.field;
    EXPECT_EQ(table.error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(table.error().cause, bad.cause);
    EXPECT_EQ(table.error().field, bad.field);
  }
}

}  // namespace
}  // namespace pollux::io
