#include "dataplane/base/shared_list.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <utility>
#include <vector>

#include "dataplane/base/shared_lists.hpp"

namespace pollux {
namespace {

TEST(SharedList, IsEmptyAtFirstAndWithoutMemory) {
  const SharedList<int> list;
  EXPECT_TRUE(list.empty());
  EXPECT_EQ(list.size(), 0U);
  EXPECT_EQ(list.begin(), list.end());
  EXPECT_EQ(list, SharedList<int>(std::vector<int>{}));
  EXPECT_TRUE(list.shares(SharedList<int>{}));
}

TEST(SharedList, CopiesShareUntilOneChanges) {
  SharedList<int> list{1, 2};
  SharedList<int> copy = list;
  EXPECT_TRUE(copy.shares(list));
  copy.push_back(3);
  EXPECT_FALSE(copy.shares(list));
  EXPECT_EQ(list, (SharedList<int>{1, 2}));
  EXPECT_EQ(copy, (SharedList<int>{1, 2, 3}));
  copy.at(0) = 7;
  EXPECT_EQ(copy[0], 7);
  EXPECT_EQ(list[0], 1);
}

TEST(SharedList, MovesAndAssignments) {
  SharedList<int> list{1, 2};
  const SharedList<int> kept = list;
  SharedList<int> moved = std::move(list);
  EXPECT_TRUE(moved.shares(kept));
  SharedList<int>& itself = moved;
  moved = itself;
  EXPECT_EQ(moved, (SharedList<int>{1, 2}));
  moved = SharedList<int>{3};
  EXPECT_EQ(moved, (SharedList<int>{3}));
  EXPECT_EQ(kept, (SharedList<int>{1, 2}));
  moved = kept;
  EXPECT_TRUE(moved.shares(kept));
}

// Control changes one copy while others go with their threads: nothing is freed too early, or not at all.
TEST(SharedList, CopiesWithDifferentThreads) {
  const SharedList<std::vector<int>> list{{1, 2, 3}};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([copy = list, i] {
      for (int round = 0; round < 1000; ++round) {
        SharedList<std::vector<int>> own = copy;
        if ((round + i) % 3 == 0) {
          own.push_back({round});
        }
        ASSERT_EQ(own[0], (std::vector<int>{1, 2, 3}));
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(list.size(), 1U);
}

TEST(SharedList, EqualityIsOfTheContents) {
  EXPECT_EQ((SharedList<int>{4, 5}), (SharedList<int>{4, 5}));
  EXPECT_FALSE((SharedList<int>{4, 5}) == (SharedList<int>{5, 4}));
  EXPECT_FALSE((SharedList<int>{4}) == SharedList<int>{});
}

TEST(SharedList, ClearingOneLeavesTheOther) {
  SharedList<int> list{1};
  const SharedList<int> copy = list;
  list.clear();
  EXPECT_TRUE(list.empty());
  EXPECT_EQ(copy.span().size(), 1U);
}

TEST(SharedLists, EqualListsBecomeOne) {
  SharedLists<int> lists;
  const SharedList<int> first = lists.share({1, 2});
  EXPECT_TRUE(lists.share({1, 2}).shares(first));
  EXPECT_FALSE(lists.share({2, 1}).shares(first));
  EXPECT_TRUE(lists.share({}).empty());
}

TEST(SharedLists, TheOldestIsForgottenAndStaysWhatItIs) {
  SharedLists<int> lists;
  const SharedList<int> first = lists.share({0});
  for (int i = 1; i < 100; ++i) {
    lists.share({i});
  }
  const SharedList<int> again = lists.share({0});
  EXPECT_EQ(again, first);
  EXPECT_FALSE(again.shares(first));
}

}  // namespace
}  // namespace pollux
