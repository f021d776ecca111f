#include "controlplane/sdp/mki_number.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace pollux::sdp {
namespace {

using Bytes = std::vector<std::uint8_t>;

// 2^1024 - 1 and one more, as Python writes them.
const std::string kLargest =
    "1797693134862315907729305190789024733617976978942306572734300811577326758055009631327084773224075360"
    "2112011387987139335765878976881441662249284743063947412437776789342486548527630221960124609411945308"
    "2952085005768838150682342462881473913110540827237163350510684586298239947245938479716304835356329624"
    "224137215";
const std::string kTooLarge = kLargest.substr(0, kLargest.size() - 1) + "6";

Bytes parse(std::string_view digits, std::size_t length) {
  Bytes out(length, 0x55);
  return mki_from_decimal(digits, out) ? out : Bytes{};
}

TEST(MkiNumber, IsBigEndianWithZerosInFront) {
  EXPECT_EQ(parse("1", 4), (Bytes{0, 0, 0, 1}));
  EXPECT_EQ(parse("0", 2), (Bytes{0, 0}));
  EXPECT_EQ(parse("66051", 3), (Bytes{1, 2, 3}));
  EXPECT_EQ(parse("18446744073709551616", 9), (Bytes{1, 0, 0, 0, 0, 0, 0, 0, 0}));
}

TEST(MkiNumber, MustFitItsLength) {
  EXPECT_EQ(parse("255", 1), (Bytes{255}));
  EXPECT_EQ(parse("256", 1), Bytes{});
  EXPECT_EQ(parse("65535", 2), (Bytes{255, 255}));
  EXPECT_EQ(parse("65536", 2), Bytes{});
  EXPECT_EQ(parse("2560", 1), Bytes{});
  EXPECT_EQ(kLargest.size(), kMaxMkiDigits);
  EXPECT_EQ(parse(kLargest, 128), Bytes(128, 255));
  EXPECT_EQ(parse(kTooLarge, 128), Bytes{});
  EXPECT_EQ(parse(kLargest, 127), Bytes{});
}

TEST(MkiNumber, IsWrittenWithoutZerosInFront) {
  EXPECT_EQ(mki_to_decimal(Bytes{0, 0, 0, 1}), "1");
  EXPECT_EQ(mki_to_decimal(Bytes{0, 0}), "0");
  EXPECT_EQ(mki_to_decimal(Bytes{1, 2, 3}), "66051");
  EXPECT_EQ(mki_to_decimal(Bytes{1, 0, 0, 0, 0, 0, 0, 0, 0}), "18446744073709551616");
  EXPECT_EQ(mki_to_decimal(Bytes(128, 255)), kLargest);
}

}  // namespace
}  // namespace pollux::sdp
