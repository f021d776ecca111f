#include "controlplane/ng/json_text.hpp"

#include <gtest/gtest.h>

namespace pollux::ng {
namespace {

std::string again(const std::string& text) {
  const auto value = read_json(text);
  return value ? print_json(*value) : "(refused)";
}

TEST(JsonText, ReadsAndPrintsEveryKind) {
  for (const char* text :
       {"0", "-42", "\"\"", "\"t\\\"x\\r\\n\"", "[]", "[1,\"ab\"]", "{}", "{\"b\":1,\"a\":[\"c\"]}"}) {
    EXPECT_EQ(again(text), text);
  }
}

TEST(JsonText, WhatTheProtocolDoesntKnowBecomesWhatItKnows) {
  EXPECT_EQ(again("true"), "1");
  EXPECT_EQ(again("false"), "0");
  EXPECT_EQ(again("null"), "\"\"");
  EXPECT_EQ(again("2.9"), "2");
}

TEST(JsonText, RefusesWhatIsBroken) {
  for (const char* text :
       {"", "{", "{\"a\"}", "[1,]", "{\"a\":1}x", "\"\xff\"", "1e400", "18446744073709551615", "NaN"}) {
    EXPECT_EQ(again(text), "(refused)") << text;
  }
}

TEST(JsonText, RefusesWhatIsTooDeepOrTooMuch) {
  const std::string deep = std::string(kDeepest, '[') + std::string(kDeepest, ']');
  EXPECT_EQ(again(deep), deep);
  EXPECT_EQ(again("[" + deep + "]"), "(refused)");
  EXPECT_EQ(again(std::string(1'000'000, '[')), "(refused)");
  std::string many = "[0";
  for (std::size_t i = 0; i < kMostValues; ++i) {
    many += ",0";
  }
  EXPECT_EQ(again(many + "]"), "(refused)");
}

TEST(JsonText, BytesThatAreNoTextAreReplaced) {
  EXPECT_EQ(print_json(Value("a\xff")), "\"a\xef\xbf\xbd\"");
}

TEST(JsonText, TellsWhereAnObjectEnds) {
  const Extent whole = json_extent(R"({"a":"}\"{","b":{}} x)");
  EXPECT_EQ(whole.kind, Extent::Kind::kWhole);
  EXPECT_EQ(whole.length, 19U);
  EXPECT_EQ(json_extent(R"({"a":{})").kind, Extent::Kind::kUnfinished);
  EXPECT_EQ(json_extent("{\"a\\").kind, Extent::Kind::kUnfinished);
}

}  // namespace
}  // namespace pollux::ng
