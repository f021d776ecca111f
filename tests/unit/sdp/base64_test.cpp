#include "controlplane/sdp/base64.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace pollux::sdp {
namespace {

std::string encode(std::string_view bytes, Base64Padding padding) {
  SecretText text;
  base64_append(text, {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, padding);
  return std::string(text.view());
}

struct Decoded {
  Base64Result result;
  std::string bytes;
};

Decoded decode(std::string_view text, std::size_t length) {
  std::vector<std::uint8_t> out(length, 0x55);
  const Base64Result result = base64_decode(text, out);
  return {result, std::string(out.begin(), out.end())};
}

TEST(Base64, KnowsTheVectorsOfRfc4648) {
  const std::pair<std::string, std::string> vectors[] = {
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
  };
  for (const auto& [bytes, text] : vectors) {
    const std::string bare = text.substr(0, text.find('='));
    EXPECT_EQ(encode(bytes, Base64Padding::kPadded), text);
    EXPECT_EQ(encode(bytes, Base64Padding::kBare), bare);
    for (const std::string& form : {text, bare}) {
      const Decoded decoded = decode(form, bytes.size());
      EXPECT_EQ(decoded.result.fault, Base64Fault::kNone) << form;
      EXPECT_EQ(decoded.bytes, bytes);
    }
  }
}

TEST(Base64, KnowsTheWholeAlphabet) {
  const std::string text = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const Decoded decoded = decode(text, 48);
  ASSERT_EQ(decoded.result.fault, Base64Fault::kNone);
  EXPECT_EQ(decoded.bytes.substr(0, 3), std::string("\x00\x10\x83", 3));
  EXPECT_EQ(decoded.bytes.substr(45), "\xf3\xdf\xbf");
  EXPECT_EQ(encode(decoded.bytes, Base64Padding::kPadded), text);
}

TEST(Base64, LengthsAreThoseOfTheSuites) {
  EXPECT_EQ(base64_length(30), 40U);
  EXPECT_EQ(base64_length(46), 64U);
  EXPECT_EQ(base64_length(28), 40U);
  EXPECT_EQ(base64_length(44), 60U);
  EXPECT_EQ(base64_length(46, Base64Padding::kBare), 62U);
  EXPECT_EQ(base64_length(28, Base64Padding::kBare), 38U);
  EXPECT_EQ(base64_length(44, Base64Padding::kBare), 59U);
}

TEST(Base64, NamesTheFault) {
  struct Case {
    std::string text;
    std::size_t bytes;
    Base64Fault fault;
    std::size_t at = 0;
  };
  const Case cases[] = {
      {"Zm9-", 3, Base64Fault::kLetter, 3},
      {"Zm9_", 3, Base64Fault::kLetter, 3},
      {"Z m9v", 3, Base64Fault::kLetter, 1},
      {"Zm=v", 3, Base64Fault::kLetter, 2},
      {"=m9v", 3, Base64Fault::kLetter, 0},
      {"Zm9\x80", 3, Base64Fault::kLetter, 3},
      {std::string("Zm\0v", 4), 3, Base64Fault::kLetter, 2},
      {"Zm9", 3, Base64Fault::kLength},
      {"Zm9vY", 3, Base64Fault::kLength},
      {"", 3, Base64Fault::kLength},
      {"====", 3, Base64Fault::kLength},
      {"Zm9=", 3, Base64Fault::kLength},
      {"Zm8=", 1, Base64Fault::kLength},
      {"Zg=", 1, Base64Fault::kPadding},
      {"Zg===", 1, Base64Fault::kPadding},
      {"Zm8==", 2, Base64Fault::kPadding},
      {"Zm9v=", 3, Base64Fault::kPadding},
      {"Zh==", 1, Base64Fault::kTrailing},
      {"Zo", 1, Base64Fault::kTrailing},
      {"Zm9=", 2, Base64Fault::kTrailing},
      {"Zm+", 2, Base64Fault::kTrailing},
  };
  for (const Case& c : cases) {
    const Decoded decoded = decode(c.text, c.bytes);
    EXPECT_EQ(decoded.result.fault, c.fault) << c.text;
    EXPECT_EQ(decoded.result.at, c.at) << c.text;
    EXPECT_EQ(decoded.bytes, std::string(c.bytes, '\0')) << c.text;
  }
}

}  // namespace
}  // namespace pollux::sdp
