#include "dataplane/srtp/packet_index.hpp"

#include <gtest/gtest.h>

namespace pollux::srtp {
namespace {

// RFC 3711, Appendix A, literally: the rollover counter v that goes with SEQ.
PacketIndex appendix_a(std::uint32_t roc, std::uint16_t s_l, std::uint16_t seq) {
  std::uint32_t v = 0;
  if (s_l < 32768) {
    v = seq - s_l > 32768 ? roc - 1 : roc;
  } else {
    v = s_l - 32768 > seq ? roc + 1 : roc;
  }
  return PacketIndex{v} << 16 | seq;
}

TEST(PacketIndex, AgreesWithAppendixA) {
  constexpr std::uint16_t kPlaces[] = {0,      1,      2,      100,    0x3fff, 0x4000, 0x7ffe, 0x7fff,
                                       0x8000, 0x8001, 0xbfff, 0xc000, 0xfffd, 0xfffe, 0xffff};
  for (const std::uint32_t roc : {1U, 2U, 0xffffU, 0xfffffffeU}) {
    for (const std::uint16_t highest : kPlaces) {
      for (unsigned sequence = 0; sequence <= 0xffff; ++sequence) {
        const auto seq = static_cast<std::uint16_t>(sequence);
        ASSERT_EQ(estimate_index(PacketIndex{roc} << 16 | highest, seq), appendix_a(roc, highest, seq))
            << "ROC " << roc << ", highest " << highest << ", SEQ " << sequence;
      }
    }
  }
}

TEST(PacketIndex, BeforeTheFirstCycleThereIsNone) {
  EXPECT_EQ(estimate_index(0, 0xffff), 0xffffU);
  EXPECT_EQ(estimate_index(5, 0xffff), 0xffffU);
  EXPECT_EQ(estimate_index(0x7000, 0xf000), 0xf000U);
  EXPECT_EQ(estimate_index(0x7000, 0xf001), 0xf001U);
  EXPECT_EQ(estimate_index(0x8000, 0), 0U);
  EXPECT_EQ(estimate_index(0x8001, 0), 0x10000U);
}

TEST(PacketIndex, BeyondTheLastCycleTheKeyIsUsedUp) {
  constexpr PacketIndex kLast = kIndexEnd - 1;
  EXPECT_EQ(estimate_index(kLast - 10, 0xffff), kLast);
  EXPECT_GE(estimate_index(kLast, 0), kIndexEnd);
  EXPECT_GE(estimate_index(kLast, 0x7ffe), kIndexEnd);
  EXPECT_EQ(estimate_index(kLast, 0x7fff), kLast - 0x8000);
  EXPECT_EQ(roc_of(kLast), 0xffffffffU);
}

}  // namespace
}  // namespace pollux::srtp
