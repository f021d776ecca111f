#include "controlplane/metrics/family_writer.hpp"

#include <cassert>

namespace pollux::metrics {

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

void FamilyWriter::add(Metric metric, std::initializer_list<std::string> label_values, double value) {
  const Declaration& declared = declaration(metric);
  prometheus::MetricFamily& family = families_[static_cast<std::size_t>(metric)];
  if (family.metric.empty()) {
    family = empty_family(declared);
  }
  prometheus::ClientMetric sample;
  const std::vector<std::string> names = label_names(declared);
  assert(names.size() == label_values.size());
  auto name = names.begin();
  for (const std::string& text : label_values) {
    sample.label.push_back({*name++, text});
  }
  if (declared.type == Type::kCounter) {
    sample.counter.value = value;
  } else {
    sample.gauge.value = value;
  }
  family.metric.push_back(std::move(sample));
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
