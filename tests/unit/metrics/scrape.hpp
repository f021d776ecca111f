// A scrape's families, looked at.
#pragma once

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "controlplane/metrics/metric.hpp"
#include "controlplane/metrics/node_snapshot.hpp"

namespace pollux::metrics::test {

using Families = std::vector<prometheus::MetricFamily>;
using Labels = std::map<std::string, std::string>;

inline const prometheus::MetricFamily* find(const Families& families, Metric metric) {
  const auto found = std::find_if(families.begin(), families.end(),
                                  [&](const auto& f) { return f.name == declaration(metric).name; });
  return found == families.end() ? nullptr : &*found;
}

inline Labels labels_of(const prometheus::ClientMetric& sample) {
  Labels labels;
  for (const auto& label : sample.label) {
    labels[label.name] = label.value;
  }
  return labels;
}

// The sample with these labels; -1 when there is none.
inline double value(const Families& families, Metric metric, const Labels& labels = {}) {
  if (const auto* family = find(families, metric)) {
    for (const auto& sample : family->metric) {
      if (labels_of(sample) == labels) {
        return declaration(metric).type == Type::kCounter ? sample.counter.value : sample.gauge.value;
      }
    }
  }
  return -1;
}

inline std::string text(const Families& families) {
  return prometheus::TextSerializer().Serialize(families);
}

// Two workers and a port, with a figure of its own everywhere.
inline NodeStats full_stats() {
  NodeStats stats;
  stats.tsc_hz = 1000;
  stats.mbufs_total = 100;
  stats.mbufs_free = 60;
  for (std::uint16_t i = 0; i < 2; ++i) {
    WorkerStats worker;
    worker.worker = i;
    worker.loops = 11;
    worker.busy_loops = 5;
    worker.busy_cycles = 2500;
    worker.total_cycles = 10'000;
    worker.commands = 7;
    worker.events_lost = 1;
    worker.sessions = 3;
    worker.handed_off = 8;
    worker.captured = 9;
    worker.capture_lost = 2;
    worker.stages = {{"rx", "takes", 1000, 50, 10, 420}, {"tx", "sends", 0, 0, 0, 0}};
    worker.drops[static_cast<std::size_t>(DropReason::no_sink)] = 9U + i;
    worker.dtmf[static_cast<std::size_t>(DtmfWay::kRfc4733)][static_cast<std::size_t>(DtmfCount::kSent)] = 4;
    stats.workers.push_back(worker);
  }
  PortStats port;
  port.name = "lan";
  port.link_up = true;
  port.rx_packets = 21;
  port.rx_bytes = 22;
  port.tx_packets = 23;
  port.tx_bytes = 24;
  port.rx_missed = 25;
  port.rx_errors = 26;
  port.tx_errors = 27;
  port.rx_no_mbuf = 28;
  port.handed_off = 29;
  stats.ports = {port};
  stats.host.arp_received = 31;
  stats.host.nd_sent = 32;
  stats.host.echo_answered = 33;
  stats.host.neighbours = 34;
  stats.host.neighbours_failed = 35;
  stats.host.drops[static_cast<std::size_t>(DropReason::not_for_us)] = 36;
  return stats;
}

}  // namespace pollux::metrics::test
