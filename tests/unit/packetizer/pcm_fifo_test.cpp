#include "dataplane/packetizer/pcm_fifo.hpp"

#include <gtest/gtest.h>

#include <numeric>

namespace pollux::packetizer {
namespace {

TEST(PcmFifo, GivesBackWhatWasPutInWhateverThePieces) {
  PcmFifo fifo(100, 2);
  std::int16_t in = 0;
  std::int16_t out = 0;
  for (int round = 0; round < 200; ++round) {
    const std::size_t more = std::min<std::size_t>(fifo.room(), static_cast<std::size_t>(round * 7 % 41));
    for (std::int16_t& sample : fifo.append(more)) {
      sample = in++;
    }
    const std::size_t less = std::min<std::size_t>(fifo.size(), static_cast<std::size_t>(round * 5 % 37));
    for (const std::int16_t sample : fifo.take(less)) {
      ASSERT_EQ(sample, out++);
    }
  }
  EXPECT_EQ(fifo.size() * 2, static_cast<std::size_t>(in - out));
}

TEST(PcmFifo, KnowsItsRoom) {
  PcmFifo fifo(10, 1);
  EXPECT_EQ(fifo.room(), 10U);
  EXPECT_EQ(fifo.append(10).size(), 10U);
  EXPECT_EQ(fifo.room(), 0U);
  fifo.drop_last(4);
  EXPECT_EQ(fifo.size(), 6U);
  fifo.take(5);
  EXPECT_EQ(fifo.append(9).size(), 9U) << "moves what is left to the front";
  fifo.clear();
  EXPECT_TRUE(fifo.empty());
}

}  // namespace
}  // namespace pollux::packetizer
