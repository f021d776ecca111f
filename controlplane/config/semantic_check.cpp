#include "controlplane/config/semantic_check.hpp"

#include <algorithm>
#include <set>

#include "controlplane/config/unique_check.hpp"

namespace pollux::config {

void check_meaning(const NodeConfig& config, ReadContext& context) {
  check_cpus(config, context);
  check_ports(config, context);
  check_interfaces(config, context);
  check_networks(config, context);
  check_doors(config, context);
  check_metrics(config, context);
  check_admission(config, context);
}

void check_cpus(const NodeConfig& config, ReadContext& context) {
  const auto& workers = config.dataplane.workers;
  const unsigned main_cpu = config.dataplane.eal.main_cpu;
  const bool relay = std::any_of(workers.begin(), workers.end(), [](const auto& w) { return w.roles.relay; });
  if (!workers.empty() && !relay && context.sound("workers")) {
    context.error("workers", "no worker has the role relay; without one no packet is received");
  }
  for (std::size_t i = 0; i < workers.size(); ++i) {
    const std::string key = item_key("workers", i) + ".nap";
    if (workers[i].nap_us != 0 && workers[i].idle != IdleMode::kSleep && context.sound(key) &&
        context.sound(item_key("workers", i) + ".idle")) {
      context.warning(key, "has no effect: only a worker with idle: sleep naps");
    }
  }
  std::map<unsigned, std::string> worker_cpus;
  for (std::size_t i = 0; i < workers.size(); ++i) {
    const std::string key = item_key("workers", i) + ".cpu";
    if (!context.sound(key) || !context.given(key)) {
      continue;
    }
    const std::string cpu = "CPU " + std::to_string(workers[i].cpu);
    if (const auto [first, fresh] = worker_cpus.emplace(workers[i].cpu, key); !fresh) {
      context.warning(key, cpu + " is also " + first->second + "; the workers share its time");
    }
    if (workers[i].cpu == main_cpu && context.sound("eal.main_cpu")) {
      context.warning(key, cpu + " is also eal.main_cpu; ARP, ND and ping take time from this worker");
    }
  }
  std::set<unsigned> control_cpus;
  for (std::size_t i = 0; i < config.control_cpus.size(); ++i) {
    const std::string key = item_key("control.cpus", i);
    const unsigned cpu = config.control_cpus[i];
    if (!context.sound(key)) {
      continue;
    }
    if (!control_cpus.insert(cpu).second) {
      context.error(key, "CPU " + std::to_string(cpu) + " is given twice");
    } else if (const auto worker = worker_cpus.find(cpu); worker != worker_cpus.end()) {
      context.warning(key, "CPU " + std::to_string(cpu) + " is also " + worker->second +
                               "; control threads take time from this worker");
    }
  }
}

void check_networks(const NodeConfig& config, ReadContext& context) {
  std::set<IpAddress> ours;
  for (const PortConfig& port : config.dataplane.ports) {
    for (const InterfaceConfig& interface : port.interfaces) {
      for (const IpPrefix& prefix : interface.addresses) {
        ours.insert(prefix.address);
      }
    }
  }
  // An address that couldn't be read may be the very one that a network names.
  const bool ours_known = context.sound("ports");
  UniqueCheck<std::string> names(context, "is already the name of");
  UniqueCheck<IpAddress> addresses(context, "is already an address of");
  for (std::size_t i = 0; i < config.networks.size(); ++i) {
    const std::string key = item_key("networks", i);
    const NetworkConfig& network = config.networks[i];
    names.add(network.name, quoted(network.name), key + ".name");
    for (std::size_t j = 0; j < network.addresses.size(); ++j) {
      const std::string at = item_key(key + ".addresses", j);
      const IpAddress& address = network.addresses[j];
      addresses.add(address, address.to_string(), at);
      if (ours_known && context.sound(at) && !ours.contains(address)) {
        context.error(at, address.to_string() + " is not an address of any port's interface");
      } else if (context.sound(at) && address.is_v6_link_local()) {
        context.error(at,
                      address.to_string() + " is link-local; media needs an address that others can reach");
      }
    }
  }
}

void check_metrics(const NodeConfig& config, ReadContext& context) {
  std::set<std::string> listening;
  for (std::size_t i = 0; i < config.metrics.listen.size(); ++i) {
    const std::string key = item_key("metrics.listen", i);
    const SocketAddress& door = config.metrics.listen[i];
    const std::string address = door.to_string();
    if (!context.sound(key)) {
      continue;
    }
    if (!listening.insert(address).second) {
      context.error(key, address + " is given twice");
    } else if (std::find(config.grpc.tcp.begin(), config.grpc.tcp.end(), door) != config.grpc.tcp.end()) {
      context.error(key, address + " is already an address of grpc.tcp");
    } else if (!door.ip.is_loopback()) {
      context.warning(key, address +
                               " can be reached from other machines, without encryption or password; "
                               "whoever reaches it may read this node's counters");
    }
  }
}

void check_admission(const NodeConfig& config, ReadContext& context) {
  const std::uint32_t most = config.dataplane.max_sessions;
  if (config.admission.max_sessions > most && context.sound("admission.max_sessions") &&
      context.sound("memory.max_sessions")) {
    context.error("admission.max_sessions", std::to_string(config.admission.max_sessions) +
                                                " is more than memory.max_sessions, which is " +
                                                std::to_string(most));
  }
}

}  // namespace pollux::config
