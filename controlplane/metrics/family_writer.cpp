#include "controlplane/metrics/family_writer.hpp"

#include <bit>
#include <cassert>
#include <limits>

namespace pollux::metrics {

namespace {
constexpr std::uint64_t kShortestBound_ns = 1U << 9;  // 0.5 us
constexpr std::uint64_t kLongestBound_ns = 1U << 24;  // 17 ms
}  // namespace

prometheus::MetricFamily empty_family(const Declaration& metric) {
  prometheus::MetricFamily family;
  family.name = metric.name;
  family.help = metric.help;
  switch (metric.type) {
    case Type::kCounter:
      family.type = prometheus::MetricType::Counter;
      break;
    case Type::kGauge:
      family.type = prometheus::MetricType::Gauge;
      break;
    case Type::kHistogram:
      family.type = prometheus::MetricType::Histogram;
      break;
  }
  return family;
}

prometheus::ClientMetric& FamilyWriter::add_sample(Metric metric,
                                                   std::initializer_list<std::string> label_values) {
  const Declaration& declared = declaration(metric);
  prometheus::MetricFamily& family = families_[static_cast<std::size_t>(metric)];
  if (family.metric.empty()) {
    family = empty_family(declared);
  }
  prometheus::ClientMetric& sample = family.metric.emplace_back();
  const std::vector<std::string> names = label_names(declared);
  assert(names.size() == label_values.size());
  auto name = names.begin();
  for (const std::string& text : label_values) {
    sample.label.push_back({*name++, text});
  }
  return sample;
}

void FamilyWriter::add(Metric metric, std::initializer_list<std::string> label_values, double value) {
  prometheus::ClientMetric& sample = add_sample(metric, label_values);
  if (declaration(metric).type == Type::kCounter) {
    sample.counter.value = value;
  } else {
    sample.gauge.value = value;
  }
}

// A node keeps four buckets to a doubling; so many series for each worker nobody wants to pay for.
void FamilyWriter::add(Metric metric, std::initializer_list<std::string> label_values,
                       const DurationCounts& durations) {
  prometheus::ClientMetric& sample = add_sample(metric, label_values);
  std::uint64_t cumulative = 0;
  for (std::size_t i = 0; i + 1 < durations.buckets.size(); ++i) {
    cumulative += durations.buckets[i];
    const std::uint64_t limit = DurationBuckets::limit_ns(i);
    if (std::has_single_bit(limit) && limit >= kShortestBound_ns && limit <= kLongestBound_ns) {
      sample.histogram.bucket.push_back({cumulative, static_cast<double>(limit) / 1e9});
    }
  }
  sample.histogram.bucket.push_back({durations.total(), std::numeric_limits<double>::infinity()});
  sample.histogram.sample_count = durations.total();
  sample.histogram.sample_sum = static_cast<double>(durations.sum_ns) / 1e9;
}

std::vector<prometheus::MetricFamily> FamilyWriter::take() {
  std::vector<prometheus::MetricFamily> taken;
  for (prometheus::MetricFamily& family : families_) {
    if (!family.metric.empty()) {
      taken.push_back(std::move(family));
    }
    family = {};
  }
  return taken;
}

}  // namespace pollux::metrics
