#include "dataplane/rtp/demux.hpp"

#include <gtest/gtest.h>

namespace pollux::rtp {
namespace {

PacketKind kind(unsigned first, unsigned second) {
  const std::uint8_t bytes[2] = {static_cast<std::uint8_t>(first), static_cast<std::uint8_t>(second)};
  return demux(bytes, sizeof bytes);
}

// RFC 7983 §7, figure 3, as a table of ranges instead of the code's masks.
TEST(Demux, FirstOctetOfAll256) {
  for (unsigned first = 0; first < 256; ++first) {
    const PacketKind expected = first <= 3                     ? PacketKind::kStun
                                : first >= 16 && first <= 19   ? PacketKind::kZrtp
                                : first >= 20 && first <= 63   ? PacketKind::kDtls
                                : first >= 64 && first <= 79   ? PacketKind::kTurnChannel
                                : first >= 128 && first <= 191 ? PacketKind::kRtp
                                                               : PacketKind::kUnknown;
    EXPECT_EQ(kind(first, 0), expected) << first;
  }
}

TEST(Demux, SecondOctetTellsRtcpFromRtp) {
  for (unsigned second = 0; second < 256; ++second) {
    EXPECT_EQ(kind(0x80, second), second >= 192 && second <= 223 ? PacketKind::kRtcp : PacketKind::kRtp)
        << second;
    EXPECT_EQ(kind(0xbf, second), kind(0x80, second));
    EXPECT_EQ(kind(20, second), PacketKind::kDtls);  // outside of RTP's range it says nothing
  }
}

TEST(Demux, TooShort) {
  const std::uint8_t byte = 0x80;
  EXPECT_EQ(demux(&byte, 0), PacketKind::kUnknown);
  EXPECT_EQ(demux(&byte, 1), PacketKind::kUnknown);
}

}  // namespace
}  // namespace pollux::rtp
