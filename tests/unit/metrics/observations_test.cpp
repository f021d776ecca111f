#include "controlplane/metrics/observations.hpp"

#include <gtest/gtest.h>

#include "tests/support/control_fixture.hpp"
#include "tests/unit/metrics/scrape.hpp"

namespace pollux::metrics {
namespace {

using namespace std::chrono_literals;

prometheus::ClientMetric::Histogram only(const test::Families& families, Metric metric) {
  const auto* family = test::find(families, metric);
  return family != nullptr && family->metric.size() == 1 ? family->metric[0].histogram
                                                         : prometheus::ClientMetric::Histogram{};
}

TEST(Observations, MeasuresEachLegOfACallThatEnds) {
  Observations observations;
  control::LoggedEvent event;
  event.duration = 90s;
  control::LegQuality good;
  good.stream.emplace();
  good.stream->mos = 4.3;
  good.stream->jitter_ms = 4;
  good.stream->counts.expected = 1000;
  good.stream->counts.received = 1000;
  control::LegQuality bad = good;
  bad.stream->mos = 2.0;
  bad.stream->counts.received = 900;
  bad.stream->counts.round_trip_us = 80'000;
  event.quality = {good, bad, {}};  // the third has received nothing
  observations.session_ended(event);
  const auto shown = observations.Collect();
  EXPECT_EQ(only(shown, Metric::call_duration).sample_count, 1U);
  EXPECT_EQ(only(shown, Metric::call_duration).sample_sum, 90.0);
  EXPECT_EQ(only(shown, Metric::call_mos).sample_count, 2U);
  EXPECT_DOUBLE_EQ(only(shown, Metric::call_mos).sample_sum, 6.3);
  EXPECT_EQ(only(shown, Metric::call_loss).sample_count, 2U);
  EXPECT_DOUBLE_EQ(only(shown, Metric::call_loss).sample_sum, 0.1);
  EXPECT_DOUBLE_EQ(only(shown, Metric::call_jitter).sample_sum, 0.008);
  EXPECT_EQ(only(shown, Metric::call_round_trip).sample_count, 1U);
  EXPECT_DOUBLE_EQ(only(shown, Metric::call_round_trip).sample_sum, 0.08);
}

TEST(Observations, HearsOfEachSessionThatEnds) {
  Observations observations;
  pollux::test::FakeDataplane dataplane(1);
  control::ManagerOptions options;
  options.networks = pollux::test::two_networks();
  options.on_session_ended = [&](const control::LoggedEvent& event) {
    EXPECT_EQ(event.session_id, "call");
    observations.session_ended(event);
  };
  control::SessionManager manager(dataplane, options);
  auto request = pollux::test::two_legs();
  control::resolve_defaults(request, manager.defaults(), control::SinkDefault::kEachOther);
  manager.create("call", request, [](const auto&) {});
  while (manager.poll()) {
  }
  EXPECT_EQ(only(observations.Collect(), Metric::call_duration).sample_count, 0U);
  manager.remove("call", [](const auto&) {});
  while (manager.poll()) {
  }
  EXPECT_EQ(only(observations.Collect(), Metric::call_duration).sample_count, 1U);
}

TEST(Observations, MeasuresRequestsByMethodAndCode) {
  Observations observations;
  observations.api_call("SessionService/Create", 0, 2ms);
  observations.api_call("SessionService/Create", 0, 4ms);
  observations.api_call("SessionService/Create", 8, 1ms);
  observations.api_call("NodeService/Stats", 99, 1ms);
  const auto shown = observations.Collect();
  const auto* family = test::find(shown, Metric::api_duration);
  ASSERT_NE(family, nullptr);
  std::map<test::Labels, std::uint64_t> counts;
  for (const auto& sample : family->metric) {
    counts[test::labels_of(sample)] = sample.histogram.sample_count;
  }
  const std::map<test::Labels, std::uint64_t> expected = {
      {{{"method", "SessionService/Create"}, {"code", "OK"}}, 2},
      {{{"method", "SessionService/Create"}, {"code", "RESOURCE_EXHAUSTED"}}, 1},
      {{{"method", "NodeService/Stats"}, {"code", "UNKNOWN"}}, 1}};
  EXPECT_EQ(counts, expected);
}

TEST(Observations, BoundsTheMethodsThatItTellsApart) {
  Observations observations;
  for (int i = 0; i < 1000; ++i) {
    observations.api_call("Strange/Method" + std::to_string(i), 12, 1ms);
  }
  const auto shown = observations.Collect();
  EXPECT_EQ(test::find(shown, Metric::api_duration)->metric.size(), Observations::kMostMethods + 1);
}

}  // namespace
}  // namespace pollux::metrics
