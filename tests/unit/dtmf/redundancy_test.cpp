#include "dataplane/dtmf/redundancy.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace pollux::dtmf {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes bytes(const RedBlock& block) {
  return {block.data.begin(), block.data.end()};
}

TEST(Redundancy, ReadsBlocksWhereTheRfcHasThem) {
  // RFC 2198 §3: F=1, payload type 97, offset 160 (14 bits), length 4 (10 bits); then F=0, payload type 97.
  const Bytes packet{0x80 | 97, 0x02, 0x80, 0x04, 97, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  RedBlocks blocks;
  ASSERT_TRUE(read_red(packet, 1000, blocks));
  ASSERT_EQ(blocks.size(), 2U);
  EXPECT_EQ(blocks[0].payload_type, 97);
  EXPECT_EQ(blocks[0].timestamp, 840U);
  EXPECT_EQ(bytes(blocks[0]), (Bytes{1, 2, 3, 4}));
  EXPECT_EQ(blocks[1].payload_type, 97);
  EXPECT_EQ(blocks[1].timestamp, 1000U);
  EXPECT_EQ(bytes(blocks[1]), (Bytes{5, 6, 7, 8, 9}));
}

TEST(Redundancy, ThePrimaryBlockMayBeAlone) {
  const Bytes packet{0x60, 42};
  RedBlocks blocks;
  ASSERT_TRUE(read_red(packet, 7, blocks));
  ASSERT_EQ(blocks.size(), 1U);
  EXPECT_EQ(blocks[0].payload_type, 96);
  EXPECT_EQ(bytes(blocks[0]), Bytes{42});
  ASSERT_TRUE(read_red(Bytes{0x00}, 7, blocks));
  EXPECT_TRUE(blocks[0].data.empty());
}

TEST(Redundancy, TimestampsWrapAround) {
  const Bytes packet{0x80 | 101, 0xff, 0xfc, 0x00, 101};  // the greatest offset, no data
  RedBlocks blocks;
  ASSERT_TRUE(read_red(packet, 5, blocks));
  EXPECT_EQ(blocks[0].timestamp, 5 - kMaxRedOffset);
  EXPECT_TRUE(blocks[0].data.empty());
}

TEST(Redundancy, RefusesEveryPacketThatIsCutShort) {
  const Bytes whole{0x80 | 97, 0x02, 0x80, 0x03, 0x80 | 98, 0x01, 0x40, 0x02, 96, 1, 2, 3, 4, 5};
  RedBlocks blocks;
  ASSERT_TRUE(read_red(whole, 1000, blocks));
  ASSERT_EQ(blocks.size(), 3U);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(read_red(std::span(whole).first(size), 1000, blocks)) << size;
    EXPECT_TRUE(blocks.empty()) << size;
  }
}

TEST(Redundancy, TakesAsManyBlocksAsFit) {
  Bytes packet;
  for (std::size_t i = 0; i + 1 < kMaxRedBlocks; ++i) {
    packet.insert(packet.end(), {0x80, 0, 0, 0});
  }
  packet.push_back(0);
  RedBlocks blocks;
  EXPECT_TRUE(read_red(packet, 0, blocks));
  EXPECT_EQ(blocks.size(), kMaxRedBlocks);
  packet.insert(packet.begin(), {0x80, 0, 0, 0});
  EXPECT_FALSE(read_red(packet, 0, blocks));
}

TEST(Redundancy, WritesWhatItReads) {
  const Bytes old{1, 2, 3, 4};
  const Bytes older{9, 8};
  const Bytes primary{5, 6, 7};
  const std::vector<RedBlock> blocks{{98, 680, older}, {97, 840, old}, {96, 1000, primary}};
  std::array<std::uint8_t, 18> out{};
  ASSERT_EQ(write_red(blocks, 1000, out), 18U);
  EXPECT_EQ(Bytes(out.begin(), out.end()),
            (Bytes{0x80 | 98, 0x05, 0x00, 0x02, 0x80 | 97, 0x02, 0x80, 0x04, 96, 9, 8, 1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(write_red(blocks, 1000, std::span(out).first(17)), 0U);
}

TEST(Redundancy, LeavesOutWhatTheFormatCantTell) {
  const Bytes data{1};
  const Bytes long_data(kMaxRedLength + 1, 2);
  const std::vector<RedBlock> blocks{
      {90, 20'000 - kMaxRedOffset - 1, data},  // too old
      {91, 20'000 - kMaxRedOffset, data},      // as old as can be
      {92, 19'000, long_data},                 // too long
      {93, 20'001, data},                      // of the future
      {94, 20'000, long_data},                 // primary
  };
  std::array<std::uint8_t, 2000> out{};
  const std::size_t size = write_red(blocks, 20'000, out);
  RedBlocks read;
  ASSERT_TRUE(read_red(std::span(out).first(size), 20'000, read));
  ASSERT_EQ(read.size(), 2U);
  EXPECT_EQ(read[0].payload_type, 91);
  EXPECT_EQ(read[0].timestamp, 20'000 - kMaxRedOffset);
  EXPECT_EQ(read[1].payload_type, 94);
  EXPECT_EQ(bytes(read[1]), long_data);
}

TEST(Redundancy, WritesNoMoreBlocksThanItsReadersTake) {
  const Bytes data{1};
  std::vector<RedBlock> blocks;
  for (std::uint8_t i = 0; i < kMaxRedBlocks + 3; ++i) {
    blocks.push_back({i, 1000, data});
  }
  std::array<std::uint8_t, 200> out{};
  const std::size_t size = write_red(blocks, 1000, out);
  RedBlocks read;
  ASSERT_TRUE(read_red(std::span(out).first(size), 1000, read));
  ASSERT_EQ(read.size(), kMaxRedBlocks);
  EXPECT_EQ(read[0].payload_type, 3);
}

}  // namespace
}  // namespace pollux::dtmf
