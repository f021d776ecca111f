// Translating RTCP and translating it back gives what it was.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <vector>

#include "dataplane/base/byte_order.hpp"
#include "dataplane/rtp/rtcp.hpp"

namespace pollux::rtp {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Words = std::vector<std::uint32_t>;

constexpr std::uint32_t kA = 0xa;  // sends the RTCP; known to the other side as kX
constexpr std::uint32_t kX = 0xa0;
constexpr std::uint32_t kB = 0xb;  // known to A as kY
constexpr std::uint32_t kY = 0xb0;
constexpr std::uint16_t kLength = 200;  // packets in either stream so far

// A rewriter that has made `packets` of stream `out_ssrc` from `in`.
StreamRewriter rewriter(std::uint32_t in, std::uint16_t in_sequence, std::uint32_t in_timestamp,
                        std::uint32_t out_ssrc, std::uint16_t out_sequence, std::uint32_t out_timestamp) {
  StreamRewriter result(out_ssrc, out_sequence, out_timestamp);
  for (std::uint16_t i = 0; i < kLength; ++i) {
    RtpHeader header;
    header.sequence = static_cast<std::uint16_t>(in_sequence + i);
    header.timestamp = in_timestamp + 160U * i;
    RewrittenHeader out;
    RC_ASSERT(result.map({in, 1}, header, 20U * i, 8000, out));
  }
  return result;
}

struct Side {
  std::uint16_t sequence =
      *rc::gen::inRange<std::uint16_t>(0, 0x8000);  // both sides can be a rewriter's start
  std::uint32_t timestamp = *rc::gen::arbitrary<std::uint32_t>();
};

void append(Bytes& compound, std::size_t count, unsigned type, const Words& words) {
  const std::size_t at = compound.size();
  compound.resize(at + 4 + 4 * words.size());
  compound[at] = static_cast<std::uint8_t>(0x80 | count);
  compound[at + 1] = static_cast<std::uint8_t>(type);
  store_be16(&compound[at + 2], static_cast<std::uint16_t>(words.size()));
  for (std::size_t i = 0; i < words.size(); ++i) {
    store_be32(&compound[at + 4 + 4 * i], words[i]);
  }
}

std::uint32_t any() {
  return *rc::gen::arbitrary<std::uint32_t>();
}
std::uint32_t author() {
  return *rc::gen::element(std::uint32_t{kA}, std::uint32_t{0xeeee0001});
}
std::uint32_t subject() {
  return *rc::gen::element(std::uint32_t{kY}, std::uint32_t{0xeeee0002});
}

// Sequence numbers lie where the stream really was.
std::uint16_t heard(const Side& y) {
  return static_cast<std::uint16_t>(y.sequence + *rc::gen::inRange<std::uint16_t>(0, kLength));
}

void append_report(Bytes& compound, const Side& y, bool sender) {
  Words words = {author()};
  for (int i = 0; sender && i < 5; ++i) {
    words.push_back(any());
  }
  const std::size_t blocks = *rc::gen::inRange<std::size_t>(0, 4);
  for (std::size_t i = 0; i < blocks; ++i) {
    const Words block = {subject(), any(), heard(y), any(), any(), any()};
    words.insert(words.end(), block.begin(), block.end());
  }
  append(compound, blocks, sender ? 200 : 201, words);
}

Bytes generate(const Side& y) {
  Bytes compound;
  append_report(compound, y, *rc::gen::arbitrary<bool>());
  const int more = *rc::gen::inRange(0, 6);
  for (int i = 0; i < more; ++i) {
    const std::uint16_t begin = heard(y);
    switch (*rc::gen::inRange(0, 8)) {
      case 0:
        append_report(compound, y, true);
        break;
      case 1:
        append(compound, 2, 202, {author(), 0x01026162, 0, author(), 0x06000000});
        break;
      case 2:
        append(compound, 2, 203, {author(), author()});
        break;
      case 3:
        append(compound, 7, 204, {author(), any(), any()});
        break;
      case 4:
        append(compound, 1, 205,
               {author(), subject(), (std::uint32_t{heard(y)} << 16) | (any() & 0xffffU),
                std::uint32_t{begin} << 16});
        break;
      case 5:
        append(compound, 4, 206, {author(), 0, subject(), any()});
        break;
      case 6:
        append(compound, 0, 207,
               {author(), 0x01000003, subject(),
                (std::uint32_t{begin} << 16) | static_cast<std::uint16_t>(begin + 9), any(), 0x05000003,
                subject(), any(), any(), 0x07000001, subject()});
        break;
      default:
        append(compound, 3, 209, {any(), any()});
    }
  }
  return compound;
}

RC_GTEST_PROP(Rtcp, TranslationHasAnInverse, ()) {
  const Side a;
  const Side x;
  const Side b;
  const Side y;
  const auto a_to_x = rewriter(kA, a.sequence, a.timestamp, kX, x.sequence, x.timestamp);
  const auto x_to_a = rewriter(kX, x.sequence, x.timestamp, kA, a.sequence, a.timestamp);
  const auto b_to_y = rewriter(kB, b.sequence, b.timestamp, kY, y.sequence, y.timestamp);
  const auto y_to_b = rewriter(kY, y.sequence, y.timestamp, kB, b.sequence, b.timestamp);

  const Bytes original = generate(y);
  RC_ASSERT(validate_rtcp(original));
  Bytes bytes = original;
  const RtcpMapping there{&a_to_x, &b_to_y, 1, 1234, 5678};
  RC_ASSERT(translate_rtcp(bytes, there) == original.size());
  RC_ASSERT(validate_rtcp(bytes));
  const Bytes translated = bytes;
  const RtcpMapping back{&x_to_a, &y_to_b, 1, 0, 0};
  RC_ASSERT(translate_rtcp(bytes, back) == original.size());

  // The counts of an SR are replaced, not mapped: the way there and the way back each put in their own.
  RtcpReader in(original);
  RtcpReader out(bytes);
  RtcpReader middle(translated);
  RtcpPacket before;
  RtcpPacket after;
  RtcpPacket between;
  while (in.next(before)) {
    RC_ASSERT(out.next(after));
    RC_ASSERT(middle.next(between));
    Bytes expected(before.bytes.begin(), before.bytes.end());
    if (before.type == 200 && load_be32(&before.bytes[4]) == kA) {
      RC_ASSERT(load_be32(&between.bytes[4]) == kX);
      RC_ASSERT(load_be32(&between.bytes[20]) == 1234U);
      RC_ASSERT(load_be32(&between.bytes[24]) == 5678U);
      store_be32(&expected[20], 0);
      store_be32(&expected[24], 0);
    }
    RC_ASSERT(expected == Bytes(after.bytes.begin(), after.bytes.end()));
  }
}

}  // namespace
}  // namespace pollux::rtp
