#include "controlplane/session/rare_list.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace pollux::control {
namespace {

static_assert(sizeof(RareList<int>) == sizeof(void*));

TEST(RareList, IsEmptyAtFirst) {
  RareList<int> list;
  EXPECT_TRUE(list.empty());
  EXPECT_EQ(list.size(), 0U);
  EXPECT_EQ(list.begin(), list.end());
  EXPECT_TRUE(list.take_all().empty());
}

TEST(RareList, KeepsTheOrder) {
  RareList<int> list;
  for (int i = 0; i < 3; ++i) {
    list.push_back(i);
  }
  EXPECT_EQ(std::vector<int>(list.begin(), list.end()), (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(list.take(list.begin() + 1), 1);
  EXPECT_EQ(list.take(list.begin()), 0);
  EXPECT_EQ(list.size(), 1U);
  EXPECT_EQ(list.take(list.begin()), 2);
  EXPECT_TRUE(list.empty());
  list.push_back(7);
  EXPECT_EQ(list.take_all(), (std::vector<int>{7}));
  EXPECT_TRUE(list.empty());
}

TEST(RareList, TakesWhatCanOnlyBeMoved) {
  RareList<std::unique_ptr<int>> list;
  list.push_back(std::make_unique<int>(5));
  EXPECT_EQ(*list.take(list.begin()), 5);
}

}  // namespace
}  // namespace pollux::control
