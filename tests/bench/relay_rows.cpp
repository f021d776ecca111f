#include "tests/bench/relay_rows.hpp"

#include <rte_cycles.h>

#include <chrono>
#include <cstdio>
#include <thread>

#include "tests/bench/observers.hpp"
#include "tests/bench/relay_bed.hpp"
#include "tests/bench/report.hpp"

namespace pollux::bench {

namespace {

constexpr RelayRow kRows[] = {{"relay_1", 1, false},
                              {"relay_100", 100, false},
                              {"relay_1k", 1000, false},
                              {"relay_10k", 10000, false},
                              {"relay_100k", 100000, false},
                              {"relay_200k", 200000, false},
                              {"relay_1k_observed", 1000, true},
                              {"relay_10k_observed", 10000, true}};
constexpr double kObservedBound = 1.03;
constexpr std::chrono::milliseconds kRest{5};
constexpr std::uint64_t kWarmUpRounds = 32;

double per_packet(const Cost& cost) {
  return static_cast<double>(cost.cycles) / static_cast<double>(cost.packets);
}

// Over all repetitions.
struct Totals {
  void add(const Cost& cost) {
    allocations += cost.allocations;
    rounds += cost.rounds;
    left_out += cost.rounds_left_out;
  }
  double heap() const {
    return static_cast<double>(allocations) / static_cast<double>(rounds * RelayBed::kRound);
  }
  double left_out_share() const { return static_cast<double>(left_out) / static_cast<double>(rounds); }

  std::uint64_t allocations = 0;
  std::uint64_t rounds = 0;
  std::uint64_t left_out = 0;
};

double mpps(double cycles) {
  return static_cast<double>(rte_get_tsc_hz()) / cycles / 1e6;
}

void print(const char* name, const Spread& own, const Spread& floor, const Totals& totals) {
  std::printf(
      "%-18s %8.2f Mpps  %7.1f cycles/packet (%.1f..%.1f)  floor %6.1f (%.1f..%.1f)  above floor %6.1f  heap "
      "%.3g  rounds left out %.1f %%\n",
      name, mpps(own.median), own.median, own.least, own.most, floor.median, floor.least, floor.most,
      own.median - floor.median, totals.heap(), 100 * totals.left_out_share());
  std::fflush(stdout);
}

JsonRow json(const RelayRow& row, const Spread& own, const Spread& floor, const Totals& totals) {
  JsonRow out(row.name);
  out.add("endpoints", row.endpoints)
      .add("mpps", mpps(own.median))
      .add("cycles_per_packet", own.median)
      .add("cycles_per_packet_min", own.least)
      .add("cycles_per_packet_max", own.most)
      .add("floor_cycles_per_packet", floor.median)
      .add("floor_ratio", floor.median / own.median)
      .add("allocs_per_packet", totals.heap())
      .add("rounds_left_out_share", totals.left_out_share());
  return out;
}

// Own and floor in turn, so that a machine that changes its speed changes it for both.
std::string run_plain(const RelayRow& row, const RelayOptions& options, RelayBed& bed) {
  std::vector<double> own;
  std::vector<double> floor;
  Totals totals;
  for (unsigned i = 0; i < options.repetitions; ++i) {
    const Cost cost = bed.relay(options.packets);
    own.push_back(per_packet(cost));
    floor.push_back(per_packet(bed.swap_and_send(options.packets / 2)));
    totals.add(cost);
  }
  print(row.name, spread(own), spread(floor), totals);
  return json(row, spread(own), spread(floor), totals).text();
}

// A thread that has just slept is treated better by a busy scheduler than one that hasn't, and finds its
// caches cold: both kinds sleep, and begin with rounds that aren't measured.
Cost relay_rested(RelayBed& bed, std::uint64_t packets) {
  std::this_thread::sleep_for(kRest);
  bed.relay(kWarmUpRounds * RelayBed::kRound);
  return bed.relay(packets);
}

Cost relay_observed(RelayBed& bed, Observers& observers, std::uint64_t packets, Observed& seen) {
  observers.start();
  bed.settle_commands();
  const Cost cost = relay_rested(bed, packets);
  const Observed now = observers.stop();
  bed.settle_commands();
  seen.copies += now.copies;
  seen.copies_lost += now.copies_lost;
  seen.scrapes += now.scrapes;
  seen.looks += now.looks;
  return cost;
}

// With and without observers in turn, each of them first in every other repetition.
std::string run_observed(const RelayRow& row, const RelayOptions& options, RelayBed& bed) {
  Observers observers(bed.dataplane(), bed.sessions());
  // A scrape comes once a second, and once at the beginning: a pass must not be much shorter.
  constexpr std::uint64_t kLonger = 16;
  const std::uint64_t packets = kLonger * options.packets;
  Observed seen;
  std::vector<double> own;
  std::vector<double> plain;
  std::vector<double> floor;
  std::vector<double> ratio;
  Totals totals;
  for (unsigned i = 0; i < options.repetitions; ++i) {
    Cost without = i % 2 == 0 ? relay_rested(bed, packets) : Cost{};
    const Cost with = relay_observed(bed, observers, packets, seen);
    if (i % 2 != 0) {
      without = relay_rested(bed, packets);
    }
    own.push_back(per_packet(with));
    plain.push_back(per_packet(without));
    ratio.push_back(per_packet(with) / per_packet(without));
    floor.push_back(per_packet(bed.swap_and_send(options.packets / 2)));
    totals.add(with);
    totals.add(without);
  }
  print(row.name, spread(own), spread(floor), totals);
  const Spread ratios = spread(ratio);
  std::printf(
      "  observed_ratio %.4f (%.4f..%.4f; bound %.2f), without observers %.1f cycles/packet; %llu packets "
      "captured, %llu lost to the capture, %llu scrapes, %llu looks\n",
      ratios.median, ratios.least, ratios.most, kObservedBound, spread(plain).median,
      static_cast<unsigned long long>(seen.copies), static_cast<unsigned long long>(seen.copies_lost),
      static_cast<unsigned long long>(seen.scrapes), static_cast<unsigned long long>(seen.looks));
  std::fflush(stdout);
  return json(row, spread(own), spread(floor), totals)
      .add("plain_cycles_per_packet", spread(plain).median)
      .add("observed_ratio", ratios.median)
      .add("observed_ratio_min", ratios.least)
      .add("observed_ratio_max", ratios.most)
      .add("observed_ratio_bound", kObservedBound)
      .add("captured", static_cast<double>(seen.copies))
      .add("capture_lost", static_cast<double>(seen.copies_lost))
      .add("scrapes", static_cast<double>(seen.scrapes))
      .text();
}

}  // namespace

void print_stages(const std::vector<StageStats>& stages) {
  for (const StageStats& stage : stages) {
    if (stage.sampled_packets != 0) {
      std::printf("  %-12s %6.1f cycles/packet, %4.1f packets/batch\n", std::string(stage.name).c_str(),
                  static_cast<double>(stage.sampled_cycles) / static_cast<double>(stage.sampled_packets),
                  static_cast<double>(stage.packets) / static_cast<double>(stage.batches));
    }
  }
}

std::span<const RelayRow> relay_rows() {
  return kRows;
}

std::string run_relay_row(const RelayRow& row, const RelayOptions& options) {
  RelayBed bed(row.endpoints);
  bed.relay(options.packets / 4);
  std::string text = row.observed ? run_observed(row, options, bed) : run_plain(row, options, bed);
  if (options.stages) {
    print_stages(bed.stages());
  }
  return text;
}

}  // namespace pollux::bench
