#include "controlplane/cli/format.hpp"
#include "controlplane/cli/render_node.hpp"
#include "controlplane/cli/table.hpp"

namespace pollux::cli {

namespace {

std::string steering_text(const v1::PortSteering& port) {
  if (port.method() == "single") {
    return "single: one worker takes all";
  }
  if (port.method() == "rss") {
    return "rss: the device hashes the UDP destination port";
  }
  if (port.method() == "rte_flow") {
    return "rte_flow: by rules in the device";
  }
  return printable(port.method() + (port.reason().empty() ? "" : ": " + port.reason()));
}

// A device that steers hands hardly anything over: else it doesn't do what it was asked for.
Cell handed_off_cell(const v1::PortSteering& port) {
  const double share = port.rx_packets() == 0
                           ? 0
                           : static_cast<double>(port.handed_off()) / static_cast<double>(port.rx_packets());
  const bool steered = port.method() == "rss" || port.method() == "rte_flow";
  return Cell(human_count(port.handed_off()) + (share == 0 ? "" : " (" + human_percent(share) + ")"),
              steered && share >= 0.1 ? Tone::kWarning : Tone::kPlain);
}

}  // namespace

std::string render_ports(const v1::PortsResponse& ports, const Style& style) {
  Table addresses({{"NETWORK"},
                   {"ADDRESS"},
                   {"WORKER", Align::kRight},
                   {"UDP PORTS", Align::kRight},
                   {"IN USE", Align::kRight},
                   {"FULL", Align::kRight}});
  for (const auto& entry : ports.addresses()) {
    const double share =
        entry.total() == 0 ? 0 : static_cast<double>(entry.used()) / static_cast<double>(entry.total());
    const Tone tone = share >= 0.95 ? Tone::kBad : share >= 0.8 ? Tone::kWarning : Tone::kPlain;
    addresses.add({entry.network(), entry.address(), std::to_string(entry.worker()),
                   human_count(entry.total()), human_count(entry.used()), Cell(human_percent(share), tone)});
  }
  Table steering({{"PORT"}, {"QUEUES", Align::kRight}, {"HANDED OFF", Align::kRight}, {"STEERING"}});
  for (const auto& entry : ports.steering()) {
    steering.add(
        {entry.port(), std::to_string(entry.queues()), handed_off_cell(entry), steering_text(entry)});
  }
  std::string out = addresses.empty() ? "No local UDP ports.\n" : addresses.render(style);
  return out + (steering.empty() ? "" : "\n" + steering.render(style));
}

std::string render_reload(const v1::ReloadResponse& response, bool dry_run, const Style& style) {
  const auto lines = [](const auto& changes) {
    std::string out;
    for (const auto& change : changes) {
      out += "  " + printable(change.key() + ": " + change.old_value() + " -> " + change.new_value()) + "\n";
    }
    return out;
  };
  if (response.applied().empty() && response.needs_restart().empty()) {
    return "The configuration hasn't changed.\n";
  }
  std::string out;
  if (!response.applied().empty()) {
    out += style.paint(Tone::kGood, dry_run ? "Would be applied:" : "Applied:") + "\n" +
           lines(response.applied());
  }
  if (!response.needs_restart().empty()) {
    out += style.paint(Tone::kWarning, "Needs a restart of polluxd, until then the old value holds:") + "\n" +
           lines(response.needs_restart());
  }
  return out;
}

}  // namespace pollux::cli
