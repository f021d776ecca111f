#include "dataplane/base/random_source.hpp"

#include <gtest/gtest.h>

#include <set>

namespace pollux {
namespace {

TEST(RandomSource, GoesOnBeyondOneFetch) {
  RandomSource random;
  std::set<std::uint32_t> seen;
  std::uint32_t bits_seen = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::uint32_t value = random();
    seen.insert(value);
    bits_seen |= value;
  }
  // 1000 draws from 2^32 hold a repeat with probability 0.0001, five with less than 10^-20.
  EXPECT_GT(seen.size(), 995U);
  EXPECT_EQ(bits_seen, 0xffffffffU);
}

TEST(RandomSource, IsAnotherEveryTime) {
  RandomSource a;
  RandomSource b;
  EXPECT_NE(std::pair(a(), a()), std::pair(b(), b()));
}

}  // namespace
}  // namespace pollux
