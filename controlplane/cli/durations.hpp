// A node's histograms of durations, for people.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "pollux/v1/node.pb.h"

namespace pollux::cli {

struct DurationQuantiles {
  std::uint64_t p50_ns = 0;
  std::uint64_t p99_ns = 0;
  std::uint64_t p999_ns = 0;
};

// Of what came between two snapshots of the same histogram; nothing when nothing did. As the node's own
// quantiles: the limits of their buckets.
std::optional<DurationQuantiles> quantiles_between(const v1::DurationHistogram& before,
                                                   const v1::DurationHistogram& now);

std::string human_microseconds(std::uint64_t ns);  // "0.3 us", "42 us", "1204 us"

}  // namespace pollux::cli
