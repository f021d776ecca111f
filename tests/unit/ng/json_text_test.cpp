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
  const std::string letters =
      "\x7f\xc2\x80\xe0\xa0\x80\xed\x9f\xbf\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf";
  EXPECT_EQ(print_json(Value(letters)), "\"" + letters + "\"");
  for (const char* none : {"\x80", "\xc1", "\xf5", "\xc3"}) {  // RFC 3629 §4
    EXPECT_EQ(print_json(Value(none)), "\"\xef\xbf\xbd\"");
  }
  for (const char* none : {"\xc0\x80", "\xe0\x80", "\xed\xa0", "\xf0\x80", "\xf4\x90", "\xe2\x82"}) {
    EXPECT_EQ(print_json(Value(none)), "\"\xef\xbf\xbd\xef\xbf\xbd\"");
  }
  EXPECT_EQ(print_json(Value("\"\\\b\f\n\r\t\x1f/")), R"("\"\\\b\f\n\r\t\u001f/")");
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
