#include "controlplane/cli/render_node.hpp"

#include <map>

#include "controlplane/cli/format.hpp"
#include "controlplane/cli/render_media.hpp"
#include "controlplane/cli/table.hpp"
#include "controlplane/cli/words.hpp"

namespace pollux::cli {

namespace {

template <typename Strings>
std::string join(const Strings& parts) {
  std::string out;
  for (const auto& part : parts) {
    out += (out.empty() ? "" : " ") + part;
  }
  return out.empty() ? "-" : out;
}

Cell used_cell(const v1::NetworkInfo& network) {
  if (network.ports_total() == 0) {
    return "-";
  }
  const double share = static_cast<double>(network.ports_used()) / static_cast<double>(network.ports_total());
  const Tone tone = share >= 0.95 ? Tone::kBad : share >= 0.8 ? Tone::kWarning : Tone::kPlain;
  return {human_count(network.ports_used()) + " of " + human_count(network.ports_total()) + " (" +
              human_percent(share) + ")",
          tone};
}

}  // namespace

std::string render_node(const v1::InfoResponse& info, double now_seconds, const Style& style) {
  std::string out = style.paint(Tone::kHeading, "Pollux " + info.version()) + "\n";
  out += "  status      " +
         style.paint(info.status() == v1::NODE_STATUS_SERVING ? Tone::kGood : Tone::kWarning,
                     word(info.status())) +
         "\n";
  if (info.has_start_time()) {
    out += "  up          " + human_duration(now_seconds - seconds_of(info.start_time())) + " (since " +
           utc_time(info.start_time()) + ")\n";
  }
  out += "  run         " + info.node_run() + "\n";
  out += std::string("  huge pages  ") +
         (info.huge_pages() ? "in use" : "not in use: see README.md, bare metal") + "\n";
  out += "  CPU         " + join(info.cpu_features()) + "\n";
  if (!info.srtp_backend().empty()) {
    out += "  SRTP        " + printable(info.srtp_backend()) + "\n";
  }
  const std::map<std::string, std::string> libraries(info.libraries().begin(), info.libraries().end());
  for (const auto& [name, version] : libraries) {
    out += "  library     " + name + " " + version + "\n";
  }

  Table workers({{"WORKER"}, {"CPU", Align::kRight}, {"ROLES"}, {"IDLE"}});
  for (const auto& worker : info.workers()) {
    workers.add(
        {std::to_string(worker.worker()), std::to_string(worker.cpu()), join(worker.roles()), worker.idle()});
  }
  Table ports({{"PORT"},
               {"LINK"},
               {"MAC"},
               {"QUEUES", Align::kRight},
               {"MTU", Align::kRight},
               {"ADDRESSES"},
               {"DEVICE"}});
  for (const auto& port : info.ports()) {
    ports.add({port.name(), port.link_up() ? Cell("up", Tone::kGood) : Cell("DOWN", Tone::kBad), port.mac(),
               std::to_string(port.queues()), std::to_string(port.mtu()), join(port.addresses()),
               port.device()});
  }
  Table networks({{"NETWORK"}, {"ADDRESSES"}, {"UDP PORTS"}, {"IN USE"}});
  for (const auto& network : info.networks()) {
    networks.add({network.name(), join(network.addresses()),
                  std::to_string(network.first_port()) + "-" + std::to_string(network.last_port()),
                  used_cell(network)});
  }
  for (const Table* table : {&workers, &ports, &networks}) {
    if (!table->empty()) {
      out += "\n" + table->render(style);
    }
  }
  const std::string codecs = render_codecs(info, style);
  return out + (codecs.empty() ? "" : "\n" + codecs);
}

}  // namespace pollux::cli
