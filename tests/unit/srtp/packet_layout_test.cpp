#include "dataplane/srtp/packet_layout.hpp"

#include <gtest/gtest.h>

#include "tests/support/srtp_packets.hpp"

namespace pollux::srtp {
namespace {

using crypto::test::Bytes;
using crypto::test::make_rtcp;
using crypto::test::make_rtp;

std::size_t header_of(const Bytes& packet) {
  return rtp_header_length(packet.data(), packet.size());
}

TEST(PacketLayout, HeaderWithCsrcsAndExtension) {
  for (std::size_t csrcs = 0; csrcs <= 15; ++csrcs) {
    EXPECT_EQ(header_of(make_rtp(1, {.payload = 0, .csrcs = csrcs})), 12 + 4 * csrcs);
    for (const unsigned words : {0U, 1U, 300U}) {
      EXPECT_EQ(header_of(make_rtp(1, {.payload = 3, .csrcs = csrcs, .extension_words = words})),
                12 + 4 * csrcs + 4 + 4 * words);
    }
  }
  EXPECT_EQ(header_of(make_rtp(1, {.payload = 0, .padding = true})), 12U);  // encrypted: not looked at
}

TEST(PacketLayout, WhatEndsBeforeItsHeaderIsNone) {
  const Bytes whole = make_rtp(1, {.payload = 0, .csrcs = 2, .extension_words = 3});
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const Bytes part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_EQ(header_of(part), 0U) << length;
  }
  EXPECT_EQ(header_of(whole), whole.size());
}

TEST(PacketLayout, OtherVersionsAreNone) {
  Bytes packet = make_rtp(1);
  for (const unsigned version : {0U, 1U, 3U}) {
    packet[0] = static_cast<std::uint8_t>(version << 6);
    EXPECT_EQ(header_of(packet), 0U) << version;
  }
}

TEST(PacketLayout, PlausibleSrtcp) {
  Bytes packet = make_rtcp(1, 2);
  EXPECT_TRUE(plausible_srtcp(packet.data(), 16));  // header, index and four bytes of tag
  EXPECT_FALSE(plausible_srtcp(packet.data(), 15));
  packet[0] = 0x40;
  EXPECT_FALSE(plausible_srtcp(packet.data(), 16));
}

}  // namespace
}  // namespace pollux::srtp
