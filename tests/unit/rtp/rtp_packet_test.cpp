#include "dataplane/rtp/rtp_packet.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <vector>

namespace pollux::rtp {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes packet(std::uint8_t first, const Bytes& rest = {}) {
  const std::uint8_t fixed[] = {first, 0x88, 0x12, 0x34, 0x01, 0x02, 0x03, 0x04, 0xde, 0xad, 0xbe, 0xef};
  Bytes bytes(sizeof fixed + rest.size());
  std::copy(rest.begin(), rest.end(), std::copy(std::begin(fixed), std::end(fixed), bytes.begin()));
  return bytes;
}

bool parse(const Bytes& bytes, RtpHeader& out) {
  return parse_rtp(bytes.data(), bytes.size(), out);
}

TEST(RtpPacket, PlainHeader) {
  RtpHeader header;
  ASSERT_TRUE(parse(packet(0x80, Bytes(160, 0xd5)), header));
  EXPECT_EQ(header.sequence, 0x1234);
  EXPECT_EQ(header.timestamp, 0x01020304U);
  EXPECT_EQ(header.ssrc, 0xdeadbeefU);
  EXPECT_EQ(header.payload_type, 8);
  EXPECT_TRUE(header.marker);
  EXPECT_EQ(header.header_length, 12);
  EXPECT_EQ(header.payload_length, 160);
  EXPECT_EQ(header.padding, 0);
}

TEST(RtpPacket, EmptyPayloadIsLegal) {
  RtpHeader header;
  ASSERT_TRUE(parse(packet(0x80), header));
  EXPECT_EQ(header.payload_length, 0);
}

TEST(RtpPacket, EveryTruncationOfAFullHeaderIsRefusedOrShorter) {
  // Two CSRCs, an extension of one word, five octets of payload, three of padding.
  const Bytes full =
      packet(0xb2, {0, 0, 0, 1, 0, 0, 0, 2, 0xbe, 0xde, 0, 1, 9, 9, 9, 9, 1, 2, 3, 4, 5, 0, 0, 3});
  RtpHeader header;
  ASSERT_TRUE(parse(full, header));
  EXPECT_EQ(header.header_length, 28);
  EXPECT_EQ(header.payload_length, 5);
  EXPECT_EQ(header.padding, 3);
  for (std::size_t length = 0; length <= 28; ++length) {
    EXPECT_FALSE(parse_rtp(full.data(), length, header)) << length;
  }
}

TEST(RtpPacket, WrongVersion) {
  RtpHeader header;
  for (const std::uint8_t first : Bytes{0x00, 0x40, 0xc0}) {
    EXPECT_FALSE(parse(packet(first, Bytes(20)), header)) << +first;
  }
}

TEST(RtpPacket, CsrcsBeyondTheEnd) {
  RtpHeader header;
  EXPECT_FALSE(parse(packet(0x81, Bytes(3)), header));
  EXPECT_TRUE(parse(packet(0x81, Bytes(4)), header));
  EXPECT_FALSE(parse(packet(0x8f, Bytes(59)), header));
  EXPECT_TRUE(parse(packet(0x8f, Bytes(60)), header));
}

TEST(RtpPacket, ExtensionBeyondTheEnd) {
  RtpHeader header;
  EXPECT_FALSE(parse(packet(0x90, {0, 0, 0xff, 0xff, 1, 2, 3, 4}), header));
  EXPECT_FALSE(parse(packet(0x90, {0, 0, 0}), header));
  EXPECT_TRUE(parse(packet(0x90, {0, 0, 0, 0}), header));  // an empty one (RFC 3550 §5.3.1)
  EXPECT_EQ(header.header_length, 16);
}

TEST(RtpPacket, PaddingCountMustFit) {
  RtpHeader header;
  EXPECT_FALSE(parse(packet(0xa0), header));                // no octet to hold the count
  EXPECT_FALSE(parse(packet(0xa0, {1, 2, 3, 0}), header));  // 0 doesn't count itself
  EXPECT_FALSE(parse(packet(0xa0, {1, 2, 3, 5}), header));  // more than there is
  ASSERT_TRUE(parse(packet(0xa0, {1, 2, 3, 4}), header));
  EXPECT_EQ(header.payload_length, 0);
  EXPECT_EQ(header.padding, 4);
}

TEST(RtpPacket, LongerThanUdpAllows) {
  RtpHeader header;
  EXPECT_FALSE(parse(packet(0x80, Bytes(0x10000 - 12)), header));
  EXPECT_TRUE(parse(packet(0x80, Bytes(0xffff - 12)), header));
}

TEST(RtpPacket, WritersTouchTheirFieldOnly) {
  Bytes bytes = packet(0x80);
  set_payload_type(bytes.data(), 0xff);  // seven bits count
  set_sequence(bytes.data(), 0xfffe);
  set_timestamp(bytes.data(), 7);
  set_ssrc(bytes.data(), 0x0a0b0c0d);
  EXPECT_EQ(bytes, (Bytes{0x80, 0xff, 0xff, 0xfe, 0, 0, 0, 7, 0x0a, 0x0b, 0x0c, 0x0d}));
  set_marker(bytes.data(), false);
  EXPECT_EQ(bytes[1], 0x7f);
  set_payload_type(bytes.data(), 0);
  set_marker(bytes.data(), true);
  EXPECT_EQ(bytes[1], 0x80);
}

}  // namespace
}  // namespace pollux::rtp
