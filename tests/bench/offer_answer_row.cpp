#include "tests/bench/offer_answer_row.hpp"

#include <algorithm>
#include <cstdio>

#include "tests/bench/media_report.hpp"
#include "tests/bench/ng_process.hpp"
#include "tests/bench/report.hpp"
#include "tests/bench/setup_bed.hpp"

namespace pollux::bench {

namespace {

constexpr double kGoalPerSecond = 3000;
constexpr double kGoalP99Ms = 1;
constexpr unsigned kManyCallers = 8;  // as a proxy's worker processes
constexpr std::chrono::milliseconds kQuiet{1000};

// One way of asking, over all repetitions.
struct Way {
  std::string row;
  std::string arguments;
  const NgProcess* between;  // client and node, or in the node's place; nullptr: nothing
  bool peer;
  unsigned callers;
  std::vector<double> rate, p50, p99, p999, node_us, between_us, client_us;
  double worst_ms = 0;
  MediaResult media;
};

void run(Way& way, SetupBed& bed, unsigned calls) {
  const double before = way.between == nullptr ? 0 : way.between->cpu_seconds();
  const SetupBed::Loaded loaded = bed.loaded("ng_setup", way.arguments, calls);
  const double between_s = way.between == nullptr ? 0 : way.between->cpu_seconds() - before;
  way.media.merge(loaded.media);
  way.rate.push_back(loaded.client.sessions_per_s);
  way.p50.push_back(loaded.client.p50_ms);
  way.p99.push_back(loaded.client.p99_ms);
  way.p999.push_back(loaded.client.p999_ms);
  way.node_us.push_back(loaded.control_cpu_s * 1e6 / loaded.made);
  way.between_us.push_back(between_s * 1e6 / loaded.made);
  way.client_us.push_back(loaded.client.client_cpu_s * 1e6 / loaded.made);
  way.worst_ms = std::max(way.worst_ms, loaded.client.most_ms);
}

std::string report(const Way& way, const MediaResult& without, const OfferAnswerOptions& options) {
  const Spread rate = spread(way.rate);
  const Spread p99 = spread(way.p99);
  std::printf(
      "%-25s %8.0f calls/s (%.0f..%.0f; goal %.0f)  offer+answer p50 %.2f p99 %.2f ms (%.2f..%.2f; goal "
      "%.0f) "
      "p99.9 %.2f max %.2f\n",
      way.row.c_str(), rate.median, rate.least, rate.most, kGoalPerSecond, spread(way.p50).median, p99.median,
      p99.least, p99.most, kGoalP99Ms, spread(way.p999).median, way.worst_ms);
  std::printf("  %u at a time; CPU a call (with its delete): node %.0f, %s %.0f, client %.0f us%s\n",
              way.callers, spread(way.node_us).median, way.peer ? "rtpengine" : "gateway",
              spread(way.between_us).median, spread(way.client_us).median,
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
      .add("gateway_cpu_us_per_call", spread(way.between_us).median);
  add_media(row, "without", without);
  add_media(row, "with", way.media);
  return row.text();
}

}  // namespace

std::vector<std::string> run_offer_answer_rows(const OfferAnswerOptions& options) {
  SetupBed bed(options.running);
  const auto gateway = NgProcess::gateway(bed.target(), bed.folder());
  const auto rtpengine = NgProcess::rtpengine();
  const std::string calls = " --calls " + std::to_string(options.calls);
  std::vector<Way> ways;
  for (const unsigned callers : {1U, kManyCallers}) {
    const std::string end = callers == 1 ? "" : "_c" + std::to_string(callers);
    const auto add = [&](const char* row, const std::string& whom, const NgProcess* between) {
      ways.push_back({row + end,
                      whom + calls + " --callers " + std::to_string(callers),
                      between,
                      between != nullptr && between == rtpengine.get(),
                      callers,
                      {},
                      {},
                      {},
                      {},
                      {},
                      {},
                      {},
                      0,
                      {}});
    };
    add(kNgRow, "--ng " + gateway->address(), gateway.get());
    add(kGrpcRow, "--grpc '" + bed.target() + "'", nullptr);
    if (rtpengine) {
      add(kPeerRow, "--ng " + rtpengine->address(), rtpengine.get());
    } else {
      std::printf("%s%s isn't measured: rtpengine-daemon isn't installed\n", kPeerRow, end.c_str());
    }
  }
  MediaResult without;
  for (const Way& way : ways) {
    bed.loaded("ng_setup", way.arguments, options.calls);  // memory grows, code becomes warm: not measured
  }
  for (unsigned i = 0; i < options.repetitions; ++i) {
    without.merge(bed.quiet(kQuiet));
    for (Way& way : ways) {
      run(way, bed, options.calls);
    }
  }
  std::vector<std::string> rows;
  for (const Way& way : ways) {
    rows.push_back(report(way, without, options));
  }
  return rows;
}

}  // namespace pollux::bench
