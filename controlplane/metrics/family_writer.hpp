// Builds what a scrape shows, from declared metrics only.
#pragma once

#include <prometheus/metric_family.h>

#include <array>
#include <initializer_list>
#include <string>
#include <vector>

#include "controlplane/metrics/metric.hpp"
#include "dataplane/api/stats.hpp"

namespace pollux::metrics {

class FamilyWriter {
 public:
  // Adds a sample of a counter or gauge. Pre: as many label values as the metric has labels, in their order.
  void add(Metric metric, std::initializer_list<std::string> label_values, double value);
  void add(Metric metric, std::initializer_list<std::string> label_values, std::uint64_t value) {
    add(metric, label_values, static_cast<double>(value));
  }

  // Adds a sample of a histogram, with the buckets that end at a doubling.
  void add(Metric metric, std::initializer_list<std::string> label_values, const DurationCounts& durations);

  // The families that have samples, in the order of their declaration.
  std::vector<prometheus::MetricFamily> take();

 private:
  prometheus::ClientMetric& add_sample(Metric metric, std::initializer_list<std::string> label_values);

  std::array<prometheus::MetricFamily, kMetrics.size()> families_;
};

prometheus::MetricFamily empty_family(const Declaration& metric);

}  // namespace pollux::metrics
