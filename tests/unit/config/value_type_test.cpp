#include "controlplane/config/value_type.hpp"

#include <gtest/gtest.h>

#include <array>

#include "tests/unit/config/config_text.hpp"

namespace pollux::config {
namespace {

// What a value type says of a text: "" when it takes it.
template <typename T>
std::string verdict(const ValueType<T>& type, const std::string& text, T* value = nullptr) {
  ReadContext context("test.yaml");
  YamlNode node;
  node.kind = YamlNode::Kind::kScalar;
  node.text = text;
  T target{};
  type.read(node, "key", context, target);
  const auto errors = context.take_errors();
  if (value != nullptr) {
    *value = target;
  }
  return errors.empty() ? "" : errors[0].message;
}

TEST(ValueType, Integers) {
  const auto type = integer<std::uint16_t>(2, 60000, "bytes");
  std::uint16_t value = 0;
  EXPECT_EQ(verdict(type, "2", &value), "");
  EXPECT_EQ(value, 2U);
  EXPECT_EQ(verdict(type, "60000", &value), "");
  EXPECT_EQ(value, 60000U);
  for (const char* text : {"1", "60001", "-5", "18446744073709551616", "99999999999999999999999999"}) {
    EXPECT_EQ(verdict(type, text), std::string(text) + " is out of range; allowed are 2..60000 bytes");
  }
  for (const char* text : {"", "x", "1.5", "1e3", "0x10", "+5", " 5", "5 ", "-", "--5", "5-"}) {
    EXPECT_EQ(verdict(type, text), quoted(text) + " is not a whole number");
  }
}

TEST(ValueType, Durations) {
  const auto type = duration(std::chrono::milliseconds(20), std::chrono::hours(1));
  std::chrono::milliseconds value{0};
  const std::pair<const char*, long> good[] = {{"20ms", 20},    {"1s", 1000},     {"1500ms", 1500},
                                               {"60 s", 60000}, {"5min", 300000}, {"1h", 3600000}};
  for (const auto& [text, expected] : good) {
    EXPECT_EQ(verdict(type, text, &value), "");
    EXPECT_EQ(value.count(), expected);
  }
  for (const char* text : {"19ms", "0s", "61min", "99999999999999999999h", "5124095576030432h"}) {
    EXPECT_EQ(verdict(type, text), std::string(text) + " is out of range; allowed are 20ms..1h");
  }
  EXPECT_EQ(verdict(type, "45"), "'45' has no unit; write a whole number with ms, s, min or h, such as 45s");
  for (const char* text : {"", "s", "-1s", "1.5s", "1d", "1 s s", "1m"}) {
    EXPECT_EQ(verdict(type, text),
              quoted(text) + " is not a duration; write a whole number with ms, s, min or h, such as 60s");
  }
}

TEST(ValueType, DurationsAreShownAsPeopleSayThem) {
  const std::pair<long, const char*> cases[] = {{0, "0s"},         {200, "200ms"},   {60000, "60s"},
                                                {90000, "90s"},    {120000, "2min"}, {3600000, "1h"},
                                                {3601000, "3601s"}};
  for (const auto& [ms, text] : cases) {
    EXPECT_EQ(show_duration(std::chrono::milliseconds(ms)), text);
  }
}

TEST(ValueType, Memory) {
  const auto type = mebibytes(64, 4096);
  std::uint32_t value = 0;
  EXPECT_EQ(verdict(type, "256 MiB", &value), "");
  EXPECT_EQ(value, 256U);
  EXPECT_EQ(verdict(type, "2GiB", &value), "");
  EXPECT_EQ(value, 2048U);
  EXPECT_EQ(verdict(type, "8 GiB"), "8 GiB is out of range; allowed are 64 MiB..4096 MiB");
  EXPECT_EQ(verdict(type, "256"), "'256' has no unit; write a whole number with MiB or GiB, such as 256 MiB");
  EXPECT_EQ(verdict(type, "256 MB"),
            "'256 MB' is not an amount of memory; write a whole number with MiB or GiB, such as 256 MiB");
}

TEST(ValueType, InterfaceAddresses) {
  const auto type = interface_address();
  for (const char* text : {"192.0.2.10/24", "192.0.2.10/32", "192.0.2.0/31", "2001:db8::1/64",
                           "2001:db8::/127", "2001:db8::/128", "fe80::1/64", "10.0.255.255/8"}) {
    EXPECT_EQ(verdict(type, text), "") << text;
  }
  const std::pair<const char*, const char*> bad[] = {
      {"192.0.2.10", "'192.0.2.10' has no prefix length; write for example 192.0.2.10/24"},
      {"2001:db8::1", "'2001:db8::1' has no prefix length; write for example 2001:db8::1/64"},
      {"192.0.2.10/33", "prefix length 33 of 192.0.2.10 is out of range; allowed are 1..32 for IPv4"},
      {"192.0.2.10/0", "prefix length 0 of 192.0.2.10 is out of range; allowed are 1..32 for IPv4"},
      {"2001:db8::1/129", "prefix length 129 of 2001:db8::1 is out of range; allowed are 1..128 for IPv6"},
      {"192.0.2.10/x", "prefix length x of 192.0.2.10 is out of range; allowed are 1..32 for IPv4"},
      {"host/24", "'host/24' is not an IP address with prefix length, such as 198.51.100.10/24"},
      {"192.0.2.0/24", "'192.0.2.0/24' names the subnet itself; a host's address in it is needed"},
      {"2001:db8::/64", "'2001:db8::/64' names the subnet itself; a host's address in it is needed"},
      {"192.0.2.255/24", "'192.0.2.255/24' is the subnet's broadcast address; a host's own is needed"},
      {"0.0.0.0/8", "'0.0.0.0/8' is the unspecified address; a host's own is needed"},
      {"224.0.0.1/24", "'224.0.0.1/24' is a multicast address; a host's own is needed"},
      {"ff02::1/64", "'ff02::1/64' is a multicast address; a host's own is needed"},
      {"127.0.0.1/8", "'127.0.0.1/8' is a loopback address; none can be reached on a port"},
      {"255.255.255.255/32", "'255.255.255.255/32' is the broadcast address; a host's own is needed"}};
  for (const auto& [text, message] : bad) {
    EXPECT_EQ(verdict(type, text), message);
  }
}

TEST(ValueType, HostAndSocketAddresses) {
  EXPECT_EQ(verdict(host_address(), "192.0.2.1"), "");
  EXPECT_EQ(verdict(host_address(), "192.0.2.1/24"),
            "'192.0.2.1/24' is not an IP address (without prefix length), such as 198.51.100.1");
  EXPECT_EQ(verdict(host_address(), "::"), "'::' is the unspecified address; a host's own is needed");
  for (const char* text : {"127.0.0.1:1", "0.0.0.0:65535", "[::]:7711", "[::1]:7711"}) {
    EXPECT_EQ(verdict(socket_address(), text), "") << text;
  }
  EXPECT_EQ(verdict(socket_address(), "127.0.0.1:0"), "port 0 is out of range; allowed are 1..65535");
  for (const char* text :
       {"7711", ":7711", "localhost:7711", "127.0.0.1", "127.0.0.1:65536", "::1:7711", ""}) {
    EXPECT_EQ(verdict(socket_address(), text),
              quoted(text) + " is not ADDRESS:PORT, such as 127.0.0.1:7711 or [::1]:7711");
  }
  EXPECT_EQ(verdict(socket_address(), "224.0.0.1:7711"),
            "'224.0.0.1:7711' is a multicast address; nothing can listen there");
}

TEST(ValueType, PortRanges) {
  PortRange value;
  EXPECT_EQ(verdict(port_range(), "1024-65535", &value), "");
  EXPECT_EQ(value.first, 1024U);
  EXPECT_EQ(value.last, 65535U);
  const std::pair<const char*, const char*> bad[] = {
      {"1022-2001", "port 1022 is out of range; allowed are 1024..65535"},
      {"2000-65537", "port 65537 is out of range; allowed are 1024..65535"},
      {"3000-2001", "first port 3000 must be below last port 2001"},
      {"2001-3001", "first port 2001 must be even: RTP takes even ports, RTCP the odd ones above"},
      {"2000-3000", "last port 3000 must be odd: RTP takes even ports, RTCP the odd ones above"}};
  for (const auto& [text, message] : bad) {
    EXPECT_EQ(verdict(port_range(), text), message);
  }
  for (const char* text : {"", "-", "2000", "2000-", "-2001", "2000-2001-2002", "2000 - 2001", "a-b"}) {
    EXPECT_EQ(verdict(port_range(), text), quoted(text) + " is not FIRST-LAST, such as 20000-59999");
  }
}

TEST(ValueType, TextAndModes) {
  std::uint32_t mode = 0;
  EXPECT_EQ(verdict(file_mode(), "0750", &mode), "");
  EXPECT_EQ(mode, 0750U);
  EXPECT_EQ(file_mode().show(0750), "0750");
  for (const char* text : {"660", "0o660", "0888", "1777", "06600", "", "rw-"}) {
    EXPECT_EQ(verdict(file_mode(), text),
              quoted(text) + " is not a file mode; write four octal digits, 0000..0777, such as 0660");
  }
  EXPECT_EQ(verdict(name_text(), "in-side_1.a"), "");
  for (const std::string& text :
       {std::string(), std::string("a b"), std::string("\xc3\xa4"), std::string(33, 'a')}) {
    EXPECT_EQ(verdict(name_text(), text),
              quoted(text) + " is not a name: 1..32 letters, digits, '_', '-' or '.'");
  }
  EXPECT_EQ(verdict(socket_path(), ""), "");
  EXPECT_EQ(verdict(socket_path(), "/run/x.sock"), "");
  EXPECT_EQ(verdict(socket_path(), "run/x.sock"), "'run/x.sock' is not an absolute path of a file");
  EXPECT_EQ(verdict(socket_path(), "/run/"), "'/run/' is not an absolute path of a file");
  EXPECT_EQ(verdict(socket_path(), "/" + std::string(107, 'a')),
            "is 108 bytes long; a unix socket's path may have 107");
  EXPECT_EQ(verdict(any_text("", 1, 4), "abcde"), "is 5 bytes long; allowed are 1..4");
  EXPECT_EQ(verdict(any_text("", 1, 4), "a\nb"), "'a?b' has characters that are not printable ASCII");
}

TEST(ValueType, Roles) {
  const auto with = [](const std::string& roles) {
    return changed("cpu: 1", "{cpu: 1, roles: " + roles + "}");
  };
  EXPECT_EQ(problems_of(with("[relay]")), Lines{});
  EXPECT_EQ(problems_of(with("[]")), (Lines{"2: workers[0].roles: has 0 items; allowed are 1..2"}));
  EXPECT_EQ(problems_of(with("[relay, relay]")), (Lines{"2: workers[0].roles[1]: 'relay' is given twice"}));
  EXPECT_EQ(problems_of(with("[relay, mixer]")),
            (Lines{"2: workers[0].roles[1]: 'mixer' is not one of relay or media"}));
  EXPECT_EQ(problems_of(with("relay")),
            (Lines{"2: workers[0].roles: must be a list, not the single value 'relay'"}));
}

TEST(NearestWord, FindsTypicalSlips) {
  const std::vector<std::string> known = {"addresses", "ports", "name", "mtu"};
  EXPECT_EQ(nearest_word("adresses", known), "addresses");
  EXPECT_EQ(nearest_word("naem", known), "name");
  EXPECT_EQ(nearest_word("PORTS", known), "ports");
  EXPECT_EQ(nearest_word("vlan", known), "");
  EXPECT_EQ(nearest_word(std::string(100000, 'a'), known), "");
}

}  // namespace
}  // namespace pollux::config
