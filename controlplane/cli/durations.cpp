#include "controlplane/cli/durations.hpp"

#include <algorithm>
#include <map>

#include "controlplane/cli/format.hpp"

namespace pollux::cli {

namespace {

constexpr std::uint64_t kLastLimit_ns = 134'217'728;  // beyond it a bucket is named for the longest so far
constexpr std::uint64_t kUnlimited = UINT64_MAX;

// Durations by the limit of their bucket.
using Counts = std::map<std::uint64_t, std::uint64_t>;

Counts counts_of(const v1::DurationHistogram& histogram) {
  Counts counts;
  for (const auto& bucket : histogram.buckets()) {
    counts[bucket.up_to_ns() > kLastLimit_ns ? kUnlimited : bucket.up_to_ns()] += bucket.count();
  }
  return counts;
}

std::uint64_t quantile(const Counts& counts, std::uint64_t total, double share, std::uint64_t longest) {
  const double wanted = share * static_cast<double>(total);
  std::uint64_t seen = 0;
  for (const auto& [limit, count] : counts) {
    seen += count;
    if (seen != 0 && static_cast<double>(seen) >= wanted) {
      return std::min(limit, longest);
    }
  }
  return longest;
}

}  // namespace

std::optional<DurationQuantiles> quantiles_between(const v1::DurationHistogram& before,
                                                   const v1::DurationHistogram& now) {
  Counts counts = counts_of(now);
  for (const auto& [limit, count] : counts_of(before)) {
    const auto found = counts.find(limit);
    if (found != counts.end()) {
      found->second -= std::min(found->second, count);
    }
  }
  std::uint64_t total = 0;
  for (const auto& [limit, count] : counts) {
    total += count;
  }
  if (total == 0) {
    return std::nullopt;
  }
  return DurationQuantiles{quantile(counts, total, 0.5, now.max_ns()),
                           quantile(counts, total, 0.99, now.max_ns()),
                           quantile(counts, total, 0.999, now.max_ns())};
}

std::string human_microseconds(std::uint64_t ns) {
  const double microseconds = static_cast<double>(ns) / 1000;
  return decimal(microseconds, microseconds < 9.95 ? 1 : 0) + " us";
}

}  // namespace pollux::cli
