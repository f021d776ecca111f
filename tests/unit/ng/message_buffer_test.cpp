// What comes by TCP: cut into messages however it is cut by the way.
#include "controlplane/ng/message_buffer.hpp"

#include <gtest/gtest.h>

namespace pollux::ng {
namespace {

const std::string kNested = "1 d1:ali1e2:bbd1:ci-5eee3:sdp5:v=0\r\ne";
const std::string kJson = R"(2 {"a":"}\"{\\","b":{"c":[1]}})";

// The messages, each in brackets, of bytes that come in pieces of `size`.
std::string messages(const std::string& bytes, std::size_t size) {
  MessageBuffer buffer;
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += size) {
    buffer.append(std::string_view(bytes).substr(at, size));
    Extent extent = buffer.front();
    while (extent.kind == Extent::Kind::kWhole) {
      out += "[" + std::string(buffer.message(extent.length)) + "]";
      buffer.drop(extent.length);
      extent = buffer.front();
    }
    if (extent.kind == Extent::Kind::kBroken) {
      return out + "broken";
    }
  }
  return out;
}

TEST(MessageBuffer, PiecesOfAnySizeMakeTheSameMessages) {
  const std::string bytes = kNested + "\r\n" + kJson + "\n" + kNested + kJson;
  const std::string expected = "[" + kNested + "][" + kJson + "][" + kNested + "][" + kJson + "]";
  for (std::size_t size = 1; size <= bytes.size(); ++size) {
    EXPECT_EQ(messages(bytes, size), expected) << size;
  }
}

TEST(MessageBuffer, WhatIsNoMessageIsToldInPiecesAsWell) {
  for (const std::string bytes : {"1 di1e1:ae", "1 d1:ae", "1 x", " d", "1 d1:ai1xe"}) {
    EXPECT_EQ(messages(bytes, 1), "broken") << bytes;
    EXPECT_EQ(messages(bytes, bytes.size()), "broken") << bytes;
  }
  std::string deep = "1 ";
  for (int i = 0; i < kDeepest + 1; ++i) {
    deep += "d1:a";
  }
  EXPECT_EQ(messages(deep, 3), "broken");
  std::string many = "1 d1:al";
  for (std::size_t i = 0; i < kMostValues; ++i) {
    many += "i1e";
  }
  EXPECT_EQ(messages(many, 7), "broken");
}

TEST(MessageBuffer, LongOnesInSmallPiecesTakeLinearTime) {
  const std::size_t length = kLongestMessage - 100;
  const std::string bencode = "1 d1:a" + std::to_string(length) + ":" + std::string(length, 'x') + "e";
  EXPECT_EQ(messages(bencode, 3).size(), bencode.size() + 2);
  // Looked at from its begin each time it would be some 100 thousand million letters.
  const std::string json = "1 {\"a\":\"" + std::string(length, 'x') + "\"}";
  EXPECT_EQ(messages(json, 3).size(), json.size() + 2);
}

}  // namespace
}  // namespace pollux::ng
