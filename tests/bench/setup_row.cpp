#include "tests/bench/setup_row.hpp"

#include <algorithm>
#include <cstdio>

#include "tests/bench/media_report.hpp"
#include "tests/bench/report.hpp"
#include "tests/bench/setup_bed.hpp"

namespace pollux::bench {

namespace {

constexpr double kGoalPerSecond = 5000;
constexpr double kGoalP99Ms = 2;
constexpr std::chrono::milliseconds kQuiet{1000};

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
  const std::string arguments =
      "--target '" + bed.target() + "' --networks a,b --sessions " + std::to_string(options.sessions) +
      " --in-flight " + std::to_string(options.in_flight) + " --hold " + std::to_string(kHeldSessions);
  const auto run = [&] { return bed.loaded("grpc_setup", arguments, options.sessions + kHeldSessions); };
  run();  // memory grows, code becomes warm: not measured
  for (unsigned i = 0; i < options.repetitions; ++i) {
    without.merge(bed.quiet(kQuiet));
    const SetupBed::Loaded loaded = run();
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
