#include "dataplane/base/checksum.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <vector>

#include "dataplane/base/byte_order.hpp"

namespace pollux {
namespace {

TEST(Checksum, Rfc1071Example) {
  constexpr std::array<std::uint8_t, 8> kBytes = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
  EXPECT_EQ(be16::from_raw(checksum_fold(checksum_add(0, kBytes.data(), kBytes.size()))).host(), 0xddf2);
}

TEST(Checksum, AnOddByteIsTheFirstOfAWord) {
  constexpr std::array<std::uint8_t, 3> kOdd = {0x12, 0x34, 0x56};
  constexpr std::array<std::uint8_t, 4> kPadded = {0x12, 0x34, 0x56, 0x00};
  EXPECT_EQ(checksum_fold(checksum_add(0, kOdd.data(), 3)),
            checksum_fold(checksum_add(0, kPadded.data(), 4)));
}

// RFC 1624: the update gives what a sum over the changed bytes gives; 0 and 0xffff are both zero.
TEST(Checksum, UpdateAgreesWithASumFromScratch) {
  std::mt19937 random(3);
  for (unsigned round = 0; round < 20000; ++round) {
    std::vector<std::uint8_t> bytes(2 * (2 + random() % 50));
    for (auto& byte : bytes) {
      byte = static_cast<std::uint8_t>(random() % 8 == 0 ? 0xff : random() % 4 == 0 ? 0 : random());
    }
    const std::uint16_t before = checksum_finish(checksum_add(0, bytes.data(), bytes.size()));
    const std::size_t changed = 2 * (1 + random() % (bytes.size() / 2));
    const std::uint64_t removed = checksum_add(0, bytes.data(), changed);
    for (std::size_t i = 0; i < changed; ++i) {
      bytes[i] = static_cast<std::uint8_t>(random());
    }
    const std::uint64_t added = checksum_add(0, bytes.data(), changed);
    const std::uint16_t updated = checksum_update(before, removed, added);
    const std::uint16_t scratch = checksum_finish(checksum_add(0, bytes.data(), bytes.size()));
    ASSERT_TRUE(updated == scratch || (updated % 0xffff == 0 && scratch % 0xffff == 0))
        << updated << " " << scratch << " round " << round;
  }
}

}  // namespace
}  // namespace pollux
