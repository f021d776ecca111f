#include "controlplane/ng/told_once.hpp"

#include <gtest/gtest.h>

namespace pollux::ng {
namespace {

TEST(ToldOnce, EachWordOnceAndSoManyOfThem) {
  ToldOnce told;
  EXPECT_TRUE(told.first("x"));
  EXPECT_FALSE(told.first("x"));
  for (std::size_t i = 1; i < ToldOnce::kMostWords; ++i) {
    EXPECT_TRUE(told.first(std::to_string(i)));
  }
  EXPECT_FALSE(told.first("one more"));
}

TEST(ToldOnce, OfALongWordOnlyTheBeginCounts) {
  ToldOnce told;
  const std::string begin(ToldOnce::kLongestWord, 'x');
  EXPECT_TRUE(told.first(begin + "1"));
  EXPECT_FALSE(told.first(begin + "2"));
  EXPECT_TRUE(told.first(begin.substr(1)));
}

}  // namespace
}  // namespace pollux::ng
