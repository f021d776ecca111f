// statistics: sums over the nodes, in rtpengine's groups, as far as the nodes count them.
#include <algorithm>

#include "controlplane/ng/command.hpp"
#include "pollux/v1/node.pb.h"

namespace pollux::ng {

namespace {

struct Sums {
  std::uint64_t active = 0, created = 0, deleted = 0, timed_out = 0, refused = 0;
  std::uint64_t packets = 0, bytes = 0, errors = 0;
  std::int64_t uptime_s = 0;  // of the node that has been up longest

  void add(const v1::StatsResponse& stats) {
    active += stats.sessions().active();
    created += stats.sessions().created();
    deleted += stats.sessions().deleted();
    timed_out += stats.sessions().timed_out();
    refused += stats.sessions().refused();
    for (const v1::PortCounters& port : stats.ports()) {
      packets += port.rx_packets();
      bytes += port.rx_bytes();
      errors += port.rx_errors() + port.rx_missed() + port.rx_no_mbuf() + port.tx_errors();
    }
    uptime_s = std::max(uptime_s, static_cast<std::int64_t>(stats.uptime().seconds()));
  }
};

const char* word_of(const Node& node) {
  switch (node.health()) {
    case Health::kServing:
      return node.drained() ? "drained" : "serving";
    case Health::kDraining:
      return "draining";
    case Health::kUnreachable:
      return "unreachable";
    case Health::kUnknown:
      break;
  }
  return "unknown";
}

// What the gateway itself counts.
Dict own_counters(const Counters& counters) {
  Dict requests;
  Dict errors;
  for (std::size_t i = 0; i < Counters::kCommands.size(); ++i) {
    requests.set(std::string(Counters::kCommands[i]), read(counters.commands[i].requests));
    errors.set(std::string(Counters::kCommands[i]), read(counters.commands[i].errors));
  }
  return {{"requests", std::move(requests)},
          {"errors", std::move(errors)},
          {"dropped", read(counters.dropped)},
          {"duplicates", read(counters.duplicates)},
          {"duplicates in work", read(counters.late_duplicates)},
          {"ignored words", read(counters.ignored_words)},
          {"load limits", read(counters.load_limits)},
          {"presses told", read(counters.presses)},
          {"presses lost", read(counters.presses_lost)}};
}

Dict control_statistics(const Counters& counters) {
  Dict view;
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < Counters::kCommands.size(); ++i) {
    all += read(counters.commands[i].requests);
  }
  for (const char* command : {"ping", "offer", "answer", "delete", "query", "list"}) {
    const auto known = std::find(Counters::kCommands.begin(), Counters::kCommands.end(), command);
    const auto index = static_cast<std::size_t>(known - Counters::kCommands.begin());
    view.set("total" + std::string(command) + "count", read(counters.commands[index].requests));
  }
  view.set("totalcount", all);
  return view;
}

}  // namespace

Dict statistics(CommandContext& context) {
  Sums sums;
  List nodes;
  const auto all = context.pool.nodes();
  for (std::size_t i = 0; i < all.size(); ++i) {
    Node& node = *all[i];
    const auto answer = node.call(node.node(), &v1::NodeService::Stub::Stats, v1::StatsRequest(),
                                  share_of(context.deadline, i + 1 < all.size()));
    if (!answer.error) {
      sums.add(answer.value);
    }
    nodes.emplace_back(Dict{{"address", node.address()},
                            {"state", answer.error ? "unreachable" : word_of(node)},
                            {"weight", node.weight()},
                            {"sessions", answer.value.sessions().active()}});
  }
  Dict pollux = own_counters(context.counters);
  pollux.set("nodes", std::move(nodes));
  const Dict current = {{"sessionsown", sums.active}, {"sessionsforeign", 0}, {"sessionstotal", sums.active}};
  const Dict total = {{"uptime", sums.uptime_s},
                      {"managedsessions", sums.created},
                      {"rejectedsessions", sums.refused},
                      {"timeoutsessions", sums.timed_out},
                      {"silenttimeoutsessions", 0},
                      {"finaltimeoutsessions", 0},
                      {"regularterminatedsessions", sums.deleted},
                      {"forcedterminatedsessions", 0},
                      {"relayedpackets", sums.packets},
                      {"relayedbytes", sums.bytes},
                      {"relayedpacketerrors", sums.errors}};
  return {{"result", "ok"},
          {"statistics", Dict{{"currentstatistics", current},
                              {"totalstatistics", total},
                              {"intervalstatistics", Dict()},
                              {"controlstatistics", control_statistics(context.counters)},
                              {"pollux", std::move(pollux)}}}};
}

}  // namespace pollux::ng
