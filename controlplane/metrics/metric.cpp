#include "controlplane/metrics/metric.hpp"

#include <sstream>

namespace pollux::metrics {

std::vector<std::string> label_names(const Declaration& metric) {
  std::istringstream text{std::string(metric.labels)};
  std::vector<std::string> names;
  for (std::string name; text >> name;) {
    names.push_back(name);
  }
  return names;
}

std::string_view type_name(Type type) {
  switch (type) {
    case Type::kCounter:
      return "counter";
    case Type::kGauge:
      return "gauge";
    case Type::kHistogram:
      break;
  }
  return "histogram";
}

std::string metric_table() {
  std::ostringstream table;
  table << "| Metric | Type | Unit | Labels | Meaning |\n|---|---|---|---|---|\n";
  for (const Declaration& metric : kMetrics) {
    table << "| `" << metric.name << "` | " << type_name(metric.type) << " | " << metric.unit << " | ";
    const char* separator = "";
    for (const std::string& label : label_names(metric)) {
      table << separator << "`" << label << "`";
      separator = ", ";
    }
    table << " | " << metric.help << " |\n";
  }
  return table.str();
}

}  // namespace pollux::metrics
