// Counts of durations in buckets of limits that are the same on every machine, so that nodes can be summed.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "dataplane/base/counter.hpp"

namespace pollux {

// Bucket 0 holds what takes up to 64 ns; then every doubling up to 2^27 ns (134 ms) has four buckets of equal
// width; the last one holds the rest. A bucket's limit belongs to it.
struct DurationBuckets {
  static constexpr unsigned kFirstBits = 6;  // 64 ns
  static constexpr unsigned kLastBits = 27;
  static constexpr unsigned kPartBits = 2;
  static constexpr std::size_t kCount = (std::size_t{kLastBits - kFirstBits} << kPartBits) + 2;

  static constexpr std::size_t of(std::uint64_t ns) {
    if (ns <= std::uint64_t{1} << kFirstBits) {
      return 0;
    }
    const std::uint64_t below = ns - 1;
    const auto shift = static_cast<unsigned>(std::bit_width(below)) - kPartBits - 1;
    const std::size_t bucket =
        (std::size_t{shift + kPartBits - kFirstBits} << kPartBits) + (below >> shift) - (1U << kPartBits) + 1;
    return std::min(bucket, kCount - 1);
  }
  // The longest duration in the bucket; without meaning for the last one, which has no limit.
  static constexpr std::uint64_t limit_ns(std::size_t bucket) {
    if (bucket == 0) {
      return std::uint64_t{1} << kFirstBits;
    }
    const std::size_t octave = (bucket - 1) >> kPartBits;
    const std::uint64_t part = ((bucket - 1) & ((1U << kPartBits) - 1)) + (1U << kPartBits) + 1;
    return part << (octave + kFirstBits - kPartBits);
  }
};

// A snapshot.
struct DurationCounts {
  std::array<std::uint64_t, DurationBuckets::kCount> buckets{};
  std::uint64_t sum_ns = 0;
  std::uint64_t most_ns = 0;  // the longest one so far

  std::uint64_t total() const;
  // At least `share` (0..1) of the durations aren't longer: the limit of the bucket that holds the one asked
  // for, so at most a quarter too long and never too short. Nothing while there are none.
  std::optional<std::uint64_t> quantile_ns(double share) const;
};

// Written by one thread, read by any; a reader's sum and buckets may be a duration apart. Adding costs some
// ten cycles.
class DurationHistogram {
 public:
  // `times` durations of the same length.
  void add(std::uint64_t ns, std::uint64_t times = 1) {
    buckets_[DurationBuckets::of(ns)].add(times);
    sum_ns_.add(ns * times);
    if (ns > most_ns_.get()) {
      most_ns_.set(ns);
    }
  }
  DurationCounts counts() const;

 private:
  std::array<Counter, DurationBuckets::kCount> buckets_;
  Counter sum_ns_;
  Counter most_ns_;
};

}  // namespace pollux
