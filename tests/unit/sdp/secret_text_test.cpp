#include "controlplane/sdp/secret_text.hpp"

#include <gtest/gtest.h>

#include <string>
#include <type_traits>
#include <utility>

namespace pollux::sdp {
namespace {

static_assert(!std::is_copy_constructible_v<SecretText> && !std::is_copy_assignable_v<SecretText>);
static_assert(!std::is_convertible_v<SecretText, std::string>);

TEST(SecretText, GrowsAndKeepsWhatItHad) {
  SecretText text;
  EXPECT_TRUE(text.empty());
  EXPECT_EQ(text.view(), "");
  std::string expected;
  for (int i = 0; i < 200; ++i) {
    const std::string piece(static_cast<std::size_t>(i % 7), static_cast<char>('a' + i % 26));
    text.append(piece);
    expected += piece;
    ASSERT_EQ(text.view(), expected);
  }
  const auto place = text.extend(2);
  place[0] = 'x';
  place[1] = 'y';
  EXPECT_EQ(text.view(), expected + "xy");
  EXPECT_FALSE(text.empty());
}

TEST(SecretText, MovingLeavesNothingBehind) {
  SecretText text("a secret");
  SecretText other(std::move(text));
  EXPECT_EQ(other.view(), "a secret");
  EXPECT_TRUE(text.empty());  // NOLINT: what is left is the question
  SecretText third("former");
  third = std::move(other);
  EXPECT_EQ(third.view(), "a secret");
  EXPECT_TRUE(other.empty());  // NOLINT
  text.append("again");
  EXPECT_EQ(text.view(), "again");
}

TEST(SecretText, ComparesContents) {
  EXPECT_EQ(SecretText("key"), SecretText("key"));
  EXPECT_EQ(SecretText(), SecretText(""));
  EXPECT_FALSE(SecretText("key") == SecretText("kez"));
  EXPECT_FALSE(SecretText("key") == SecretText("ke"));
}

}  // namespace
}  // namespace pollux::sdp
