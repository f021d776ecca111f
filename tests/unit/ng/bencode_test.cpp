#include "controlplane/ng/bencode.hpp"

#include <gtest/gtest.h>

namespace pollux::ng {
namespace {

std::string again(const std::string& text) {
  const auto value = read_bencode(text);
  return value ? print_bencode(*value) : "(refused)";
}

TEST(Bencode, ReadsAndPrintsEveryKind) {
  for (const char* text : {"i0e", "i-42e", "0:", "4:text", "le", "li1e2:abe", "de", "d1:ai1e1:bl1:c1:dee"}) {
    EXPECT_EQ(again(text), text);
  }
}

TEST(Bencode, KeysNeedNotBeInOrder) {
  EXPECT_EQ(again("d1:bi1e1:ai2ee"), "d1:bi1e1:ai2ee");
}

TEST(Bencode, TakesLineEndsBehindAndNothingElse) {
  EXPECT_EQ(again("d1:ai1ee\r\n"), "d1:ai1ee");
  EXPECT_EQ(again("d1:ai1ee!"), "(refused)");
}

TEST(Bencode, RefusesWhatIsBroken) {
  for (const char* text : {"", "i", "ie", "i1", "i1.5e", "x", "5:abc", "99999999999999999999:a", "-1:a", "d",
                           "l", "d1:a", "di1ei2ee", "d1:ae", "i99999999999999999999e", "5", "li1e"}) {
    EXPECT_EQ(again(text), "(refused)") << text;
  }
}

TEST(Bencode, RefusesWhatIsTooDeepOrTooMuch) {
  const std::string deep = std::string(kDeepest, 'l') + std::string(kDeepest, 'e');
  EXPECT_EQ(again(deep), deep);
  EXPECT_EQ(again("l" + std::string(kDeepest, 'l') + std::string(kDeepest, 'e') + "e"), "(refused)");
  std::string many = "l";
  for (std::size_t i = 0; i < kMostValues; ++i) {
    many += "i1e";
  }
  EXPECT_EQ(again(many + "e"), "(refused)");
}

TEST(Bencode, TellsWhereAValueEnds) {
  const auto kind = [](std::string_view text) { return bencode_extent(text).kind; };
  const Extent whole = bencode_extent("d1:ai1eed1:b");
  EXPECT_EQ(whole.kind, Extent::Kind::kWhole);
  EXPECT_EQ(whole.length, 8U);
  for (const char* text :
       {"", "d", "d1", "d1:", "d1:a", "d1:ai", "d1:ai-", "d1:ai1", "d1:ai1e", "d1:a5:abc"}) {
    EXPECT_EQ(kind(text), Extent::Kind::kUnfinished) << text;
  }
  for (const char* text : {"x", "dx", "d1:ax", "d1:ai1x", "d1:a99999999:"}) {
    EXPECT_EQ(kind(text), Extent::Kind::kBroken) << text;
  }
}

TEST(Value, ANumberMayBeAText) {
  EXPECT_EQ(Value(5).number(), 5);
  EXPECT_EQ(Value("-5").number(), -5);
  EXPECT_EQ(Value("5x").number(), std::nullopt);
  EXPECT_EQ(Value("").number(), std::nullopt);
  EXPECT_EQ(Value(List{}).number(), std::nullopt);
  EXPECT_EQ(Value(5).as_text(), "5");
}

TEST(Value, KeysOfSeveralWordsHaveTwoSpellings) {
  const Dict dict = {{"call id", "x"}, {"rtcp-mux", "y"}, {"call-id", "z"}};
  EXPECT_EQ(dict.find("call-id")->as_text(), "x");
  EXPECT_EQ(dict.find("rtcp mux")->as_text(), "y");
  EXPECT_EQ(dict.find("Call-id"), nullptr);
}

TEST(Value, WipingLeavesNoText) {
  Value value(Dict{{"sdp", "secret"}, {"list", List{Value("secret")}}});
  wipe(value);
  EXPECT_EQ(value.dict()->find("sdp")->as_text(), std::string(6, '\0'));
  EXPECT_EQ(value.dict()->find("list")->list()->front().as_text(), std::string(6, '\0'));
}

}  // namespace
}  // namespace pollux::ng
