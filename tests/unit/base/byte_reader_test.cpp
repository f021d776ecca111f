#include "dataplane/base/byte_reader.hpp"

#include <gtest/gtest.h>

#include <array>

namespace pollux {
namespace {

constexpr std::array<std::uint8_t, 7> kBytes = {1, 2, 3, 4, 5, 6, 7};

TEST(ByteReader, ReadsBigEndian) {
  ByteReader reader(kBytes);
  EXPECT_EQ(reader.u8(), 1);
  EXPECT_EQ(reader.u16(), 0x0203);
  EXPECT_EQ(reader.u32(), 0x04050607U);
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(reader.left(), 0U);
}

TEST(ByteReader, PastTheEndStaysFailed) {
  ByteReader reader(kBytes);
  reader.skip(6);
  EXPECT_EQ(reader.u16(), 0);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.u8(), 0);  // the byte that was left is not handed out any more
  EXPECT_TRUE(reader.bytes(0).empty());
}

}  // namespace
}  // namespace pollux
