// Counts of durations, exact to 3 %, without a heap.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace pollux::bench {

class Histogram {
 public:
  void add(std::uint64_t value) {
    ++counts_[bucket(value)];
    ++total_;
    most_ = std::max(most_, value);
  }
  void merge(const Histogram& other) {
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      counts_[i] += other.counts_[i];
    }
    total_ += other.total_;
    most_ = std::max(most_, other.most_);
  }
  std::uint64_t total() const { return total_; }
  std::uint64_t most() const { return most_; }
  // No more than `share` of the values are above it.
  std::uint64_t quantile(double share) const {
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (seen != 0 && static_cast<double>(seen) >= share * static_cast<double>(total_)) {
        return std::min(upper_end(i), most_);
      }
    }
    return most_;
  }

 private:
  // Values below 64 have a bucket each; of larger ones the five bits after the first one count.
  static constexpr unsigned kBits = 5;
  static constexpr std::uint64_t kExact = 2U << kBits;
  static std::size_t bucket(std::uint64_t value) {
    if (value < kExact) {
      return value;
    }
    const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - kBits - 1;
    return (std::size_t{shift} << kBits) + (value >> shift);
  }
  static std::uint64_t upper_end(std::size_t index) {
    if (index < kExact) {
      return index;
    }
    const std::size_t shift = (index >> kBits) - 1;
    return (((index & ((1U << kBits) - 1)) + (1U << kBits) + 1) << shift) - 1;
  }

  std::array<std::uint64_t, 64U << kBits> counts_{};
  std::uint64_t total_ = 0;
  std::uint64_t most_ = 0;
};

}  // namespace pollux::bench
