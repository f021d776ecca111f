// pollux-bench: what a packet costs in the worker's real loop, beside the floor of the same run.
#include <rte_cycles.h>
#include <rte_version.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "dataplane/io/eal.hpp"
#include "dataplane/stages/context.hpp"
#include "tests/bench/relay_bed.hpp"

namespace {

using pollux::bench::Cost;
using pollux::bench::RelayBed;

struct Row {
  const char* name;
  std::uint32_t endpoints;
};
constexpr Row kRows[] = {{"relay_1", 1},       {"relay_100", 100},     {"relay_1k", 1000},
                         {"relay_10k", 10000}, {"relay_100k", 100000}, {"relay_200k", 200000}};

struct Spread {
  double median = 0;
  double least = 0;
  double most = 0;
};

struct Result {
  std::string name;
  std::uint32_t endpoints = 0;
  Spread own;
  Spread floor;
  double allocations = 0;  // per packet
  std::vector<pollux::StageStats> stages;
};

Spread spread(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return {values[values.size() / 2], values.front(), values.back()};
}

double per_packet(const Cost& cost) {
  return static_cast<double>(cost.cycles) / static_cast<double>(cost.packets);
}

// Own and floor in turn, so that a machine that changes its speed changes it for both.
Result measure(const Row& row, unsigned repetitions, std::uint64_t packets) {
  RelayBed bed(row.endpoints);
  Result result;
  result.name = row.name;
  result.endpoints = row.endpoints;
  std::vector<double> own;
  std::vector<double> floor;
  bed.relay(packets / 4);
  for (unsigned i = 0; i < repetitions; ++i) {
    const Cost cost = bed.relay(packets);
    own.push_back(per_packet(cost));
    floor.push_back(per_packet(bed.swap_and_send(packets / 2)));
    result.allocations +=
        static_cast<double>(cost.allocations) / static_cast<double>(cost.packets) / repetitions;
  }
  result.own = spread(own);
  result.floor = spread(floor);
  result.stages = bed.stages();
  return result;
}

double mpps(double cycles) {
  return static_cast<double>(rte_get_tsc_hz()) / cycles / 1e6;
}

std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("model name", 0) == 0) {
      return line.substr(line.find(':') + 2);
    }
  }
  return "unknown";
}

void print(const Result& result) {
  std::printf(
      "%-12s %8.2f Mpps  %7.1f cycles/packet (%.1f..%.1f)  floor %6.1f (%.1f..%.1f)  above floor %6.1f  heap "
      "%.3g\n",
      result.name.c_str(), mpps(result.own.median), result.own.median, result.own.least, result.own.most,
      result.floor.median, result.floor.least, result.floor.most, result.own.median - result.floor.median,
      result.allocations);
  std::fflush(stdout);
}

// Sampled by the worker, set-up included; a clock reading of some 20 cycles a batch is in each figure.
void print_stages(const Result& result) {
  for (const pollux::StageStats& stage : result.stages) {
    if (stage.sampled_packets != 0) {
      std::printf("  %-12s %6.1f cycles/packet, %4.1f packets/batch\n", std::string(stage.name).c_str(),
                  static_cast<double>(stage.sampled_cycles) / static_cast<double>(stage.sampled_packets),
                  static_cast<double>(stage.packets) / static_cast<double>(stage.batches));
    }
  }
}

bool write_json(const std::string& path, const std::vector<Result>& results, unsigned repetitions) {
  std::FILE* const file = std::fopen(path.c_str(), "w");
  if (file == nullptr) {
    return false;
  }
  std::fprintf(file,
               "{\"machine\":{\"cpu\":\"%s\",\"cpus\":%u,\"tsc_hz\":%llu,\"huge_pages\":%s,\"dpdk\":\"%s\","
               "\"compiler\":\"g++ "
               "%s\",\"cpu_baseline\":\"%s\",\"batch\":%u,\"payload_bytes\":160,\"repetitions\":%u},\n"
               " \"rows\":[",
               cpu_model().c_str(), std::thread::hardware_concurrency(),
               static_cast<unsigned long long>(rte_get_tsc_hz()),
               pollux::io::eal_uses_huge_pages() ? "true" : "false", rte_version(), __VERSION__,
               POLLUX_CPU_BASELINE, pollux::stages::kBatch, repetitions);
  for (std::size_t i = 0; i < results.size(); ++i) {
    const Result& row = results[i];
    std::fprintf(
        file,
        "%s\n  {\"name\":\"%s\",\"endpoints\":%u,\"mpps\":%.3f,\"cycles_per_packet\":%.2f,"
        "\"cycles_per_packet_min\":%.2f,\"cycles_per_packet_max\":%.2f,\"floor_cycles_per_packet\":%.2f,"
        "\"floor_ratio\":%.4f,\"allocs_per_packet\":%.6g}",
        i == 0 ? "" : ",", row.name.c_str(), row.endpoints, mpps(row.own.median), row.own.median,
        row.own.least, row.own.most, row.floor.median, row.floor.median / row.own.median, row.allocations);
  }
  std::fprintf(file, "\n ]}\n");
  return std::fclose(file) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Measures what a packet costs in a Pollux worker, beside the floor of the same run.");
  std::string json;
  std::string only;
  bool stages = false;
  unsigned repetitions = 9;
  std::uint64_t packets = 1 << 20;
  app.add_option("--json", json, "write the rows to this file as well");
  app.add_option("--only", only, "run the rows whose name begins so");
  app.add_flag("--stages", stages, "print what each stage costs");
  app.add_option("--repetitions", repetitions, "of each row; the median is reported")
      ->check(CLI::Range(1, 1000));
  app.add_option("--packets", packets, "per repetition, rounded up to whole rounds")
      ->check(CLI::Range(1024, 1 << 30));
  CLI11_PARSE(app, argc, argv);
  packets = (packets + 4 * RelayBed::kRound - 1) / (4 * RelayBed::kRound) * (4 * RelayBed::kRound);

  std::vector<Result> results;
  for (const Row& row : kRows) {
    if (std::string(row.name).rfind(only, 0) == 0) {
      results.push_back(measure(row, repetitions, packets));
      print(results.back());
      if (stages) {
        print_stages(results.back());
      }
    }
  }
  if (results.empty()) {
    std::fprintf(stderr, "no row begins with \"%s\"\n", only.c_str());
    return 2;
  }
  if (!json.empty() && !write_json(json, results, repetitions)) {
    std::perror(json.c_str());
    return 1;
  }
  return 0;
}
