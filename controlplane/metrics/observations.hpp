// Histograms of what happens once: calls that end, and requests to the API.
#pragma once

#include <prometheus/collectable.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <chrono>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "controlplane/metrics/metric.hpp"
#include "controlplane/session/event_log.hpp"

namespace pollux::metrics {

// Thread-safe.
class Observations final : public prometheus::Collectable {
 public:
  static constexpr std::size_t kMostMethods = 64;  // further ones count as "other"

  Observations();

  // For ManagerOptions::on_session_ended. Cost: a few locks that only a scrape contends for.
  void session_ended(const control::LoggedEvent& event);
  // `method` as "SessionService/Create", `code` gRPC's status code.
  void api_call(std::string_view method, int code, std::chrono::nanoseconds took);

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  prometheus::Family<prometheus::Histogram>& family(Metric metric);

  prometheus::Registry registry_;
  prometheus::Histogram& duration_;
  prometheus::Histogram& mos_;
  prometheus::Histogram& loss_;
  prometheus::Histogram& jitter_;
  prometheus::Histogram& round_trip_;
  prometheus::Family<prometheus::Histogram>& api_;
  std::mutex mutex_;
  std::set<std::string, std::less<>> methods_;  // guarded by mutex_
};

}  // namespace pollux::metrics
