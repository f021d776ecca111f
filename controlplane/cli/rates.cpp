#include "controlplane/cli/rates.hpp"

#include <algorithm>
#include <map>

namespace pollux::cli {

namespace {

constexpr const char* kFirstStage = "rx";

struct DropSum {
  std::uint64_t packets = 0;
  std::string help;
};

std::map<std::string, DropSum> drop_sums(const v1::StatsResponse& stats) {
  std::map<std::string, DropSum> sums;
  const auto add = [&sums](const auto& counters) {
    for (const auto& counter : counters) {
      DropSum& sum = sums[counter.reason()];
      sum.packets += counter.packets();
      sum.help = counter.help();
    }
  };
  for (const auto& worker : stats.workers()) {
    add(worker.drops());
  }
  add(stats.host().drops());
  return sums;
}

std::uint64_t received(const v1::WorkerCounters& worker) {
  for (const auto& stage : worker.stages()) {
    if (stage.stage() == kFirstStage) {
      return stage.packets();
    }
  }
  return 0;
}

template <typename Items, typename Matches>
auto find_in(const Items& items, Matches matches) -> decltype(&*items.begin()) {
  const auto it = std::find_if(items.begin(), items.end(), matches);
  return it == items.end() ? nullptr : &*it;
}

}  // namespace

Rates rates_between(const v1::StatsResponse& before, const v1::StatsResponse& now, double seconds) {
  Rates rates;
  const bool restarted = now.uptime().seconds() < before.uptime().seconds();
  if (seconds <= 0 || restarted) {
    return rates;
  }
  rates.known = true;
  const auto growth = [seconds](std::uint64_t later, std::uint64_t earlier) {
    return later < earlier ? 0.0 : static_cast<double>(later - earlier) / seconds;
  };
  for (const auto& port : now.ports()) {
    const auto* earlier = find_in(before.ports(), [&](const auto& p) { return p.port() == port.port(); });
    const auto& old = earlier == nullptr ? port : *earlier;  // a new port has no rate yet
    rates.ports.push_back(
        {port.port(), growth(port.rx_packets(), old.rx_packets()),
         growth(port.tx_packets(), old.tx_packets()), 8 * growth(port.rx_bytes(), old.rx_bytes()),
         8 * growth(port.tx_bytes(), old.tx_bytes()), growth(port.rx_missed(), old.rx_missed())});
  }
  for (const auto& worker : now.workers()) {
    const auto* earlier =
        find_in(before.workers(), [&](const auto& w) { return w.worker() == worker.worker(); });
    WorkerRate& rate = rates.workers.emplace_back();
    rate.worker = worker.worker();
    if (earlier != nullptr) {
      rate.packets = growth(received(worker), received(*earlier));
      rate.delay = quantiles_between(earlier->forward_delay(), worker.forward_delay());
      rate.loop = quantiles_between(earlier->loop_time(), worker.loop_time());
    }
  }
  auto earlier = drop_sums(before);
  for (const auto& [reason, sum] : drop_sums(now)) {
    if (const double packets = growth(sum.packets, earlier[reason].packets); packets > 0) {
      rates.drops.push_back({reason, sum.help, packets});
    }
  }
  std::stable_sort(rates.drops.begin(), rates.drops.end(),
                   [](const DropRate& a, const DropRate& b) { return a.packets > b.packets; });
  return rates;
}

}  // namespace pollux::cli
