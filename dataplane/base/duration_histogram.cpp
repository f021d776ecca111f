#include "dataplane/base/duration_histogram.hpp"

#include <numeric>

namespace pollux {

std::uint64_t DurationCounts::total() const {
  return std::accumulate(buckets.begin(), buckets.end(), std::uint64_t{0});
}

std::optional<std::uint64_t> DurationCounts::quantile_ns(double share) const {
  const std::uint64_t all = total();
  if (all == 0) {
    return std::nullopt;
  }
  const double wanted = share * static_cast<double>(all);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i + 1 < buckets.size(); ++i) {
    seen += buckets[i];
    if (seen != 0 && static_cast<double>(seen) >= wanted) {
      return std::min(DurationBuckets::limit_ns(i), most_ns);
    }
  }
  return most_ns;
}

DurationCounts DurationHistogram::counts() const {
  DurationCounts counts;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    counts.buckets[i] = buckets_[i].get();
  }
  counts.sum_ns = sum_ns_.get();
  counts.most_ns = most_ns_.get();
  return counts;
}

}  // namespace pollux
