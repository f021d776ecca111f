#include "dataplane/session/tx_header.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "dataplane/base/checksum.hpp"

namespace pollux::session {
namespace {

LocalEnd local_end(const char* ip, std::uint16_t vlan) {
  return {.mac = {2, 1, 2, 3, 4, 5},
          .vlan = vlan,
          .ip = *IpAddress::parse(ip),
          .udp_port = 20000,
          .mtu = 1500,
          .dscp = 46};
}

TEST(TxHeader, Ipv4) {
  Endpoint endpoint;
  set_destination(endpoint, local_end("192.0.2.1", 0), *SocketAddress::parse("198.51.100.9:5000"));
  ASSERT_EQ(endpoint.header_length, 42);
  const std::uint8_t* const header = endpoint.header();
  EXPECT_EQ(header, endpoint.v4_header);
  EXPECT_EQ(load_be16(header + 12), 0x0800);
  EXPECT_EQ(header[14], 0x45);
  EXPECT_EQ(header[15], 46 << 2);
  EXPECT_EQ(load_be16(header + 18), 0);       // identification
  EXPECT_EQ(load_be16(header + 20), 0x4000);  // don't fragment
  EXPECT_EQ(header[22], 64);
  EXPECT_EQ(header[23], 17);
  EXPECT_EQ(IpAddress::from_v4_bytes(header + 26).to_string(), "192.0.2.1");
  EXPECT_EQ(IpAddress::from_v4_bytes(header + 30).to_string(), "198.51.100.9");
  EXPECT_EQ(load_be16(header + 34), 20000);
  EXPECT_EQ(load_be16(header + 36), 5000);
  EXPECT_EQ(endpoint.max_payload, 1500 - 28);
  EXPECT_EQ(endpoint.ip_header_sum, checksum_fold(checksum_add(0, header + 14, 20)));
  EXPECT_EQ(endpoint.pseudo_header_sum, checksum_fold(checksum_add(0, header + 26, 12)));
}

TEST(TxHeader, Ipv6WithVlan) {
  Endpoint endpoint;
  set_destination(endpoint, local_end("2001:db8::1", 77), *SocketAddress::parse("[2001:db8::9]:5000"));
  ASSERT_EQ(endpoint.header_length, 66);
  const std::uint8_t* const header = endpoint.header();
  EXPECT_EQ(header, endpoint.v6_header);
  EXPECT_EQ(load_be16(header + 12), 0x8100);
  EXPECT_EQ(load_be16(header + 14), 77);
  EXPECT_EQ(load_be16(header + 16), 0x86dd);
  EXPECT_EQ(load_be32(header + 18), 0x60000000U | (46U << 22));
  EXPECT_EQ(header[24], 17);
  EXPECT_EQ(header[25], 64);
  EXPECT_EQ(IpAddress::from_v6_bytes(header + 26).to_string(), "2001:db8::1");
  EXPECT_EQ(IpAddress::from_v6_bytes(header + 42).to_string(), "2001:db8::9");
  EXPECT_EQ(load_be16(header + 58), 20000);
  EXPECT_EQ(load_be16(header + 60), 5000);
  EXPECT_EQ(endpoint.max_payload, 1500 - 48);
  EXPECT_EQ(endpoint.pseudo_header_sum, checksum_fold(checksum_add(0, header + 26, 36)));
}

TEST(TxHeader, ANewDestinationForgetsTheNextHopAndIsTold) {
  Endpoint endpoint;
  endpoint.neighbour_index = 7;
  set_destination(endpoint, local_end("192.0.2.1", 0), *SocketAddress::parse("198.51.100.9:5000"));
  EXPECT_EQ(endpoint.neighbour_index, 0xffff);
  EXPECT_NE(endpoint.tx_flags & kTxRemote, 0);
  const Remote remote = endpoint.remote.load();
  EXPECT_EQ(remote.ip.to_string(), "198.51.100.9");
  EXPECT_EQ(remote.port, 5000);
  EXPECT_FALSE(remote.confirmed);
}

}  // namespace
}  // namespace pollux::session
