#include "dataplane/srtp/replay_window.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <set>

namespace pollux::srtp {
namespace {

// The window of RFC 3711 §3.3.2, kept the slow way: all indices ever noted.
class Model {
 public:
  explicit Model(unsigned size) : size_(size) {}
  Freshness freshness(std::uint64_t index) const {
    if (index <= highest_ && highest_ - index >= size_) {
      return Freshness::kTooOld;
    }
    return seen_.contains(index) ? Freshness::kReplayed : Freshness::kFresh;
  }
  void note(std::uint64_t index) {
    seen_.insert(index);
    highest_ = std::max(highest_, index);
  }
  std::uint64_t highest() const { return highest_; }

 private:
  const std::uint64_t size_;
  std::set<std::uint64_t> seen_;
  std::uint64_t highest_ = 0;
};

class ReplayWindow : public testing::TestWithParam<unsigned> {};

TEST_P(ReplayWindow, IsTheModelsWhateverComes) {
  const unsigned size = GetParam();
  std::mt19937_64 random(size);
  std::array<std::uint64_t, kMostReplayWindow / 64> words{};
  for (unsigned run = 0; run < 20; ++run) {
    Model model(size);
    words.fill(0);
    std::uint64_t highest = 0;
    model.note(0);
    words[0] = 1;
    for (unsigned i = 0; i < 2000; ++i) {
      // Near, at the edges of words and of the window, and beyond it, both ways.
      const std::uint64_t step =
          std::array<std::uint64_t, 8>{1, 2, 63, 64, 65, size - 1, size, size + 1}[random() % 8] +
          (random() % 4 == 0 ? random() % 70 : 0);
      const std::uint64_t index = random() % 2 == 0 ? highest + step : highest - std::min(highest, step);
      const Freshness wanted = model.freshness(index);
      ASSERT_EQ(freshness(words.data(), size / 64, highest, index), wanted)
          << "index " << index << ", highest " << highest;
      if (wanted == Freshness::kFresh) {
        highest = note_index(words.data(), size / 64, highest, index);
        model.note(index);
        ASSERT_EQ(highest, model.highest());
      }
    }
  }
}

TEST_P(ReplayWindow, TheOldestPlaceIsInTheNextIsNot) {
  const unsigned size = GetParam();
  std::array<std::uint64_t, kMostReplayWindow / 64> words{};
  const std::uint64_t highest = note_index(words.data(), size / 64, 0, 5000);
  EXPECT_EQ(freshness(words.data(), size / 64, highest, 5000), Freshness::kReplayed);
  EXPECT_EQ(freshness(words.data(), size / 64, highest, 5000 - size + 1), Freshness::kFresh);
  EXPECT_EQ(freshness(words.data(), size / 64, highest, 5000 - size), Freshness::kTooOld);
  EXPECT_EQ(note_index(words.data(), size / 64, highest, 5000 - size + 1), 5000U);
  EXPECT_EQ(freshness(words.data(), size / 64, highest, 5000 - size + 1), Freshness::kReplayed);
}

INSTANTIATE_TEST_SUITE_P(Sizes, ReplayWindow, testing::Values(64U, 128U, 192U, 1024U));

}  // namespace
}  // namespace pollux::srtp
