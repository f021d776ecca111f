// pollux-bench: what a packet and a session cost, beside what they are to be compared with in the same run.
#include <rte_cycles.h>
#include <rte_version.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "controlplane/ops/mutex_checks.hpp"
#include "dataplane/io/eal.hpp"
#include "dataplane/stages/context.hpp"
#include "tests/bench/bench_net.hpp"
#include "tests/bench/delay_rows.hpp"
#include "tests/bench/dtmf_rows.hpp"
#include "tests/bench/flood_rows.hpp"
#include "tests/bench/generate_row.hpp"
#include "tests/bench/idle_rows.hpp"
#include "tests/bench/media_rows.hpp"
#include "tests/bench/offer_answer_row.hpp"
#include "tests/bench/relay_bed.hpp"
#include "tests/bench/relay_rows.hpp"
#include "tests/bench/setup_row.hpp"
#include "tests/bench/srtp_rows.hpp"
#include "tests/bench/two_workers_row.hpp"

namespace {

using pollux::bench::RelayBed;

std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("model name", 0) == 0) {
      return line.substr(line.find(':') + 2);
    }
  }
  return "unknown";
}

// What all CPUs have done since boot, in clock ticks, and how much of it a hypervisor gave to somebody else.
struct CpuTicks {
  double all = 0;
  double stolen = 0;
};

CpuTicks cpu_ticks() {
  std::ifstream file("/proc/stat");
  std::string name;
  file >> name;
  CpuTicks ticks;
  double value = 0;
  // The columns from user to steal; what follows is part of user.
  for (int column = 0; column < 8 && file >> value; ++column) {
    ticks.all += value;
    ticks.stolen = value;
  }
  return ticks;
}

bool write_json(const std::string& path, const std::vector<std::string>& rows, unsigned repetitions,
                double stolen_share) {
  std::FILE* const file = std::fopen(path.c_str(), "w");
  if (file == nullptr) {
    return false;
  }
  std::fprintf(file,
               "{\"machine\":{\"cpu\":\"%s\",\"cpus\":%u,\"tsc_hz\":%llu,\"huge_pages\":%s,\"dpdk\":\"%s\","
               "\"compiler\":\"g++ "
               "%s\",\"cpu_baseline\":\"%s\",\"batch\":%u,\"payload_bytes\":%u,\"repetitions\":%u,"
               "\"stolen_share\":%.4f},\n"
               " \"rows\":[",
               cpu_model().c_str(), std::thread::hardware_concurrency(),
               static_cast<unsigned long long>(rte_get_tsc_hz()),
               pollux::io::eal_uses_huge_pages() ? "true" : "false", rte_version(), __VERSION__,
               POLLUX_CPU_BASELINE, pollux::stages::kBatch, pollux::bench::kPayload, repetitions,
               stolen_share);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::fprintf(file, "%s\n  %s", i == 0 ? "" : ",", rows[i].c_str());
  }
  std::fprintf(file, "\n ]}\n");
  return std::fclose(file) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  pollux::ops::switch_off_mutex_checks();  // as polluxd does
  const CpuTicks began = cpu_ticks();
  CLI::App app("Measures what packets cost in a Pollux worker, and how fast a node makes sessions.");
  std::string json;
  std::string only;
  pollux::bench::RelayOptions relay;
  pollux::bench::SetupOptions setup;
  unsigned calls = 5000;
  app.add_option("--json", json, "write the rows to this file as well");
  app.add_option("--only", only, "run the rows whose name begins so");
  app.add_flag("--stages", relay.stages, "print what each stage costs");
  app.add_option("--repetitions", relay.repetitions, "of each row; the median is reported. delay_*: seconds")
      ->check(CLI::Range(1, 1000));
  app.add_option("--packets", relay.packets, "per repetition, rounded up to whole rounds")
      ->check(CLI::Range(1024, 1 << 30));
  app.add_option("--running", setup.running,
                 "grpc_setup, ng_offer_answer: sessions whose media runs meanwhile")
      ->check(CLI::Range(1, 30000));
  app.add_option("--sessions", setup.sessions, "grpc_setup: sessions made per repetition")
      ->check(CLI::Range(1, 1000000));
  app.add_option("--calls", calls, "ng_offer_answer: offers and answers per repetition")
      ->check(CLI::Range(1, 1000000));
  app.add_option("--in-flight", setup.in_flight, "grpc_setup: calls under way at a time")
      ->check(CLI::Range(1, 256));
  CLI11_PARSE(app, argc, argv);
  relay.packets =
      (relay.packets + 4 * RelayBed::kRound - 1) / (4 * RelayBed::kRound) * (4 * RelayBed::kRound);
  setup.repetitions = relay.repetitions;

  std::vector<std::string> rows;
  for (const pollux::bench::RelayRow& row : pollux::bench::relay_rows()) {
    if (std::string(row.name).starts_with(only)) {
      rows.push_back(run_relay_row(row, relay));
    }
  }
  if (std::string(pollux::bench::kTwoWorkersRow).starts_with(only)) {
    rows.push_back(run_two_workers_row(relay));
  }
  for (const pollux::bench::SrtpRow& row : pollux::bench::srtp_rows()) {
    if (std::string(row.name).starts_with(only)) {
      rows.push_back(run_srtp_row(row, relay));
    }
  }
  for (const pollux::bench::FloodRow& row : pollux::bench::flood_rows()) {
    if (std::string(row.name).starts_with(only)) {
      rows.push_back(run_flood_row(row, relay));
    }
  }
  for (const pollux::bench::MediaRow& row : pollux::bench::media_rows()) {
    if (std::string(row.name).starts_with(only)) {
      rows.push_back(run_media_row(row, relay));
    }
  }
  if (std::string(pollux::bench::kPresenceRow).starts_with(only)) {
    rows.push_back(run_presence_row(relay));
  }
  if (std::string(pollux::bench::kDetectRow).starts_with(only)) {
    rows.push_back(run_detect_row(relay));
  }
  if (std::string(pollux::bench::kGenerateRow).starts_with(only)) {
    rows.push_back(run_generate_row(relay));
  }
  for (const pollux::bench::DelayRow& row : pollux::bench::delay_rows()) {
    if (std::string(row.name).starts_with(only)) {
      rows.push_back(run_delay_row(row, relay.repetitions));
    }
  }
  for (const pollux::bench::IdleRow& row : pollux::bench::idle_rows()) {
    if (std::string(row.name).starts_with(only)) {
      rows.push_back(run_idle_row(row));
    }
  }
  if (std::string(pollux::bench::kSetupRow).starts_with(only)) {
    rows.push_back(run_setup_row(setup));
  }
  if (std::string(pollux::bench::kNgRow).starts_with(only) ||
      std::string(pollux::bench::kGrpcRow).starts_with(only)) {
    const auto rows_of_calls =
        pollux::bench::run_offer_answer_rows({setup.repetitions, setup.running, calls});
    rows.insert(rows.end(), rows_of_calls.begin(), rows_of_calls.end());
  }
  if (rows.empty()) {
    std::fprintf(stderr, "no row begins with \"%s\"\n", only.c_str());
    return 2;
  }
  const CpuTicks ended = cpu_ticks();
  const double stolen_share = (ended.stolen - began.stolen) / std::max(1.0, ended.all - began.all);
  std::printf("the machine's host gave %.1f %% of the CPUs' time to others (steal)\n", 100 * stolen_share);
  if (!json.empty() && !write_json(json, rows, relay.repetitions, stolen_share)) {
    std::perror(json.c_str());
    return 1;
  }
  return 0;
}
