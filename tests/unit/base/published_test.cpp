#include "dataplane/base/published.hpp"

#include <gtest/gtest.h>

#include <array>
#include <thread>

namespace pollux {
namespace {

using Block = std::array<std::uint64_t, 4>;

TEST(Published, AReaderNeverSeesHalfAValue) {
  Published<Block> published;
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (std::uint64_t i = 1; i <= 200000; ++i) {
      published.store({i, i, i, i});
    }
    done = true;
  });
  std::uint64_t last = 0;
  while (!done) {
    const Block block = published.load();
    ASSERT_EQ(block, (Block{block[0], block[0], block[0], block[0]}));
    ASSERT_GE(block[0], last);
    last = block[0];
  }
  writer.join();
  EXPECT_EQ(published.load()[3], 200000U);
}

}  // namespace
}  // namespace pollux
