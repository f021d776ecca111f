#include "tests/bench/setup_row.hpp"

#include <rte_cycles.h>

#include <algorithm>
#include <cstdio>

#include "tests/bench/report.hpp"
#include "tests/bench/setup_bed.hpp"

namespace pollux::bench {

namespace {

constexpr double kGoalPerSecond = 5000;
constexpr double kGoalP99Ms = 2;
constexpr std::chrono::milliseconds kQuiet{1000};

struct Delays {
  double p50 = 0;
  double p99 = 0;
  double p999 = 0;
  double most = 0;
};

double to_us(std::uint64_t cycles) {
  return static_cast<double>(cycles) * 1e6 / static_cast<double>(rte_get_tsc_hz());
}

Delays delays(const MediaResult& media) {
  return {to_us(media.delay.quantile(0.5)), to_us(media.delay.quantile(0.99)),
          to_us(media.delay.quantile(0.999)), to_us(media.delay.most())};
}

void print_media(const char* when, const MediaResult& media) {
  const Delays delay = delays(media);
  std::printf(
      "  media %-15s %llu packets, %llu lost, delay p50 %.1f p99 %.1f p99.9 %.1f max %.1f us, preempted %llu "
      "times\n",
      when, static_cast<unsigned long long>(media.sent), static_cast<unsigned long long>(media.lost),
      delay.p50, delay.p99, delay.p999, delay.most, static_cast<unsigned long long>(media.preempted));
}

void add_media(JsonRow& row, const std::string& when, const MediaResult& media) {
  const Delays delay = delays(media);
  row.add(("media_packets_" + when).c_str(), static_cast<double>(media.sent))
      .add(("media_lost_" + when).c_str(), static_cast<double>(media.lost))
      .add(("media_delay_p50_us_" + when).c_str(), delay.p50)
      .add(("media_delay_p99_us_" + when).c_str(), delay.p99)
      .add(("media_delay_p999_us_" + when).c_str(), delay.p999)
      .add(("media_delay_max_us_" + when).c_str(), delay.most)
      .add(("media_preempted_" + when).c_str(), static_cast<double>(media.preempted));
}

}  // namespace

std::string run_setup_row(const SetupOptions& options) {
  SetupBed bed(options.running);
  MediaResult without;
  MediaResult with;
  std::vector<double> rate;
  std::vector<double> p50;
  std::vector<double> p99;
  std::vector<double> p999;
  std::vector<double> client_share;
  std::vector<double> control_us;
  double worst_ms = 0;
  bed.loaded(options.sessions, options.in_flight);  // memory grows, code becomes warm: not measured
  for (unsigned i = 0; i < options.repetitions; ++i) {
    without.merge(bed.quiet(kQuiet));
    const SetupBed::Loaded loaded = bed.loaded(options.sessions, options.in_flight);
    with.merge(loaded.media);
    rate.push_back(loaded.client.sessions_per_s);
    p50.push_back(loaded.client.p50_ms);
    p99.push_back(loaded.client.p99_ms);
    p999.push_back(loaded.client.p999_ms);
    worst_ms = std::max(worst_ms, loaded.client.most_ms);
    client_share.push_back(loaded.client.client_cpu_s / loaded.client.seconds);
    control_us.push_back(loaded.control_cpu_s * 1e6 / loaded.made);
  }
  const Spread rates = spread(rate);
  const Spread p99s = spread(p99);
  std::printf(
      "%-18s %8.0f sessions/s (%.0f..%.0f; goal %.0f)  Create p50 %.2f p99 %.2f ms (%.2f..%.2f; goal %.0f) "
      "p99.9 %.2f max %.2f\n",
      kSetupRow, rates.median, rates.least, rates.most, kGoalPerSecond, spread(p50).median, p99s.median,
      p99s.least, p99s.most, kGoalP99Ms, spread(p999).median, worst_ms);
  std::printf(
      "  %u calls in flight, a Delete with each Create; client %.0f %% of the control CPU, node %.1f us of "
      "CPU "
      "a session%s\n",
      options.in_flight, 100 * spread(client_share).median, spread(control_us).median,
      cpus().measuring == cpus().other ? "; media shares the one CPU there is" : "");
  print_media("without set-up:", without);
  print_media("with set-up:", with);
  std::fflush(stdout);
  JsonRow row(kSetupRow);
  row.add("sessions_per_s", rates.median)
      .add("sessions_per_s_min", rates.least)
      .add("sessions_per_s_max", rates.most)
      .add("p50_ms", spread(p50).median)
      .add("p99_ms", p99s.median)
      .add("p99_ms_min", p99s.least)
      .add("p99_ms_max", p99s.most)
      .add("p999_ms", spread(p999).median)
      .add("max_ms", worst_ms)
      .add("in_flight", options.in_flight)
      .add("running_sessions", options.running)
      .add("client_cpu_share", spread(client_share).median)
      .add("node_cpu_us_per_session", spread(control_us).median);
  add_media(row, "without", without);
  add_media(row, "with", with);
  return row.text();
}

}  // namespace pollux::bench
