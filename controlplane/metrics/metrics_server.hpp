// The HTTP door at which Prometheus scrapes.
#pragma once

#include <prometheus/collectable.h>
#include <prometheus/exposer.h>

#include <memory>
#include <string>
#include <vector>

#include "controlplane/config/node_config.hpp"
#include "dataplane/base/expected.hpp"

namespace pollux::metrics {

class MetricsServer {
 public:
  using Sources = std::vector<std::shared_ptr<prometheus::Collectable>>;

  // Serves /metrics on all addresses of `config`, of which there is one at least. Its threads, few and fixed,
  // inherit the CPU set of the caller; requests are bounded in size and time. Errors: kUnavailable
  // (DOOR_UNAVAILABLE).
  static Expected<std::unique_ptr<MetricsServer>> start(const config::MetricsConfig& config, Sources sources);
  // Returns when no scrape is under way any more. What the sources read must still be there.
  ~MetricsServer() = default;
  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;

  // The ports really taken.
  std::vector<int> ports() const { return exposer_->GetListeningPorts(); }

 private:
  MetricsServer(std::unique_ptr<prometheus::Exposer> exposer, Sources sources)
      : sources_(std::move(sources)), exposer_(std::move(exposer)) {}

  Sources sources_;  // the exposer only knows them weakly
  std::unique_ptr<prometheus::Exposer> exposer_;
};

}  // namespace pollux::metrics
