#include "dataplane/session/payload_types.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "dataplane/session/clocks.hpp"

namespace pollux::session {
namespace {

std::uint32_t clock_of(const PayloadTypeTable& table, std::uint8_t type) {
  return kClockRates[table.clock[type]];
}

TEST(PayloadTypes, WithoutMapsEverythingPassesAsItIs) {
  const PayloadTypeTable& table = identity_payload_types();
  for (std::uint8_t type = 0; type < 128; ++type) {
    EXPECT_EQ(table.out[type], type);
  }
  EXPECT_EQ(clock_of(table, 0), 8000U);
  EXPECT_EQ(clock_of(table, 9), 8000U);  // G.722, RFC 3551 §4.5.2
  EXPECT_EQ(clock_of(table, 11), 44100U);
  EXPECT_EQ(clock_of(table, 34), 90000U);
  EXPECT_EQ(clock_of(table, 111), 8000U);
}

TEST(PayloadTypes, GoesFromWireToCommonToWire) {
  const std::vector<PayloadTypeMapping> from = {{8, 8, 0}, {101, 200 % 128, 8000}, {96, 97, 48000}};
  const std::vector<PayloadTypeMapping> to = {{8, 8, 0}, {110, 200 % 128, 0}};
  PayloadTypeTable table;
  build_payload_types(from, to, table);
  EXPECT_EQ(table.out[8], 8);
  EXPECT_EQ(table.out[101], 110);
  EXPECT_EQ(table.out[96], kPayloadTypeUnmapped);  // the sending leg doesn't know 97
  EXPECT_EQ(table.out[0], kPayloadTypeUnmapped);   // the receiving leg doesn't list it
  EXPECT_EQ(clock_of(table, 96), 48000U);
}

TEST(PayloadTypes, OneMapIsEnough) {
  const std::vector<PayloadTypeMapping> map = {{101, 96, 0}};
  PayloadTypeTable table;
  build_payload_types(map, {}, table);
  EXPECT_EQ(table.out[101], 96);
  EXPECT_EQ(table.out[8], kPayloadTypeUnmapped);
  build_payload_types({}, map, table);
  EXPECT_EQ(table.out[96], 101);
  EXPECT_EQ(table.out[8], kPayloadTypeUnmapped);
}

TEST(PayloadTypes, TheFirstOfTwoEqualEntriesWins) {
  const std::vector<PayloadTypeMapping> from = {{96, 1, 0}, {96, 2, 0}};
  const std::vector<PayloadTypeMapping> to = {{50, 1, 0}, {51, 1, 0}, {52, 2, 0}};
  PayloadTypeTable table;
  build_payload_types(from, to, table);
  EXPECT_EQ(table.out[96], 50);
}

TEST(Clocks, AreFoundByRate) {
  EXPECT_EQ(clock_index(8000), 0);
  EXPECT_TRUE(clock_index(48000).has_value());
  EXPECT_FALSE(clock_index(8001).has_value());
}

}  // namespace
}  // namespace pollux::session
