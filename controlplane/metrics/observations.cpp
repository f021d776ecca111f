#include "controlplane/metrics/observations.hpp"

#include <algorithm>

#include "controlplane/metrics/label_values.hpp"

namespace pollux::metrics {

namespace {

using Buckets = prometheus::Histogram::BucketBoundaries;

// Bounds that people ask for: a second's hang-up, a voice mail, a conference.
const Buckets kDurationSeconds{1, 5, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400};
// ITU-T G.109: above 4.34 best, 4.03 high, 3.60 medium, 3.10 low, 2.58 poor.
const Buckets kMos{1.5, 2, 2.58, 3.1, 3.6, 3.8, 4.03, 4.2, 4.34, 4.5};
const Buckets kLossRatio{0, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1};
const Buckets kJitterSeconds{0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5};
const Buckets kRoundTripSeconds{0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1};
const Buckets kApiSeconds{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5};

}  // namespace

Observations::Observations()
    : duration_(family(Metric::call_duration).Add({}, kDurationSeconds)),
      mos_(family(Metric::call_mos).Add({}, kMos)),
      loss_(family(Metric::call_loss).Add({}, kLossRatio)),
      jitter_(family(Metric::call_jitter).Add({}, kJitterSeconds)),
      round_trip_(family(Metric::call_round_trip).Add({}, kRoundTripSeconds)),
      api_(family(Metric::api_duration)) {}

prometheus::Family<prometheus::Histogram>& Observations::family(Metric metric) {
  const Declaration& declared = declaration(metric);
  return prometheus::BuildHistogram()
      .Name(std::string(declared.name))
      .Help(std::string(declared.help))
      .Register(registry_);
}

void Observations::session_ended(const control::LoggedEvent& event) {
  duration_.Observe(std::chrono::duration<double>(event.duration).count());
  for (const control::LegQuality& leg : event.quality) {
    if (!leg.stream) {
      continue;
    }
    const ReceptionStats& counts = leg.stream->counts;
    if (leg.stream->mos) {
      mos_.Observe(*leg.stream->mos);
    }
    if (counts.expected > 0) {
      loss_.Observe(static_cast<double>(counts.lost()) / static_cast<double>(counts.expected));
      jitter_.Observe(leg.stream->jitter_ms / 1e3);
    }
    if (counts.round_trip_us) {
      round_trip_.Observe(*counts.round_trip_us / 1e6);
    }
  }
}

void Observations::api_call(std::string_view method, int code, std::chrono::nanoseconds took) {
  const bool known_code = code >= 0 && static_cast<std::size_t>(code) < kStatusCodes.size();
  const std::string_view code_name = known_code ? kStatusCodes[static_cast<std::size_t>(code)] : "UNKNOWN";
  std::string name(method);
  {
    const std::lock_guard lock(mutex_);
    if (!methods_.contains(method)) {
      if (methods_.size() < kMostMethods) {
        methods_.insert(name);
      } else {
        name = "other";
      }
    }
  }
  api_.Add({{"method", name}, {"code", std::string(code_name)}}, kApiSeconds)
      .Observe(std::chrono::duration<double>(took).count());
}

std::vector<prometheus::MetricFamily> Observations::Collect() const {
  return registry_.Collect();
}

}  // namespace pollux::metrics
