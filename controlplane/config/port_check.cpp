// Checks of ports against workers, memory and the devices they name.
#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

#include "controlplane/config/semantic_check.hpp"
#include "controlplane/config/unique_check.hpp"

namespace pollux::config {

namespace {

constexpr std::uint16_t kLeastIpv6Mtu = 1280;  // RFC 8200 §5

// Where a packet's Ethernet header begins in a TPACKET_V2 receive frame (linux/if_packet.h: header and
// address, aligned to 16, less the Ethernet header), and what comes before the IP packet.
constexpr unsigned kAfPacketOffset = 66;
constexpr unsigned kEthernetAndVlan = 14 + 4;
constexpr unsigned kAfPacketDefaultFrame = 2048;  // the driver's own defaults
constexpr unsigned kAfPacketDefaultBlock = 4096;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// "0000:3b:00.0" for a PCI address with or without domain; nothing for other devices.
std::optional<std::string> pci_address(const std::string& device) {
  std::string text = lower(device.substr(0, device.find(',')));
  if (std::count(text.begin(), text.end(), ':') == 1) {
    text.insert(0, "0000:");
  }
  static constexpr std::string_view kForm = "hhhh:hh:hh.d";
  if (text.size() != kForm.size()) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    const bool hex = std::isxdigit(static_cast<unsigned char>(text[i])) != 0;
    if (kForm[i] == 'h' ? !hex : kForm[i] == 'd' ? text[i] < '0' || text[i] > '7' : text[i] != kForm[i]) {
      return std::nullopt;
    }
  }
  return text;
}

// The number after "name=" among a virtual device's arguments.
unsigned device_argument(const std::string& device, const std::string& name, unsigned otherwise) {
  const std::string wanted = "," + name + "=";
  const auto at = device.find(wanted);
  unsigned value = otherwise;
  if (at != std::string::npos) {
    std::from_chars(device.data() + at + wanted.size(), device.data() + device.size(), value);
  }
  return value;
}

void check_af_packet(const PortConfig& port, const std::string& key, ReadContext& context) {
  const unsigned pairs = device_argument(port.device, "qpairs", 1);
  const unsigned frame = device_argument(port.device, "framesz", kAfPacketDefaultFrame);
  const unsigned block = device_argument(port.device, "blocksz", kAfPacketDefaultBlock);
  if (context.sound(key + ".queues") && port.queues > pairs) {
    context.error(key + ".queues", std::to_string(port.queues) + " queues, but the device has " +
                                       std::to_string(pairs) + "; add qpairs=" + std::to_string(port.queues) +
                                       " to its arguments");
  }
  const unsigned needed = port.mtu + kEthernetAndVlan + kAfPacketOffset;
  if (context.sound(key + ".mtu") && frame < needed) {
    context.error(key + ".device", "framesz=" + std::to_string(frame) + " cuts off long packets: mtu " +
                                       std::to_string(port.mtu) + " and headers need " +
                                       std::to_string(needed));
  }
  if (frame > block) {
    context.error(key + ".device", "framesz=" + std::to_string(frame) + " is more than blocksz=" +
                                       std::to_string(block) + "; a block must hold at least one frame");
  }
}

void check_device(const NodeConfig& config, std::size_t index, ReadContext& context) {
  const PortConfig& port = config.dataplane.ports[index];
  const std::string key = item_key("ports", index);
  if (!context.sound(key + ".device")) {
    return;
  }
  if (port.device.starts_with("net_af_packet")) {
    check_af_packet(port, key, context);
  }
  if (pci_address(port.device) && config.dataplane.eal.huge_pages == HugePages::kOff) {
    context.error(key + ".device", "a PCI device can't work without huge pages, but eal.huge_pages is off");
  }
}

void check_memory(const DataplaneConfig& dataplane, ReadContext& context) {
  if (!context.sound("memory") || !context.sound("ports")) {
    return;
  }
  if (dataplane.max_endpoints / 2 < dataplane.max_sessions) {
    context.warning("memory.max_endpoints", std::to_string(dataplane.max_endpoints) + " serve no more than " +
                                                std::to_string(dataplane.max_endpoints / 2) +
                                                " sessions of two legs, but max_sessions is " +
                                                std::to_string(dataplane.max_sessions));
  }
  std::uint64_t held = 0;
  for (const PortConfig& port : dataplane.ports) {
    held += std::uint64_t{port.queues} * (std::uint64_t{port.rx_descriptors} + port.tx_descriptors);
  }
  if (dataplane.mbufs < held) {
    context.warning("memory.mbufs", std::to_string(dataplane.mbufs) + " are fewer than the " +
                                        std::to_string(held) +
                                        " that the ports' queues can hold; none may be left to receive with");
  }
}

}  // namespace

void check_ports(const NodeConfig& config, ReadContext& context) {
  const auto& ports = config.dataplane.ports;
  const auto& workers = config.dataplane.workers;
  const auto relays =
      std::count_if(workers.begin(), workers.end(), [](const auto& w) { return w.roles.relay; });
  UniqueCheck<std::string> names(context, "is already the name of");
  UniqueCheck<std::string> devices(context, "is already the device of");
  for (std::size_t i = 0; i < ports.size(); ++i) {
    const PortConfig& port = ports[i];
    const std::string key = item_key("ports", i);
    names.add(port.name, quoted(port.name), key + ".name");
    const std::string device = port.device.substr(0, port.device.find(','));
    devices.add(pci_address(device).value_or(device), quoted(device), key + ".device");
    check_device(config, i, context);
    if (context.sound("workers") && context.sound(key + ".queues") && port.queues > relays && relays > 0) {
      context.warning(key + ".queues",
                      std::to_string(port.queues) + " queues for " + std::to_string(relays) +
                          " workers with the role relay; more queues than workers gain nothing");
    }
    const bool ipv6 = std::any_of(port.interfaces.begin(), port.interfaces.end(), [](const auto& interface) {
      return std::any_of(interface.addresses.begin(), interface.addresses.end(),
                         [](const IpPrefix& p) { return !p.address.is_v4(); });
    });
    if (ipv6 && port.mtu < kLeastIpv6Mtu && context.sound(key)) {
      context.error(key + ".mtu", std::to_string(port.mtu) +
                                      " is too small for the port's IPv6 addresses; IPv6 needs " +
                                      std::to_string(kLeastIpv6Mtu) + " bytes");
    }
  }
  check_memory(config.dataplane, context);
}

}  // namespace pollux::config
