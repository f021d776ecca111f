// Declarations, documentation and what a scrape shows are one and the same.
#include "controlplane/metrics/metric.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <regex>

#include "controlplane/metrics/node_metrics.hpp"
#include "controlplane/metrics/observations.hpp"
#include "tests/support/control_fixture.hpp"
#include "tests/unit/metrics/scrape.hpp"

namespace pollux::metrics {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;

control::LoggedEvent ended_call() {
  control::LoggedEvent event;
  event.type = control::LogEventType::kSessionEnded;
  event.session_id = "secret-call";
  event.duration = 90s;
  control::LegQuality leg;
  leg.leg_id = "secret-leg";
  leg.stream.emplace();
  leg.stream->mos = 4.1;
  leg.stream->jitter_ms = 3;
  leg.stream->counts.expected = 1000;
  leg.stream->counts.received = 990;
  leg.stream->counts.round_trip_us = 40'000;
  event.quality = {leg};
  return event;
}

// All that a node shows, after a call and a request.
test::Families whole_scrape() {
  pollux::test::ManagerFixture f(2);
  pollux::test::ManagerFixture::Answer answer;
  f.create("secret-call", answer);
  f.settle();
  const NodeSnapshot snapshot{test::full_stats(), take_control_snapshot(f.manager)};
  test::Families families = node_families(snapshot, {"1.2.3", "22.11", "1.51", {}});
  Observations observations;
  observations.session_ended(ended_call());
  observations.api_call("SessionService/Create", 0, 2ms);
  for (auto& family : observations.Collect()) {
    families.push_back(std::move(family));
  }
  return families;
}

TEST(Metrics, AScrapeShowsWhatIsDeclaredAndNothingElse) {
  const test::Families families = whole_scrape();
  std::set<std::string> shown;
  for (const auto& family : families) {
    EXPECT_TRUE(shown.insert(family.name).second) << family.name << " twice";
  }
  for (std::size_t i = 0; i < kMetrics.size(); ++i) {
    const Declaration& declared = kMetrics[i];
    const auto* family = test::find(families, static_cast<Metric>(i));
    ASSERT_NE(family, nullptr) << declared.name;
    EXPECT_EQ(family->help, declared.help);
    const auto type = declared.type == Type::kCounter ? prometheus::MetricType::Counter
                      : declared.type == Type::kGauge ? prometheus::MetricType::Gauge
                                                      : prometheus::MetricType::Histogram;
    EXPECT_EQ(family->type, type) << declared.name;
    const auto names = label_names(declared);
    const std::set<std::string> expected(names.begin(), names.end());
    for (const auto& sample : family->metric) {
      std::set<std::string> labels;
      for (const auto& [name, value] : test::labels_of(sample)) {
        labels.insert(name);
      }
      EXPECT_EQ(labels, expected) << declared.name;
    }
  }
  EXPECT_EQ(shown.size(), kMetrics.size());
}

TEST(Metrics, NamesFollowTheConventions) {
  for (const Declaration& metric : kMetrics) {
    const std::string name(metric.name);
    EXPECT_TRUE(std::regex_match(name, std::regex("pollux_[a-z][a-z0-9_]*[a-z0-9]"))) << name;
    EXPECT_EQ(name.ends_with("_total"), metric.type == Type::kCounter) << name;
    EXPECT_FALSE(metric.help.empty() || metric.help.ends_with('.')) << name;
    if (metric.unit == "seconds") {
      EXPECT_NE(name.find("_seconds"), std::string::npos) << name;
    } else if (metric.unit == "ratio") {
      EXPECT_TRUE(name.ends_with("_ratio")) << name;
    } else if (metric.unit == "bytes") {
      EXPECT_NE(name.find("_bytes"), std::string::npos) << name;
    }
  }
}

TEST(Metrics, TheGuidesTableIsTheDeclaration) {
  std::ifstream file(std::string(POLLUX_SOURCE_ROOT) + "/docs/metrics.md");
  ASSERT_TRUE(file.is_open());
  std::string table;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    inside = inside && !line.starts_with("<!-- metrics: end");
    table += inside ? line + "\n" : "";
    inside = inside || line.starts_with("<!-- metrics: begin");
  }
  EXPECT_EQ(table, metric_table()) << "put this between the marks of docs/metrics.md:\n" << metric_table();
}

TEST(Metrics, LabelsNameNoCall) {
  const std::string text = test::text(whole_scrape());
  EXPECT_EQ(text.find("secret"), std::string::npos);
  EXPECT_EQ(text.find("10.0.0.100"), std::string::npos);
}

// Prometheus' own linter.
TEST(Metrics, PromtoolFindsNothing) {
  const std::string name = testing::TempDir() + "pollux-scrape-" + std::to_string(getpid());
  std::ofstream(name) << test::text(whole_scrape());
  const std::string command = "promtool check metrics < '" + name + "' 2>&1";
  FILE* output = popen(command.c_str(), "r");
  ASSERT_NE(output, nullptr);
  std::string said;
  for (char buffer[256]; fgets(buffer, sizeof buffer, output) != nullptr;) {
    said += buffer;
  }
  EXPECT_EQ(pclose(output), 0);
  EXPECT_THAT(said, IsEmpty());
  std::remove(name.c_str());
}

}  // namespace
}  // namespace pollux::metrics
