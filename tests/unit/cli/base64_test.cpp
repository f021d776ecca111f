#include "controlplane/cli/base64.hpp"

#include <gtest/gtest.h>

namespace pollux::cli {
namespace {

TEST(Base64, VectorsOfRfc4648) {  // §10
  EXPECT_EQ(decode_base64(""), "");
  EXPECT_EQ(decode_base64("Zg=="), "f");
  EXPECT_EQ(decode_base64("Zm8="), "fo");
  EXPECT_EQ(decode_base64("Zm9v"), "foo");
  EXPECT_EQ(decode_base64("Zm9vYg=="), "foob");
  EXPECT_EQ(decode_base64("Zm9vYmE="), "fooba");
  EXPECT_EQ(decode_base64("Zm9vYmFy"), "foobar");
}

TEST(Base64, EveryCharacter) {
  EXPECT_EQ(decode_base64("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"),
            std::string("\x00\x10\x83\x10\x51\x87\x20\x92\x8b\x30\xd3\x8f\x41\x14\x93\x51"
                        "\x55\x97\x61\x96\x9b\x71\xd7\x9f\x82\x18\xa3\x92\x59\xa7\xa2\x9a"
                        "\xab\xb2\xdb\xaf\xc3\x1c\xb3\xd3\x5d\xb7\xe3\x9e\xbb\xf3\xdf\xbf",
                        48));
}

class Base64Refuses : public ::testing::TestWithParam<const char*> {};

TEST_P(Base64Refuses, WhatNoEncoderWrites) {
  EXPECT_EQ(decode_base64(GetParam()), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(Length, Base64Refuses, ::testing::Values("Z", "Zg", "Zm8", "Zm9vY", "Zg="));
INSTANTIATE_TEST_SUITE_P(Padding, Base64Refuses,
                         ::testing::Values("====", "Z===", "Zg=v", "Z=g=", "=Zm9", "Zg==Zm9v",
                                           "Zm9v====", "Zm9v=", "Zm9v=="));
INSTANTIATE_TEST_SUITE_P(BitsBehindTheLastByte, Base64Refuses,
                         ::testing::Values("Zh==", "Zv==", "Zm9=", "Zm+="));
INSTANTIATE_TEST_SUITE_P(Characters, Base64Refuses,
                         ::testing::Values("Zm9 ", " Zm9v", "Zm9v\n", "Zm9\n", "Zm-_", "Zm9\xc3", "Zm,9",
                                           "Zm:9"));

TEST(Base64, ZeroByteIsACharacterLikeOthers) {
  EXPECT_EQ(decode_base64(std::string_view("Zm9\0", 4)), std::nullopt);
  EXPECT_EQ(decode_base64("AAAA"), std::string(3, '\0'));
}

}  // namespace
}  // namespace pollux::cli
