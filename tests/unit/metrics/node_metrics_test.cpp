#include "controlplane/metrics/node_metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "controlplane/metrics/label_values.hpp"
#include "tests/support/load_fixture.hpp"
#include "tests/unit/metrics/scrape.hpp"

namespace pollux::metrics {
namespace {

using namespace std::chrono_literals;
using test::value;

test::Families families_of(control::SessionManager& manager, const NodeStats& stats) {
  return node_families({stats, take_control_snapshot(manager)}, {"1.2.3", "22.11", "1.51", {}});
}

TEST(NodeMetrics, ShowsWhatTheDataPlaneCounts) {
  pollux::test::ManagerFixture f(2);
  const auto shown = families_of(f.manager, test::full_stats());
  EXPECT_EQ(value(shown, Metric::worker_time, {{"worker", "1"}}), 10.0);
  EXPECT_EQ(value(shown, Metric::worker_busy, {{"worker", "0"}}), 2.5);
  EXPECT_EQ(value(shown, Metric::worker_handed_off, {{"worker", "0"}}), 8);
  EXPECT_EQ(value(shown, Metric::stage_packets, {{"worker", "0"}, {"stage", "rx"}}), 1000);
  EXPECT_EQ(value(shown, Metric::stage_packet_cycles, {{"worker", "0"}, {"stage", "rx"}}), 42);
  EXPECT_EQ(value(shown, Metric::stage_packet_cycles, {{"worker", "0"}, {"stage", "tx"}}), 0);
  EXPECT_EQ(value(shown, Metric::drops, {{"worker", "1"}, {"reason", "no_sink"}}), 10);
  EXPECT_EQ(value(shown, Metric::drops, {{"worker", "1"}, {"reason", "tx_full"}}), 0);
  EXPECT_EQ(value(shown, Metric::drops, {{"worker", "host"}, {"reason", "not_for_us"}}), 36);
  EXPECT_EQ(value(shown, Metric::dtmf_presses, {{"way", "rfc4733"}, {"what", "sent"}}), 8);
  EXPECT_EQ(value(shown, Metric::dtmf_presses, {{"way", "sip_info"}, {"what", "refused"}}), 0);
  EXPECT_EQ(value(shown, Metric::port_link, {{"port", "lan"}}), 1);
  EXPECT_EQ(value(shown, Metric::port_rx_missed, {{"port", "lan"}}), 25);
  EXPECT_EQ(value(shown, Metric::port_rx_no_mbuf, {{"port", "lan"}}), 28);
  EXPECT_EQ(value(shown, Metric::host_packets, {{"protocol", "nd"}, {"direction", "sent"}}), 32);
  EXPECT_EQ(value(shown, Metric::mbufs_free), 60);
  EXPECT_EQ(value(shown, Metric::control_answered), 1);
  EXPECT_EQ(value(shown, Metric::build_info, {{"version", "1.2.3"}, {"dpdk", "22.11"}, {"grpc", "1.51"}}), 1);
}

TEST(NodeMetrics, ShowsDurationsByTheDoubling) {
  pollux::test::ManagerFixture f(2);
  NodeStats stats = test::full_stats();
  DurationHistogram delay;
  delay.add(100);
  delay.add(1024, 3);
  delay.add(1025);
  delay.add(100'000'000);
  stats.workers[1].forward_delay = delay.counts();
  const auto shown = families_of(f.manager, stats);
  const auto* const family = test::find(shown, Metric::worker_delay);
  ASSERT_NE(family, nullptr);
  ASSERT_EQ(family->metric.size(), 2U);
  EXPECT_EQ(family->metric[0].histogram.sample_count, 0U);
  const prometheus::ClientMetric::Histogram& histogram = family->metric[1].histogram;
  EXPECT_EQ(histogram.sample_count, 6U);
  EXPECT_DOUBLE_EQ(histogram.sample_sum, 100'004'197e-9);
  ASSERT_EQ(histogram.bucket.size(), 17U);
  EXPECT_EQ(histogram.bucket[0].upper_bound, 512e-9);
  EXPECT_EQ(histogram.bucket[0].cumulative_count, 1U);
  EXPECT_EQ(histogram.bucket[1].upper_bound, 1024e-9);
  EXPECT_EQ(histogram.bucket[1].cumulative_count, 4U) << "a bound belongs to its bucket";
  EXPECT_EQ(histogram.bucket[2].cumulative_count, 5U);
  EXPECT_EQ(histogram.bucket[15].cumulative_count, 5U);
  EXPECT_EQ(histogram.bucket[16].cumulative_count, 6U);
  EXPECT_THAT(test::text(shown),
              testing::HasSubstr("pollux_worker_forward_delay_seconds_bucket{worker=\"1\",le=\"+Inf\"} 6"));
}

TEST(NodeMetrics, ShowsWhatTheControlThreadCounts) {
  pollux::test::LoadFixture f(2);
  f.created("one");
  f.created("two");
  f.created("two", pollux::test::two_legs("10.0.0.100:4002"));
  pollux::test::ManagerFixture::Answer deleted;
  f.manager.remove("one", f.into(deleted));
  f.settle();
  f.second({0.95, 0.25});
  const auto shown = families_of(f.manager, f.stats);
  EXPECT_EQ(value(shown, Metric::worker_load, {{"worker", "0"}}), 0.95);
  EXPECT_EQ(value(shown, Metric::worker_load, {{"worker", "1"}}), 0.25);
  EXPECT_EQ(value(shown, Metric::worker_overloaded, {{"worker", "0"}}), 1);
  EXPECT_EQ(value(shown, Metric::worker_overloaded, {{"worker", "1"}}), 0);
  EXPECT_EQ(value(shown, Metric::worker_media, {{"worker", "0"}}), 0);
  EXPECT_EQ(value(shown, Metric::sessions_active), 1);
  EXPECT_EQ(value(shown, Metric::sessions_limit), 1000);
  EXPECT_EQ(value(shown, Metric::sessions_created), 2);
  EXPECT_EQ(value(shown, Metric::sessions_deleted), 1);
  EXPECT_EQ(value(shown, Metric::sessions_timed_out), 0);
  EXPECT_EQ(value(shown, Metric::sessions_refused, {{"cause", "SESSION_ID_CONFLICT"}}), 1);
  EXPECT_EQ(value(shown, Metric::sessions_refused, {{"cause", "PORTS_EXHAUSTED"}}), 0);
  EXPECT_EQ(value(shown, Metric::sessions_refused, {{"cause", "other"}}), 0);
  EXPECT_EQ(value(shown, Metric::network_ports_used, {{"network", "inside"}}), 2);
  EXPECT_EQ(value(shown, Metric::network_ports, {{"network", "outside"}}), 80000);
  EXPECT_EQ(value(shown, Metric::events, {{"type", "session_started"}}), 2);
  EXPECT_EQ(value(shown, Metric::events, {{"type", "session_ended"}}), 1);
  EXPECT_EQ(value(shown, Metric::events, {{"type", "worker_overloaded"}}), 1);
  EXPECT_EQ(value(shown, Metric::event_watchers), 0);
  EXPECT_EQ(value(shown, Metric::one_way), 0);
}

TEST(NodeMetrics, ShowsWhatIsCommittedToMedia) {
  pollux::test::LoadFixture f(2);
  f.dataplane.media_cost_of_all = 0.125;
  const auto worker = f.created("one").session().media_worker;
  const auto shown = families_of(f.manager, f.stats);
  EXPECT_EQ(value(shown, Metric::worker_media, {{"worker", std::to_string(worker)}}), 0.125);
  EXPECT_EQ(value(shown, Metric::worker_media, {{"worker", std::to_string(1 - worker)}}), 0);
}

TEST(NodeMetrics, CountsOneWayAudioAndWatchers) {
  pollux::test::ManagerFixture f;
  control::LoggedEvent event;
  event.type = control::LogEventType::kOneWayAudioSuspected;
  f.manager.events().append(event);
  f.manager.events().append(event);
  f.manager.events().wait("", [](std::uint64_t) {});
  const auto shown = families_of(f.manager, {});
  EXPECT_EQ(value(shown, Metric::one_way), 2);
  EXPECT_EQ(value(shown, Metric::events, {{"type", "one_way_audio_suspected"}}), 2);
  EXPECT_EQ(value(shown, Metric::event_watchers), 1);
}

TEST(NodeMetrics, CountsCausesThatItDoesNotKnowTogether) {
  NodeSnapshot snapshot;
  snapshot.control.emplace();
  snapshot.control->sessions.refused_by_cause = {{"STRANGE", 2}, {"STRANGER", 3}, {"NODE_BUSY", 4}};
  const auto shown = node_families(snapshot, {});
  EXPECT_EQ(value(shown, Metric::sessions_refused, {{"cause", "other"}}), 5);
  EXPECT_EQ(value(shown, Metric::sessions_refused, {{"cause", "NODE_BUSY"}}), 4);
}

TEST(NodeMetrics, TheNumberOfSessionsAddsNoSample) {
  pollux::test::LoadFixture f(1);
  const std::size_t before = test::text(families_of(f.manager, f.stats)).size();
  for (int i = 0; i < 500; ++i) {
    f.created("call-" + std::to_string(i));
  }
  EXPECT_LT(test::text(families_of(f.manager, f.stats)).size(), before + 100);  // longer figures
}

TEST(NodeMetrics, DoesNotWaitForAControlThreadThatIsBusyOrGone) {
  pollux::test::FakeDataplane dataplane(1);
  dataplane.set_node_stats(test::full_stats());
  control::SessionManager manager(dataplane, {});
  control::ControlThread control(manager);
  EXPECT_TRUE(take_snapshot(control, dataplane, 20s).control.has_value());
  std::promise<void> release;
  auto released = release.get_future().share();
  control.post([released] { released.wait(); });
  const NodeSnapshot busy = take_snapshot(control, dataplane, 1ms);
  EXPECT_FALSE(busy.control.has_value());
  EXPECT_EQ(value(node_families(busy, {}), Metric::control_answered), 0);
  EXPECT_EQ(value(node_families(busy, {}), Metric::mbufs_free), 60);
  release.set_value();
  EXPECT_TRUE(take_snapshot(control, dataplane, 20s).control.has_value());
  control.stop();
  EXPECT_FALSE(take_snapshot(control, dataplane, 20s).control.has_value());
}

}  // namespace
}  // namespace pollux::metrics
