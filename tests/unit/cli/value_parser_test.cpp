#include "controlplane/cli/value_parser.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pollux::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ValueParser, Durations) {
  const auto ms = [](const char* text) {
    const auto parsed = parse_duration(text);
    return parsed.ok() ? parsed.value.count() : -1;
  };
  EXPECT_EQ(ms("500ms"), 500);
  EXPECT_EQ(ms("60s"), 60'000);
  EXPECT_EQ(ms("60"), 60'000);
  EXPECT_EQ(ms("1.5s"), 1'500);
  EXPECT_EQ(ms("5min"), 300'000);
  EXPECT_EQ(ms("5m"), 300'000);
  EXPECT_EQ(ms("24h"), 86'400'000);
  EXPECT_EQ(ms("0"), 0);
  EXPECT_EQ(ms("never"), 0);
  for (const char* bad : {"", "s", "-1s", "5 s", "1d", "1..2s", ".", "1e3", "99999999999999999999h"}) {
    EXPECT_EQ(ms(bad), -1) << bad;
  }
  EXPECT_THAT(parse_duration("1d").problems,
              ElementsAre("a time is a number with ms, s, min or h, such as 60s, or never; not '1d'"));
}

TEST(ValueParser, SocketAddresses) {
  const auto v4 = parse_socket_address("192.0.2.7:40000");
  ASSERT_TRUE(v4.ok());
  EXPECT_EQ(v4.value.address(), "192.0.2.7");
  EXPECT_EQ(v4.value.port(), 40000U);
  const auto v6 = parse_socket_address("[2001:db8::7]:1");
  ASSERT_TRUE(v6.ok());
  EXPECT_EQ(v6.value.address(), "2001:db8::7");
  EXPECT_EQ(v6.value.port(), 1U);
}

TEST(ValueParser, WrongSocketAddressesSayWhy) {
  const auto why = [](const char* text) {
    const auto parsed = parse_socket_address(text);
    return parsed.ok() ? "" : parsed.problems.front();
  };
  EXPECT_THAT(why(""), HasSubstr("the port is missing"));
  EXPECT_THAT(why("192.0.2.7"), HasSubstr("the port is missing"));
  EXPECT_THAT(why("[2001:db8::7]"), HasSubstr("the port is missing"));
  EXPECT_THAT(why("2001:db8::7:5004"), HasSubstr("has no brackets"));
  EXPECT_THAT(why("192.0.2.7:0"), HasSubstr("the port must be 1..65535, not '0'"));
  EXPECT_THAT(why("192.0.2.7:65536"), HasSubstr("the port must be 1..65535"));
  EXPECT_THAT(why("192.0.2.7:"), HasSubstr("the port must be 1..65535, not ''"));
  EXPECT_THAT(why("192.0.2.7:12x"), HasSubstr("the port must be 1..65535"));
  EXPECT_THAT(why("host.example:5004"),
              HasSubstr("'host.example' is no IPv4 address (names aren't looked up)"));
  EXPECT_THAT(why("[192.0.2.7]:5004"), HasSubstr("is no IPv6 address"));
  EXPECT_THAT(why("192.0.2.300:5004"), HasSubstr("'192.0.2.300' is no IPv4 address"));
}

TEST(ValueParser, Labels) {
  EXPECT_EQ(parse_label("call_id=a=b").value, (std::pair<std::string, std::string>("call_id", "a=b")));
  EXPECT_EQ(parse_label("empty=").value, (std::pair<std::string, std::string>("empty", "")));
  EXPECT_FALSE(parse_label("word").ok());
  EXPECT_FALSE(parse_label("=x").ok());
}

TEST(ValueParser, DurationToProto) {
  const auto proto = to_proto(std::chrono::milliseconds(61'250));
  EXPECT_EQ(proto.seconds(), 61);
  EXPECT_EQ(proto.nanos(), 250'000'000);
}

TEST(ValueParser, Bytes) {
  EXPECT_EQ(parse_bytes("65536").value, 65'536U);
  EXPECT_EQ(parse_bytes("500k").value, 512'000U);
  EXPECT_EQ(parse_bytes("64MiB").value, 64U << 20);
  EXPECT_EQ(parse_bytes("1G").value, 1U << 30);
  for (const char* wrong : {"", "0", "k", "-1", "1.5M", "1T", "99999999999"}) {
    EXPECT_FALSE(parse_bytes(wrong).ok()) << wrong;
  }
}

}  // namespace
}  // namespace pollux::cli
