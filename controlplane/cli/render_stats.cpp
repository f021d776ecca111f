#include "controlplane/cli/render_stats.hpp"

#include <algorithm>
#include <cstdio>
#include <map>
#include <vector>

#include "controlplane/cli/durations.hpp"
#include "controlplane/cli/format.hpp"
#include "controlplane/cli/load.hpp"
#include "controlplane/cli/table.hpp"

namespace pollux::cli {

namespace {

struct Drop {
  std::string reason;
  std::string where;  // "worker 0", "host"
  std::string help;
  std::uint64_t packets = 0;
};

std::vector<Drop> drops_of(const v1::StatsResponse& stats) {
  std::vector<Drop> drops;
  const auto add = [&drops](const auto& counters, const std::string& where) {
    for (const auto& counter : counters) {
      drops.push_back({counter.reason(), where, counter.help(), counter.packets()});
    }
  };
  for (const auto& worker : stats.workers()) {
    add(worker.drops(), "worker " + std::to_string(worker.worker()));
  }
  add(stats.host().drops(), "host");
  std::stable_sort(drops.begin(), drops.end(),
                   [](const Drop& a, const Drop& b) { return a.packets > b.packets; });
  return drops;
}

std::uint64_t total_drops(const v1::StatsResponse& stats) {
  std::uint64_t total = 0;
  for (const auto& drop : drops_of(stats)) {
    total += drop.packets;
  }
  return total;
}

// Growth per second; "-" when the counter was unknown before or the node has restarted since.
std::string rate_text(std::uint64_t now, std::uint64_t before, Previous previous) {
  if (previous.seconds <= 0 || now < before) {
    return "-";
  }
  return human_rate(static_cast<double>(now - before) / previous.seconds);
}

struct StageSum {
  std::uint64_t packets = 0;
  std::uint64_t batches = 0;
  double cycles = 0;           // per packet, weighted by packets
  std::uint64_t measured = 0;  // packets of the workers whose cost was sampled
};

// All workers together, by name.
std::map<std::string, StageSum> stage_sums(const v1::StatsResponse& stats) {
  std::map<std::string, StageSum> sums;
  for (const auto& worker : stats.workers()) {
    for (const auto& stage : worker.stages()) {
      StageSum& sum = sums[stage.stage()];
      sum.packets += stage.packets();
      sum.batches += stage.batches();
      if (stage.cycles_per_packet() > 0) {
        sum.cycles += stage.cycles_per_packet() * static_cast<double>(stage.packets());
        sum.measured += stage.packets();
      }
    }
  }
  return sums;
}

std::string one_decimal(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.1f", value);
  return buffer;
}

std::string head_lines(const v1::StatsResponse& stats, const Style& style) {
  const auto& sessions = stats.sessions();
  std::string out =
      style.paint(Tone::kHeading, "Node") + "      up " + human_duration(seconds_of(stats.uptime())) + "\n";
  out += "Sessions  " + human_count(sessions.active()) + " active; " + human_count(sessions.created()) +
         " created, " + human_count(sessions.deleted()) + " deleted, " + human_count(sessions.timed_out()) +
         " timed out, " + human_count(sessions.refused()) + " refused\n";
  if (stats.mbufs_total() > 0) {
    const std::uint64_t used = stats.mbufs_total() - std::min(stats.mbufs_free(), stats.mbufs_total());
    out += "Buffers   " + human_count(used) + " of " + human_count(stats.mbufs_total()) + " in use\n";
  }
  const std::uint64_t dropped = total_drops(stats);
  out +=
      "Drops     " + human_count(dropped) + (dropped > 0 ? "; polluxctl stats --drops says why" : "") + "\n";
  std::string committed;
  for (const auto& worker : stats.workers()) {
    if (worker.media_committed() > 0) {
      committed += (committed.empty() ? "" : ", ") + std::string("worker ") +
                   std::to_string(worker.worker()) + " " + one_decimal(worker.media_committed() * 100) + " %";
    }
  }
  out += committed.empty() ? "" : "Media     " + committed + " of a core committed to transcoding\n";
  for (const auto& worker : stats.workers()) {
    const std::string overload = overload_warning(worker);
    out += overload.empty() ? "" : style.paint(Tone::kBad, "! " + overload) + "\n";
  }
  return out;
}

std::string worker_table(const v1::StatsResponse& stats, const Style& style) {
  Table table({{"WORKER"},
               {"CPU", Align::kRight},
               {"LOAD", Align::kRight},
               {"BUSY", Align::kRight},
               {"SESSIONS", Align::kRight},
               {"COMMANDS", Align::kRight},
               {"HANDED OFF", Align::kRight},
               {"EVENTS LOST", Align::kRight}});
  for (const auto& worker : stats.workers()) {
    const Tone load_tone = worker.load() >= kOverloaded ? Tone::kBad : Tone::kPlain;
    table.add(
        {std::to_string(worker.worker()), std::to_string(worker.cpu()),
         Cell(human_percent(worker.load()), load_tone), human_percent(worker.busy_ratio()),
         human_count(worker.sessions()), human_count(worker.commands()), human_count(worker.handed_off()),
         Cell(human_count(worker.events_lost()), worker.events_lost() > 0 ? Tone::kBad : Tone::kPlain)});
  }
  return table.empty() ? "" : "\n" + table.render(style);
}

// Since the start; nothing while no packet has been measured.
std::string delay_table(const v1::StatsResponse& stats, const Style& style) {
  std::vector<Column> columns{{"WORKER"}, {"TIME"}};
  for (const char* heading : {"P50", "P99", "P99.9", "MAX"}) {
    columns.push_back({heading, Align::kRight});
  }
  Table table(std::move(columns));
  const auto add = [&table](const auto& worker, const char* what, const v1::DurationHistogram& durations) {
    if (durations.count() > 0) {
      table.add({std::to_string(worker.worker()), what, human_microseconds(durations.p50_ns()),
                 human_microseconds(durations.p99_ns()), human_microseconds(durations.p999_ns()),
                 human_microseconds(durations.max_ns())});
    }
  };
  for (const auto& worker : stats.workers()) {
    add(worker, "a packet is here", worker.forward_delay());
    add(worker, "a loop takes", worker.loop_time());
  }
  return table.empty() ? "" : "\n" + table.render(style);
}

std::string stage_table(const v1::StatsResponse& stats, Previous previous, const Style& style) {
  std::vector<Column> columns{
      {"STAGE"}, {"PACKETS", Align::kRight}, {"PER BATCH", Align::kRight}, {"CYCLES/PACKET", Align::kRight}};
  if (previous.stats != nullptr) {
    columns.push_back({"RATE", Align::kRight});
  }
  Table table(std::move(columns));
  const auto now = stage_sums(stats);
  const auto before = previous.stats != nullptr ? stage_sums(*previous.stats) : decltype(now){};
  // In the packet's order, which is that of the first worker.
  std::vector<std::string> order;
  for (const auto& worker : stats.workers()) {
    for (const auto& stage : worker.stages()) {
      if (std::find(order.begin(), order.end(), stage.stage()) == order.end()) {
        order.push_back(stage.stage());
      }
    }
  }
  for (const auto& name : order) {
    const StageSum& sum = now.at(name);
    std::vector<Cell> row{
        name, human_count(sum.packets),
        sum.batches == 0 ? "-"
                         : one_decimal(static_cast<double>(sum.packets) / static_cast<double>(sum.batches)),
        sum.measured == 0 ? "-" : one_decimal(sum.cycles / static_cast<double>(sum.measured))};
    if (previous.stats != nullptr) {
      const auto it = before.find(name);
      row.emplace_back(rate_text(sum.packets, it == before.end() ? 0 : it->second.packets, previous));
    }
    table.add(std::move(row));
  }
  return table.empty() ? "" : "\n" + table.render(style);
}

const v1::PortCounters* find_port(const v1::StatsResponse* stats, const std::string& name) {
  if (stats != nullptr) {
    for (const auto& port : stats->ports()) {
      if (port.port() == name) {
        return &port;
      }
    }
  }
  return nullptr;
}

std::string port_table(const v1::StatsResponse& stats, Previous previous, const Style& style) {
  std::vector<Column> columns{{"PORT"}, {"LINK"}};
  for (const char* heading :
       {"RX", "RX BYTES", "TX", "TX BYTES", "MISSED", "RX ERRORS", "TX ERRORS", "NO BUFFER"}) {
    columns.push_back({heading, Align::kRight});
  }
  if (previous.stats != nullptr) {
    columns.push_back({"RX RATE", Align::kRight});
    columns.push_back({"TX RATE", Align::kRight});
  }
  Table table(std::move(columns));
  const auto trouble = [](std::uint64_t count) {
    return Cell(human_count(count), count > 0 ? Tone::kBad : Tone::kPlain);
  };
  for (const auto& port : stats.ports()) {
    std::vector<Cell> row{port.port(),
                          port.link_up() ? Cell("up") : Cell("DOWN", Tone::kBad),
                          human_count(port.rx_packets()),
                          human_bytes(port.rx_bytes()),
                          human_count(port.tx_packets()),
                          human_bytes(port.tx_bytes()),
                          trouble(port.rx_missed()),
                          trouble(port.rx_errors()),
                          trouble(port.tx_errors()),
                          trouble(port.rx_no_mbuf())};
    if (previous.stats != nullptr) {
      const auto* before = find_port(previous.stats, port.port());
      row.emplace_back(before == nullptr ? "-"
                                         : rate_text(port.rx_packets(), before->rx_packets(), previous));
      row.emplace_back(before == nullptr ? "-"
                                         : rate_text(port.tx_packets(), before->tx_packets(), previous));
    }
    table.add(std::move(row));
  }
  return table.empty() ? "" : "\n" + table.render(style);
}

std::string host_lines(const v1::HostCounters& host) {
  return "\nHost      ARP " + human_count(host.arp_received()) + " in, " + human_count(host.arp_sent()) +
         " out; ND " + human_count(host.nd_received()) + " in, " + human_count(host.nd_sent()) + " out; " +
         human_count(host.echo_answered()) + " pings answered; " + human_count(host.neighbours()) +
         " neighbours, " + human_count(host.neighbours_failed()) + " that never answered\n";
}

}  // namespace

std::string render_stats(const v1::StatsResponse& stats, Previous previous, const Style& style) {
  return head_lines(stats, style) + worker_table(stats, style) + delay_table(stats, style) +
         stage_table(stats, previous, style) + port_table(stats, previous, style) + host_lines(stats.host());
}

std::string render_drops(const v1::StatsResponse& stats, Previous previous, const Style& style) {
  const auto drops = drops_of(stats);
  if (drops.empty()) {
    return "No packet has been dropped.\n";
  }
  std::map<std::string, std::uint64_t> before;  // reason and place → packets
  if (previous.stats != nullptr) {
    for (const auto& drop : drops_of(*previous.stats)) {
      before[drop.reason + "@" + drop.where] = drop.packets;
    }
  }
  std::vector<Column> columns{{"PACKETS", Align::kRight}};
  if (previous.stats != nullptr) {
    columns.push_back({"RATE", Align::kRight});
  }
  columns.insert(columns.end(), {{"WHERE"}, {"REASON"}, {"MEANING"}});
  Table table(std::move(columns));
  for (const auto& drop : drops) {
    std::vector<Cell> row{human_count(drop.packets)};
    if (previous.stats != nullptr) {
      row.emplace_back(rate_text(drop.packets, before[drop.reason + "@" + drop.where], previous));
    }
    row.insert(row.end(), {Cell(drop.where), Cell(drop.reason, Tone::kWarning), Cell(drop.help)});
    table.add(std::move(row));
  }
  return table.render(style);
}

}  // namespace pollux::cli
