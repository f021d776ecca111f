#include "tests/bench/offer_answer_row.hpp"

#include <algorithm>
#include <cstdio>

#include "tests/bench/gateway_process.hpp"
#include "tests/bench/media_report.hpp"
#include "tests/bench/report.hpp"
#include "tests/bench/setup_bed.hpp"

namespace pollux::bench {

namespace {

constexpr double kGoalPerSecond = 3000;
constexpr double kGoalP99Ms = 1;
constexpr std::chrono::milliseconds kQuiet{1000};

// One way of asking, over all repetitions.
struct Way {
  const char* row;
  std::string arguments;
  std::vector<double> rate, p50, p99, p999, node_us, client_us;
  double worst_ms = 0;
  MediaResult media;
};

void take(Way& way, const SetupBed::Loaded& loaded) {
  way.media.merge(loaded.media);
  way.rate.push_back(loaded.client.sessions_per_s);
  way.p50.push_back(loaded.client.p50_ms);
  way.p99.push_back(loaded.client.p99_ms);
  way.p999.push_back(loaded.client.p999_ms);
  way.node_us.push_back(loaded.control_cpu_s * 1e6 / loaded.made);
  way.client_us.push_back(loaded.client.client_cpu_s * 1e6 / loaded.made);
  way.worst_ms = std::max(way.worst_ms, loaded.client.most_ms);
}

std::string report(const Way& way, const MediaResult& without, const OfferAnswerOptions& options,
                   double gateway_us) {
  const Spread rate = spread(way.rate);
  const Spread p99 = spread(way.p99);
  std::printf(
      "%-18s %8.0f calls/s (%.0f..%.0f; goal %.0f)  offer+answer p50 %.2f p99 %.2f ms (%.2f..%.2f; goal "
      "%.0f) "
      "p99.9 %.2f max %.2f\n",
      way.row, rate.median, rate.least, rate.most, kGoalPerSecond, spread(way.p50).median, p99.median,
      p99.least, p99.most, kGoalP99Ms, spread(way.p999).median, way.worst_ms);
  std::printf(
      "  one request at a time; CPU a call (with its delete): node %.0f, gateway %.0f, client %.0f us%s\n",
      spread(way.node_us).median, gateway_us, spread(way.client_us).median,
      cpus().measuring == cpus().other ? "; media shares the one CPU there is" : "");
  print_media("without calls:", without);
  print_media("with calls:", way.media);
  std::fflush(stdout);
  JsonRow row(way.row);
  row.add("calls_per_s", rate.median)
      .add("calls_per_s_min", rate.least)
      .add("calls_per_s_max", rate.most)
      .add("p50_ms", spread(way.p50).median)
      .add("p99_ms", p99.median)
      .add("p99_ms_min", p99.least)
      .add("p99_ms_max", p99.most)
      .add("p999_ms", spread(way.p999).median)
      .add("max_ms", way.worst_ms)
      .add("running_sessions", options.running)
      .add("node_cpu_us_per_call", spread(way.node_us).median)
      .add("gateway_cpu_us_per_call", gateway_us);
  add_media(row, "without", without);
  add_media(row, "with", way.media);
  return row.text();
}

}  // namespace

std::vector<std::string> run_offer_answer_rows(const OfferAnswerOptions& options) {
  SetupBed bed(options.running);
  const GatewayProcess gateway(bed.target(), bed.folder());
  const std::string calls = " --calls " + std::to_string(options.calls);
  Way ng{kNgRow, "--ng " + gateway.address() + calls, {}, {}, {}, {}, {}, {}, 0, {}};
  Way grpc{kGrpcRow, "--grpc '" + bed.target() + "'" + calls, {}, {}, {}, {}, {}, {}, 0, {}};
  const auto run = [&](const Way& way) { return bed.loaded("ng_setup", way.arguments, options.calls); };
  MediaResult without;
  run(ng);  // memory grows, code becomes warm: not measured
  run(grpc);
  double gateway_s = 0;
  for (unsigned i = 0; i < options.repetitions; ++i) {
    without.merge(bed.quiet(kQuiet));
    const double before = gateway.cpu_seconds();
    take(ng, run(ng));
    gateway_s += gateway.cpu_seconds() - before;
    take(grpc, run(grpc));
  }
  return {report(ng, without, options, gateway_s * 1e6 / (options.repetitions * options.calls)),
          report(grpc, without, options, 0)};
}

}  // namespace pollux::bench
