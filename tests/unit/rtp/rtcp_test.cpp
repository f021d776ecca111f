#include "dataplane/rtp/rtcp.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "dataplane/base/byte_order.hpp"

namespace pollux::rtp {
namespace {

using Bytes = std::vector<std::uint8_t>;

// One RTCP packet of 32-bit words behind the header.
Bytes packet(std::uint8_t count, std::uint8_t type, const std::vector<std::uint32_t>& words) {
  Bytes bytes(4 + 4 * words.size());
  bytes[0] = static_cast<std::uint8_t>(0x80 | count);
  bytes[1] = type;
  store_be16(&bytes[2], static_cast<std::uint16_t>(words.size()));
  for (std::size_t i = 0; i < words.size(); ++i) {
    store_be32(&bytes[4 + 4 * i], words[i]);
  }
  return bytes;
}

Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

const Bytes kEmptyRr = packet(0, 201, {1});

// A's stream 0xa goes to B as 0xa0 with sequence +1000 - 100 and timestamp 5000 for 70; B's 0xb to A as 0xb0.
struct Translation : testing::Test {
  StreamRewriter forward{0xa0, 1000, 5000};
  StreamRewriter reverse{0xb0, 2000, 0};
  RtcpMapping mapping{&forward, &reverse, 1, 77, 7700};
  Translation() {
    RewrittenHeader out;
    RtpHeader header;
    header.sequence = 100;
    header.timestamp = 70;
    EXPECT_TRUE(forward.map({0xa, 1}, header, 0, 8000, out));
    header.sequence = 500;
    EXPECT_TRUE(reverse.map({0xb, 2}, header, 0, 8000, out));
  }
  void change_reverse_source() {
    RewrittenHeader out;
    RtpHeader header;
    header.sequence = 9000;
    EXPECT_TRUE(reverse.map({0xc, 2}, header, 20, 8000, out));  // goes out as 2001
  }
  Bytes translate(Bytes bytes) const {
    bytes.resize(translate_rtcp(bytes, mapping));
    return bytes;
  }
};

TEST(RtcpValidate, CompoundRules) {
  EXPECT_TRUE(validate_rtcp(kEmptyRr));
  EXPECT_TRUE(validate_rtcp(kEmptyRr + packet(1, 202, {1, 0})));
  EXPECT_FALSE(validate_rtcp({}));
  EXPECT_FALSE(validate_rtcp(packet(1, 202, {1, 0}) + kEmptyRr));  // SDES first
  EXPECT_TRUE(validate_rtcp(packet(1, 206, {1, 2}), ReducedSize::kAllowed));
  EXPECT_FALSE(validate_rtcp(packet(1, 206, {1, 2})));
}

TEST(RtcpValidate, VersionOfEveryPacket) {
  Bytes bytes = kEmptyRr + kEmptyRr;
  bytes[8] = 0x40;
  EXPECT_FALSE(validate_rtcp(bytes));
}

TEST(RtcpValidate, LengthsAddUp) {
  Bytes bytes = kEmptyRr + packet(1, 203, {1});
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_EQ(validate_rtcp(std::span(bytes).first(length)), length == 8) << length;
  }
  bytes.push_back(0);
  EXPECT_FALSE(validate_rtcp(bytes));
}

TEST(RtcpValidate, PaddingInTheLastOnly) {
  Bytes padded = packet(0, 203, {0, 8});  // a BYE of nobody with 8 octets of padding
  padded[0] |= 0x20;
  EXPECT_TRUE(validate_rtcp(kEmptyRr + padded));
  EXPECT_FALSE(validate_rtcp(kEmptyRr + padded + kEmptyRr));
  padded.back() = 3;  // no multiple of four
  EXPECT_FALSE(validate_rtcp(kEmptyRr + padded));
  padded.back() = 12;  // more than there is
  EXPECT_FALSE(validate_rtcp(kEmptyRr + padded));
  Bytes first = packet(0, 201, {1, 4});
  first[0] |= 0x20;
  EXPECT_FALSE(validate_rtcp(first));  // never in the first packet
}

TEST(RtcpValidate, AnnouncedCountsMustFit) {
  EXPECT_FALSE(validate_rtcp(packet(1, 201, {1})));
  EXPECT_TRUE(validate_rtcp(packet(1, 201, {1, 2, 3, 4, 5, 6, 7})));
  EXPECT_FALSE(validate_rtcp(packet(0, 200, {1, 2, 3, 4, 5})));
  EXPECT_TRUE(validate_rtcp(packet(0, 200, {1, 2, 3, 4, 5, 6})));
  EXPECT_FALSE(validate_rtcp(kEmptyRr + packet(2, 203, {1})));
  EXPECT_FALSE(validate_rtcp(kEmptyRr + packet(1, 205, {1})));
  EXPECT_FALSE(validate_rtcp(kEmptyRr + packet(0, 207, {})));
  EXPECT_TRUE(validate_rtcp(kEmptyRr + packet(31, 210, {})));  // unknown: nothing is known of its count
}

TEST(Rtcp, SenderSsrc) {
  EXPECT_EQ(rtcp_sender_ssrc(packet(0, 201, {0xcafe})), 0xcafeU);
  EXPECT_EQ(rtcp_sender_ssrc(packet(0, 203, {})), 0U);
  EXPECT_EQ(rtcp_sender_ssrc({}), 0U);
}

TEST_F(Translation, SenderReport) {
  // SSRC, NTP, RTP timestamp, counts; block: SSRC, fraction/lost, highest, jitter, LSR, DLSR.
  const Bytes in = packet(1, 200, {0xa, 1, 2, 230, 50, 5000, 0xb0, 0x05000003, 0x00050000 | 2040, 9, 8, 7});
  const Bytes out = packet(1, 200, {0xa0, 1, 2, 5160, 77, 7700, 0xb, 0x05000003, 540, 9, 8, 7});
  EXPECT_EQ(translate(in), out);
}

TEST_F(Translation, ReportAboutOthersIsKept) {
  const Bytes in = packet(2, 201, {0xa, 0xeeee, 1, 2, 3, 4, 5, 0xb0, 1, 2000, 3, 4, 5});
  EXPECT_EQ(translate(in), packet(2, 201, {0xa0, 0xeeee, 1, 2, 3, 4, 5, 0xb, 1, 500, 3, 4, 5}));
}

TEST_F(Translation, ReportAboutTheSourceBeforeGoesAway) {
  change_reverse_source();
  const Bytes tail = packet(1, 202, {0xa, 0});
  const Bytes in = packet(2, 201, {0xa, 0xb0, 1, 2000, 3, 4, 5, 0xeeee, 1, 2, 3, 4, 5, 99}) + tail;
  EXPECT_EQ(translate(in), packet(1, 201, {0xa0, 0xeeee, 1, 2, 3, 4, 5, 99}) + packet(1, 202, {0xa0, 0}));
  EXPECT_EQ(translate(packet(1, 201, {0xa, 0xb0, 1, 2001, 3, 4, 5})),
            packet(1, 201, {0xa0, 0xc, 1, 9000, 3, 4, 5}));
}

TEST_F(Translation, SenderInfoOfAnotherSsrcIsItsOwn) {
  const Bytes in = packet(0, 200, {0xdead, 1, 2, 230, 50, 5000});
  EXPECT_EQ(translate(in), in);
}

TEST_F(Translation, WhoNoLongerFeedsTheStreamIsntHeard) {
  RewrittenHeader out;
  EXPECT_TRUE(forward.map({0xaa, 1}, RtpHeader{}, 20, 8000, out));
  EXPECT_TRUE(translate(packet(0, 201, {0xa}) + packet(1, 203, {0xa})).empty());
  EXPECT_EQ(translate(packet(0, 201, {0xaa})), packet(0, 201, {0xa0}));
  mapping.source_id = 3;  // by chance the same SSRC, on another leg
  EXPECT_EQ(translate(packet(0, 201, {0xaa})), packet(0, 201, {0xaa}));
}

TEST_F(Translation, WithoutRewritersNothingChanges) {
  mapping.forward = nullptr;
  mapping.reverse = nullptr;
  const Bytes in = packet(1, 200, {0xa, 1, 2, 230, 50, 5000, 0xb0, 0, 2040, 9, 8, 7}) + packet(1, 203, {0xa});
  EXPECT_EQ(translate(in), in);
}

TEST_F(Translation, DescriptionByeAndApplication) {
  // Chunk 0xa: CNAME "abc", end, padding. Chunk 0xd: TOOL "", end.
  const Bytes in = kEmptyRr + packet(2, 202, {0xa, 0x01036162, 0x63000000, 0xd, 0x06000000}) +
                   packet(5, 204, {0xa, 0x6e616d65, 0xa}) + packet(3, 203, {0xd, 0xa, 0xa, 0x03627965});
  const Bytes out = kEmptyRr + packet(2, 202, {0xa0, 0x01036162, 0x63000000, 0xd, 0x06000000}) +
                    packet(5, 204, {0xa0, 0x6e616d65, 0xa}) + packet(3, 203, {0xd, 0xa0, 0xa0, 0x03627965});
  EXPECT_EQ(translate(in), out);
}

TEST_F(Translation, DescriptionOfWholeWordsHasAWordOfEnd) {
  // CNAME of two octets fills the word: the end takes another one (RFC 3550 §6.5).
  const Bytes in = kEmptyRr + packet(2, 202, {0xa, 0x01026162, 0, 0xa, 0});
  EXPECT_EQ(translate(in), kEmptyRr + packet(2, 202, {0xa0, 0x01026162, 0, 0xa0, 0}));
}

TEST_F(Translation, DescriptionWithoutEndStopsThere) {
  const Bytes in = kEmptyRr + packet(2, 202, {0xa, 0x01ff6162, 0xa, 0});
  EXPECT_EQ(translate(in), kEmptyRr + packet(2, 202, {0xa0, 0x01ff6162, 0xa, 0}));
}

TEST_F(Translation, Nack) {
  const Bytes in = kEmptyRr + packet(1, 205, {0xa, 0xb0, (2003U << 16) | 0xf0f0, (1999U << 16) | 1});
  // 1999 was never sent by 0xb: nothing to send again.
  EXPECT_EQ(translate(in), kEmptyRr + packet(1, 205, {0xa0, 0xb, (503U << 16) | 0xf0f0}));
  change_reverse_source();
  EXPECT_EQ(translate(kEmptyRr + packet(1, 205, {0xa, 0xb0, 2000U << 16})), kEmptyRr);
  const Bytes others = kEmptyRr + packet(1, 205, {0xeeee, 0xdddd, 2000U << 16});
  EXPECT_EQ(translate(others), others);
}

TEST_F(Translation, CodecControl) {
  const Bytes in = kEmptyRr + packet(1, 206, {0xa, 0xb0}) + packet(4, 206, {0xa, 0, 0xb0, 0x07000000}) +
                   packet(3, 205, {0xa, 0, 0xb0, 99}) +
                   packet(15, 206, {0xa, 0, 0x52454d42, 0x02000001, 0xb0, 0xeeee, 0xb0});
  const Bytes out = kEmptyRr + packet(1, 206, {0xa0, 0xb}) + packet(4, 206, {0xa0, 0, 0xb, 0x07000000}) +
                    packet(3, 205, {0xa0, 0, 0xb, 99}) +
                    packet(15, 206, {0xa0, 0, 0x52454d42, 0x02000001, 0xb, 0xeeee, 0xb0});  // two are listed
  EXPECT_EQ(translate(in), out);
}

TEST_F(Translation, ExtendedReports) {
  const std::uint32_t range = (2000U << 16) | 2010;
  const std::uint32_t mapped = (500U << 16) | 510;
  const Bytes in =
      kEmptyRr +
      packet(0, 207, {0xa,        0x01000003, 0xb0,  range, 0x80008000,  // loss run lengths
                      0x04000002, 1,          2,                         // receiver reference time
                      0x05000003, 0xb0,       3,     4,                  // its answer
                      0x07000008, 0xb0,       1,     2,     3,          4, 5, 6, 7,  // VoIP metrics
                      0x63000001, 0xb0,                                              // unknown
                      0x06000009, 0xb0,       range, 1,     2,          3, 4, 5, 6, 7});
  const Bytes out =
      kEmptyRr +
      packet(0, 207,
             {0xa0, 0x01000003, 0xb, mapped, 0x80008000, 0x04000002, 1, 2, 0x05000003, 0xb, 3,
              4,    0x07000008, 0xb, 1,      2,          3,          4, 5, 6,          7,   0x63000001,
              0xb0, 0x06000009, 0xb, mapped, 1,          2,          3, 4, 5,          6,   7});
  EXPECT_EQ(translate(in), out);
  change_reverse_source();
  EXPECT_EQ(
      translate(kEmptyRr + packet(0, 207, {0xa, 0x01000003, 0xb0, range, 0x80008000, 0x04000002, 1, 2})),
      kEmptyRr + packet(0, 207, {0xa0, 0x04000002, 1, 2}));
  EXPECT_EQ(translate(kEmptyRr + packet(0, 207, {0xa, 0x01000003, 0xb0, range, 0x80008000})), kEmptyRr);
  const Bytes broken = packet(0, 207, {0xa, 0x010000ff, 0xb0});
  EXPECT_EQ(translate(kEmptyRr + broken), kEmptyRr + packet(0, 207, {0xa0, 0x010000ff, 0xb0}));
}

TEST_F(Translation, UnknownTypesPass) {
  const Bytes in = kEmptyRr + packet(9, 211, {0xa, 0xb0});
  EXPECT_EQ(translate(in), in);
}

TEST_F(Translation, PaddingStaysAtTheEnd) {
  change_reverse_source();
  Bytes last = packet(2, 205, {0xa, 0xb0, 2000U << 16, 2001U << 16, 0xffffff04});
  last[0] = 0x80 | 0x20 | 1;
  Bytes expected = packet(1, 205, {0xa0, 0xc, 9000U << 16, 0xffffff04});
  expected[0] |= 0x20;
  EXPECT_EQ(translate(kEmptyRr + last), kEmptyRr + expected);
}

TEST(RtcpBye, Compound) {
  std::uint8_t buffer[128];
  const std::uint32_t more[] = {2, 3};
  const std::size_t length = write_bye(buffer, 1, more, "a@b", "over");
  ASSERT_TRUE(validate_rtcp(std::span(buffer).first(length)));
  const Bytes expected = packet(0, 201, {1}) + packet(1, 202, {1, 0x01036140, 0x62000000}) +
                         packet(3, 203, {1, 2, 3, 0x046f7665, 0x72000000});
  EXPECT_EQ(Bytes(buffer, buffer + length), expected);
}

TEST(RtcpBye, EveryLengthOfTextsAndBuffer) {
  for (std::size_t text = 0; text <= 300; ++text) {
    Bytes buffer(1024, 0xee);
    const std::string letters(text, 'x');
    const std::size_t length = write_bye(buffer, 1, {}, letters, letters);
    ASSERT_NE(length, 0U);
    ASSERT_TRUE(validate_rtcp(std::span(buffer).first(length))) << text;
    EXPECT_EQ(buffer[length], 0xee);
    std::span<std::uint8_t> tight = std::span(buffer).first(length - 1);
    EXPECT_EQ(write_bye(tight, 1, {}, letters, letters), 0U);
  }
}

TEST(RtcpBye, AtMost31Sources) {
  Bytes buffer(1024);
  const std::vector<std::uint32_t> more(31, 9);
  EXPECT_EQ(write_bye(buffer, 1, more, "c", ""), 0U);
  EXPECT_NE(write_bye(buffer, 1, std::span(more).first(30), "c", ""), 0U);
}

}  // namespace
}  // namespace pollux::rtp
