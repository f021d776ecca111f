#include "tests/bench/two_workers_row.hpp"

#include <rte_cycles.h>
#include <rte_lcore.h>

#include <barrier>
#include <cstdio>
#include <thread>
#include <vector>

#include "tests/bench/relay_bed.hpp"
#include "tests/bench/report.hpp"

namespace pollux::bench {

namespace {

constexpr std::uint32_t kEndpoints = 1000;
constexpr std::uint64_t kWarmUpRounds = 32;

double mpps(const Cost& cost) {
  return static_cast<double>(rte_get_tsc_hz()) * static_cast<double>(cost.packets) /
         static_cast<double>(cost.cycles) / 1e6;
}

// A CPU of its own, with DPDK's per-thread caches as a worker has them.
void be_a_worker(unsigned cpu) {
  pin_this_thread(cpu);
  if (rte_lcore_id() == LCORE_ID_ANY && rte_thread_register() != 0) {
    die("no room for another thread in DPDK");
  }
}

Cost warm_relay(RelayBed& bed, std::uint64_t packets) {
  bed.relay(kWarmUpRounds * RelayBed::kRound);
  return bed.relay(packets);
}

struct Pair {
  Cost first;
  Cost second;
};

// Each is begun when both are warm.
Pair relay_at_once(RelayBed& first, RelayBed& second, std::uint64_t packets) {
  std::barrier both(2);
  Pair cost;
  std::thread other([&] {
    be_a_worker(cpus().other);
    second.relay(kWarmUpRounds * RelayBed::kRound);
    both.arrive_and_wait();
    cost.second = second.relay(packets);
    rte_thread_unregister();
  });
  first.relay(kWarmUpRounds * RelayBed::kRound);
  both.arrive_and_wait();
  cost.first = first.relay(packets);
  other.join();
  return cost;
}

double left_out_share(const Cost& cost) {
  return static_cast<double>(cost.rounds_left_out) / static_cast<double>(cost.rounds);
}

}  // namespace

std::string run_two_workers_row(const RelayOptions& options) {
  RelayBed first(kEndpoints);
  RelayBed second(kEndpoints, {}, 1);
  std::vector<double> alone;
  std::vector<double> at_once;
  std::vector<double> scaling;
  double left_out = 0;
  for (unsigned i = 0; i < options.repetitions; ++i) {
    const Cost one = warm_relay(first, options.packets);
    const Pair two = relay_at_once(first, second, options.packets);
    alone.push_back(mpps(one));
    at_once.push_back(mpps(two.first) + mpps(two.second));
    scaling.push_back(at_once.back() / alone.back());
    left_out += (left_out_share(two.first) + left_out_share(two.second)) / 2;
  }
  left_out /= options.repetitions;
  const Spread ratio = spread(scaling);
  std::printf(
      "%-18s %8.2f Mpps by both at once, %.2f by one alone; ratio %.3f (%.3f..%.3f)%s; rounds left out %.1f "
      "%%\n",
      kTwoWorkersRow, spread(at_once).median, spread(alone).median, ratio.median, ratio.least, ratio.most,
      cpus().other == cpus().measuring ? ", on ONE CPU: says nothing" : "", 100 * left_out);
  std::fflush(stdout);
  JsonRow out(kTwoWorkersRow);
  out.add("endpoints", 2 * kEndpoints)
      .add("workers", 2)
      .add("mpps", spread(at_once).median)
      .add("mpps_alone", spread(alone).median)
      .add("w2_ratio", ratio.median)
      .add("w2_ratio_min", ratio.least)
      .add("w2_ratio_max", ratio.most)
      .add("rounds_left_out_share", left_out);
  return out.text();
}

}  // namespace pollux::bench
