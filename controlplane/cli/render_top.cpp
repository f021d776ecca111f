#include "controlplane/cli/render_top.hpp"

#include <algorithm>
#include <tuple>

#include "controlplane/cli/format.hpp"
#include "controlplane/cli/json.hpp"
#include "controlplane/cli/load.hpp"
#include "controlplane/cli/render_quality.hpp"
#include "controlplane/cli/render_session.hpp"
#include "controlplane/cli/table.hpp"
#include "controlplane/cli/words.hpp"

namespace pollux::cli {

namespace {

constexpr std::size_t kBarWidth = 20;
constexpr double kHighLoad = 0.7;
constexpr std::size_t kMostDrops = 8;  // reasons: `stats --drops` has them all

std::string bar(double share) {
  const double bounded = std::clamp(share, 0.0, 1.0);
  const auto full = static_cast<std::size_t>(bounded * kBarWidth + 0.5);
  return "[" + std::string(full, '#') + std::string(kBarWidth - full, '.') + "]";
}

std::string percent(double share) {
  return decimal(share * 100, 0) + " %";
}

std::string rate_or_dash(const Rates& rates, double value) {
  return rates.known ? human_rate(value) : "-";
}

std::string bits(const Rates& rates, double value) {
  if (!rates.known) {
    return "-";
  }
  const std::string bytes = human_bytes(static_cast<std::uint64_t>(value));  // "12.3 kB": the same prefixes
  return bytes.substr(0, bytes.size() - 1) + "bit/s";
}

std::string head(const TopView& view, const Style& style) {
  const auto& sessions = view.stats.sessions();
  const bool serving = view.info.status() == v1::NODE_STATUS_SERVING;
  std::string out = style.paint(Tone::kHeading, "Pollux " + view.info.version()) + "  " +
                    style.paint(serving ? Tone::kGood : Tone::kWarning, word(view.info.status())) + "  up " +
                    human_duration(seconds_of(view.stats.uptime())) + "\n";
  out += "Sessions  " + human_count(sessions.active()) + " active; " + human_count(sessions.created()) +
         " created, " + human_count(sessions.timed_out()) + " timed out, " + human_count(sessions.refused()) +
         " refused\n";
  if (view.stats.mbufs_total() > 0) {
    const auto total = view.stats.mbufs_total();
    const auto used = total - std::min(view.stats.mbufs_free(), total);
    out += "Buffers   " + percent(static_cast<double>(used) / static_cast<double>(total)) + " in use\n";
  }
  return out;
}

std::string warnings(const TopView& view, const Style& style) {
  std::string out;
  const auto warn = [&](const std::string& text) { out += style.paint(Tone::kBad, "! " + text) + "\n"; };
  for (const auto& worker : view.stats.workers()) {
    if (const std::string overload = overload_warning(worker); !overload.empty()) {
      warn(overload);
    }
    if (worker.events_lost() > 0) {
      warn("worker " + std::to_string(worker.worker()) + " lost " + human_count(worker.events_lost()) +
           " events");
    }
  }
  for (const auto& port : view.stats.ports()) {
    if (!port.link_up()) {
      warn("port " + port.port() + " is DOWN");
    }
  }
  for (const auto& port : view.rates.ports) {
    if (port.rx_missed > 0) {
      warn("port " + port.port + " misses " + human_rate(port.rx_missed) +
           " packets: the workers don't fetch them fast enough");
    }
  }
  return out;
}

std::string worker_table(const TopView& view, const Style& style) {
  Table table({{"WORKER"},
               {"CPU", Align::kRight},
               {"LOAD", Align::kRight},
               {""},
               {"PACKETS", Align::kRight},
               {"SESSIONS", Align::kRight},
               {"DELAY P50", Align::kRight},
               {"P99", Align::kRight},
               {"P99.9", Align::kRight},
               {"LOOP P99.9", Align::kRight}});
  for (int i = 0; i < view.stats.workers_size(); ++i) {
    const auto& worker = view.stats.workers(i);
    const double load = worker.load();
    const Tone tone = load >= kOverloaded ? Tone::kBad : load >= kHighLoad ? Tone::kWarning : Tone::kGood;
    const auto rate = std::find_if(view.rates.workers.begin(), view.rates.workers.end(),
                                   [&](const WorkerRate& r) { return r.worker == worker.worker(); });
    const auto time_of = [&](std::optional<DurationQuantiles> WorkerRate::*of,
                             std::uint64_t DurationQuantiles::*quantile) -> std::string {
      const bool known = rate != view.rates.workers.end() && (*rate.*of).has_value();
      return known ? human_microseconds(*(*rate.*of).*quantile) : "-";
    };
    table.add({std::to_string(worker.worker()), std::to_string(worker.cpu()), Cell(percent(load), tone),
               Cell(bar(load), tone), rate == view.rates.workers.end() ? "-" : human_rate(rate->packets),
               human_count(worker.sessions()), time_of(&WorkerRate::delay, &DurationQuantiles::p50_ns),
               time_of(&WorkerRate::delay, &DurationQuantiles::p99_ns),
               time_of(&WorkerRate::delay, &DurationQuantiles::p999_ns),
               time_of(&WorkerRate::loop, &DurationQuantiles::p999_ns)});
  }
  return table.empty() ? "" : "\n" + table.render(style);
}

std::string port_table(const TopView& view, const Style& style) {
  Table table({{"PORT"},
               {"LINK"},
               {"IN", Align::kRight},
               {"OUT", Align::kRight},
               {"IN BITS", Align::kRight},
               {"OUT BITS", Align::kRight},
               {"MISSED", Align::kRight}});
  for (const auto& port : view.stats.ports()) {
    const auto found = std::find_if(view.rates.ports.begin(), view.rates.ports.end(),
                                    [&](const PortRate& r) { return r.port == port.port(); });
    const PortRate rate = found == view.rates.ports.end() ? PortRate{} : *found;
    table.add(
        {port.port(), port.link_up() ? Cell("up") : Cell("DOWN", Tone::kBad),
         rate_or_dash(view.rates, rate.rx_packets), rate_or_dash(view.rates, rate.tx_packets),
         bits(view.rates, rate.rx_bits), bits(view.rates, rate.tx_bits),
         Cell(rate_or_dash(view.rates, rate.rx_missed), rate.rx_missed > 0 ? Tone::kBad : Tone::kPlain)});
  }
  return table.empty() ? "" : "\n" + table.render(style);
}

std::string drop_table(const TopView& view, const Style& style) {
  if (view.rates.drops.empty()) {
    return view.rates.known ? "\nNo packet was dropped.\n" : "";
  }
  Table table({{"DROPPED", Align::kRight}, {"REASON"}, {"MEANING"}});
  for (std::size_t i = 0; i < std::min(kMostDrops, view.rates.drops.size()); ++i) {
    const DropRate& drop = view.rates.drops[i];
    table.add({drop.packets < 10 ? decimal(drop.packets, 1) + " /s" : human_rate(drop.packets),
               Cell(drop.reason, Tone::kWarning), drop.help});
  }
  return "\n" + table.render(style);
}

std::string calls_table(const TopView& view, const Style& style) {
  if (!view.with_calls) {
    return "";
  }
  if (view.calls.empty()) {
    return "\nNo call is known to be bad, or measured yet.\n";
  }
  return "\n" + style.paint(Tone::kHeading, "Worst calls") + "\n" +
         render_session_list(view.calls, 0, view.now_seconds, style);
}

// A member of a JSON object; nothing when nothing is known.
std::string json_of(const char* name, const std::optional<DurationQuantiles>& times) {
  if (!times) {
    return "";
  }
  return std::string(",\"") + name + "\":{\"p50Ns\":" + std::to_string(times->p50_ns) +
         ",\"p99Ns\":" + std::to_string(times->p99_ns) + ",\"p999Ns\":" + std::to_string(times->p999_ns) +
         "}";
}

bool one_way(const v1::Session& session) {
  const auto& legs = session.state().legs();
  return std::any_of(legs.begin(), legs.end(), [](const auto& leg) { return leg.one_way_suspected(); });
}

}  // namespace

std::string render_top(const TopView& view, const Style& style) {
  return head(view, style) + warnings(view, style) + worker_table(view, style) + port_table(view, style) +
         drop_table(view, style) + calls_table(view, style);
}

std::string top_json(const TopView& view) {
  const auto line = [](const google::protobuf::Message& message) {
    std::string json = to_json_line(message);
    json.pop_back();
    return json;
  };
  const auto comma = [](const std::string& list) { return list.empty() ? "" : ","; };
  std::string ports;
  for (const auto& rate : view.rates.ports) {
    ports += comma(ports) + std::string("{\"port\":") + json_string(rate.port) +
             ",\"rxPacketsPerSecond\":" + decimal(rate.rx_packets, 3) +
             ",\"txPacketsPerSecond\":" + decimal(rate.tx_packets, 3) +
             ",\"rxBitsPerSecond\":" + decimal(rate.rx_bits, 3) +
             ",\"txBitsPerSecond\":" + decimal(rate.tx_bits, 3) +
             ",\"rxMissedPerSecond\":" + decimal(rate.rx_missed, 3) + "}";
  }
  std::string workers;
  for (const auto& rate : view.rates.workers) {
    workers += comma(workers) + std::string("{\"worker\":") + std::to_string(rate.worker) +
               ",\"packetsPerSecond\":" + decimal(rate.packets, 3) + json_of("forwardDelay", rate.delay) +
               json_of("loopTime", rate.loop) + "}";
  }
  std::string drops;
  for (const auto& rate : view.rates.drops) {
    drops += comma(drops) + std::string("{\"reason\":") + json_string(rate.reason) +
             ",\"packetsPerSecond\":" + decimal(rate.packets, 3) + "}";
  }
  std::string calls;
  for (const auto& call : view.calls) {
    calls += comma(calls) + line(call);
  }
  return "{\"info\":" + line(view.info) + ",\"stats\":" + line(view.stats) +
         ",\"ratesKnown\":" + (view.rates.known ? "true" : "false") + ",\"workers\":[" + workers +
         "],\"ports\":[" + ports + "],\"drops\":[" + drops + "],\"worstCalls\":[" + calls + "]}\n";
}

std::vector<v1::Session> worst_calls(const v1::ListResponse& sessions, std::size_t count) {
  std::vector<std::tuple<bool, double, const v1::Session*>> rated;  // false sorts first
  for (const auto& session : sessions.sessions()) {
    const auto mos = worst_mos(session);
    if (one_way(session) || mos) {
      rated.emplace_back(!one_way(session), mos.value_or(0), &session);
    }
  }
  std::stable_sort(rated.begin(), rated.end(), [](const auto& a, const auto& b) {
    return std::tie(std::get<0>(a), std::get<1>(a)) < std::tie(std::get<0>(b), std::get<1>(b));
  });
  std::vector<v1::Session> worst;
  for (std::size_t i = 0; i < std::min(count, rated.size()); ++i) {
    worst.push_back(*std::get<2>(rated[i]));
  }
  return worst;
}

}  // namespace pollux::cli
