#include "dataplane/base/ip_address.hpp"

#include <gtest/gtest.h>

namespace pollux {
namespace {

TEST(IpAddress, ParsesAndPrintsBothFamilies) {
  EXPECT_EQ(IpAddress::parse("192.0.2.1")->to_string(), "192.0.2.1");
  EXPECT_EQ(IpAddress::parse("2001:DB8::1")->to_string(), "2001:db8::1");
  EXPECT_TRUE(IpAddress::parse("192.0.2.1")->is_v4());
  EXPECT_FALSE(IpAddress::parse("2001:db8::1")->is_v4());
  for (const char* bad : {"", "192.0.2", "192.0.2.256", "1.2.3.4 ", "::g", "[::1]", "fe80::1%eth0",
                          "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000"}) {
    EXPECT_FALSE(IpAddress::parse(bad)) << bad;
  }
}

TEST(IpAddress, Kinds) {
  EXPECT_TRUE(IpAddress().is_unspecified());
  EXPECT_TRUE(IpAddress::parse("0.0.0.0")->is_unspecified());
  EXPECT_TRUE(IpAddress::parse("239.1.2.3")->is_multicast());
  EXPECT_TRUE(IpAddress::parse("ff02::1")->is_multicast());
  EXPECT_TRUE(IpAddress::parse("::1")->is_loopback());
  EXPECT_TRUE(IpAddress::parse("fe80::1")->is_v6_link_local());
}

TEST(IpPrefix, Contains) {
  const auto v4 = *IpPrefix::parse("10.1.16.5/20");
  EXPECT_TRUE(v4.contains(*IpAddress::parse("10.1.31.255")));
  EXPECT_FALSE(v4.contains(*IpAddress::parse("10.1.32.0")));
  EXPECT_FALSE(v4.contains(*IpAddress::parse("2001:db8::1")));
  EXPECT_TRUE(IpPrefix::parse("0.0.0.0/0")->contains(*IpAddress::parse("8.8.8.8")));
  EXPECT_TRUE(IpPrefix::parse("2001:db8::/33")->contains(*IpAddress::parse("2001:db8:7fff::1")));
  EXPECT_FALSE(IpPrefix::parse("2001:db8::/33")->contains(*IpAddress::parse("2001:db8:8000::1")));
  for (const char* bad :
       {"10.0.0.1", "10.0.0.1/33", "::1/129", "10.0.0.1/", "10.0.0.1/x", "/8", "10.0.0.1/-1"}) {
    EXPECT_FALSE(IpPrefix::parse(bad)) << bad;
  }
}

TEST(SocketAddress, ParsesAndPrints) {
  EXPECT_EQ(SocketAddress::parse("192.0.2.1:5004")->to_string(), "192.0.2.1:5004");
  EXPECT_EQ(SocketAddress::parse("[2001:db8::1]:65535")->to_string(), "[2001:db8::1]:65535");
  for (const char* bad :
       {"192.0.2.1", "192.0.2.1:", "192.0.2.1:65536", "2001:db8::1:5004", "[192.0.2.1]:1", ":1", "[]:1"}) {
    EXPECT_FALSE(SocketAddress::parse(bad)) << bad;
  }
}

}  // namespace
}  // namespace pollux
