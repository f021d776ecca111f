#include "controlplane/cli/format.hpp"

#include <gtest/gtest.h>

#include "tests/unit/cli/messages.hpp"

namespace pollux::cli {
namespace {

TEST(Format, Counts) {
  EXPECT_EQ(human_count(0), "0");
  EXPECT_EQ(human_count(9'999), "9999");
  EXPECT_EQ(human_count(10'000), "10.0 k");
  EXPECT_EQ(human_count(12'345), "12.3 k");
  EXPECT_EQ(human_count(123'456), "123 k");
  EXPECT_EQ(human_count(999'499), "999 k");
  EXPECT_EQ(human_count(999'500), "1.00 M");
  EXPECT_EQ(human_count(1'234'567), "1.23 M");
  EXPECT_EQ(human_count(18'446'744'073'709'551'615U), "18.4 E");
}

TEST(Format, BytesAndRates) {
  EXPECT_EQ(human_bytes(999), "999 B");
  EXPECT_EQ(human_bytes(1'000), "1.00 kB");
  EXPECT_EQ(human_bytes(172'000), "172 kB");
  EXPECT_EQ(human_rate(0), "0 /s");
  EXPECT_EQ(human_rate(50), "50 /s");
  EXPECT_EQ(human_rate(100'000), "100 k/s");
}

TEST(Format, Durations) {
  EXPECT_EQ(human_duration(-1), "0 ms");
  EXPECT_EQ(human_duration(0.02), "20 ms");
  EXPECT_EQ(human_duration(0.9999), "1.0 s");
  EXPECT_EQ(human_duration(3.2), "3.2 s");
  EXPECT_EQ(human_duration(9.96), "10 s");
  EXPECT_EQ(human_duration(59.6), "1 min 00 s");
  EXPECT_EQ(human_duration(192), "3 min 12 s");
  EXPECT_EQ(human_duration(7'500), "2 h 05 min");
  EXPECT_EQ(human_duration(86'400 * 3 + 3600 * 4), "3 d 4 h");
}

TEST(Format, TimesAndAddresses) {
  EXPECT_EQ(utc_time(message<google::protobuf::Timestamp>("seconds: 1714532341 nanos: 123456789")),
            "2024-05-01 02:59:01.123Z");
  EXPECT_EQ(hex_ssrc(0x442a2c1), "0x0442a2c1");
  EXPECT_EQ(address_text(message<v1::SocketAddress>("address: '192.0.2.7' port: 5004")), "192.0.2.7:5004");
  EXPECT_EQ(address_text(message<v1::SocketAddress>("address: '2001:db8::7' port: 5004")),
            "[2001:db8::7]:5004");
  EXPECT_EQ(human_percent(0.01234), "1.23 %");
}

TEST(Format, ControlCharactersDontReachTheTerminal) {
  EXPECT_EQ(printable("a\033[2Jb\nc\x7f"), "a?[2Jb?c?");
  EXPECT_EQ(printable("Grüße"), "Grüße");
}

}  // namespace
}  // namespace pollux::cli
