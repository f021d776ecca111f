#include "controlplane/config/node_schema.hpp"

#include "controlplane/config/door_schema.hpp"
#include "controlplane/config/log_schema.hpp"
#include "controlplane/config/media_schema.hpp"

namespace pollux::config {

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr std::uint64_t kHighestCpu = 1023;  // cpu_set_t holds no more
constexpr std::size_t kMostWorkers = 64;
constexpr std::size_t kMostPorts = 32;  // RTE_MAX_ETHPORTS
constexpr std::size_t kMostInterfaces = 256;
constexpr std::size_t kMostAddresses = 64;

Section<EalConfig> eal_section() {
  Section<EalConfig> section;
  section
      .value({.name = "main_cpu", .doc = "CPU of DPDK's main thread: start-up, then ARP, ND and ping."},
             POLLUX_MEMBER(main_cpu), integer<unsigned>(0, kHighestCpu))
      .value(
          {.name = "huge_pages",
           .doc =
               "Huge pages: used when there are enough, required to start, or off (slower; no PCI devices)."},
          POLLUX_MEMBER(huge_pages),
          word<HugePages>(
              {{"auto", HugePages::kAuto}, {"required", HugePages::kRequired}, {"off", HugePages::kOff}}))
      .value({.name = "memory", .doc = "Memory that DPDK sets aside at start for packets and sessions."},
             POLLUX_MEMBER(memory_mb), mebibytes(64, 1048576))
      .value(
          {.name = "file_prefix", .doc = "Tells several polluxd on one machine apart; each needs its own."},
          POLLUX_MEMBER(file_prefix), name_text())
      .value({.name = "telemetry", .doc = "Serve DPDK's own counters on its telemetry socket."},
             POLLUX_MEMBER(telemetry), word<bool>({{"true", true}, {"false", false}}))
      .value({.name = "extra_arguments", .doc = "Further arguments for DPDK's EAL, passed on as they are."},
             POLLUX_MEMBER(extra_arguments), list_of(any_text("text of 1..255 bytes", 1, 255), 0, 64));
  return section;
}

Section<WorkerConfig> worker_section() {
  Section<WorkerConfig> section;
  section
      .value({.name = "cpu", .doc = "CPU that the worker runs on.", .presence = Presence::kRequired},
             POLLUX_MEMBER(cpu), integer<unsigned>(0, kHighestCpu))
      .value({.name = "roles",
              .doc = "Work it takes: relay (packets as they are), media (codecs, tones, mixing)."},
             POLLUX_MEMBER(roles), worker_roles())
      .value({.name = "idle",
              .doc = "When no packet waits: poll on, pause, sleep for a while, or until an interrupt."},
             POLLUX_MEMBER(idle),
             word<IdleMode>({{"poll", IdleMode::kPoll},
                             {"pause", IdleMode::kPause},
                             {"sleep", IdleMode::kSleep},
                             {"interrupt", IdleMode::kInterrupt}}))
      .value({.name = "nap",
              .doc = "With idle: sleep, naps so long whenever nothing waits; 0: in steps of up to 130."},
             POLLUX_MEMBER(nap_us), integer<std::uint32_t>(0, 2000, "microseconds"));
  return section;
}

Section<NodeConfig> control_section() {
  Section<NodeConfig> section;
  section
      .value({.name = "cpus",
              .doc = "CPUs of gRPC and control threads; []: all that no worker uses, or else all."},
             POLLUX_MEMBER(control_cpus), list_of(integer<unsigned>(0, kHighestCpu), 0, kHighestCpu + 1))
      .value({.name = "commands_per_loop", .doc = "Commands a worker takes between two batches of packets."},
             POLLUX_MEMBER(dataplane.commands_per_loop), integer<std::uint32_t>(1, 1024, "commands"))
      .value({.name = "send_bye", .doc = "Send an RTCP BYE to the parties of a session that ends."},
             POLLUX_MEMBER(dataplane.send_bye), word<bool>({{"true", true}, {"false", false}}));
  return section;
}

Section<DataplaneConfig> memory_section() {
  Section<DataplaneConfig> section;
  section
      .value({.name = "max_sessions", .doc = "Sessions at once; their memory is taken as they come."},
             POLLUX_MEMBER(max_sessions), integer<std::uint32_t>(1, 1'000'000, "sessions"))
      .value({.name = "max_endpoints", .doc = "Local RTP and RTCP ports in use at once, over all sessions."},
             POLLUX_MEMBER(max_endpoints), integer<std::uint32_t>(2, 8'000'000, "UDP ports"))
      .value({.name = "mbufs", .doc = "Packet buffers, shared by all ports and workers."},
             POLLUX_MEMBER(mbufs), integer<std::uint32_t>(1024, 16'777'216, "packets"));
  return section;
}

Section<InterfaceConfig> interface_section() {
  Section<InterfaceConfig> section;
  section
      .value({.name = "vlan", .doc = "802.1Q VLAN id; 0: untagged. Each at most once per port."},
             POLLUX_MEMBER(vlan), integer<std::uint16_t>(0, 4094))
      .value({.name = "addresses",
              .doc = "Pollux's own addresses here, each with the length of its subnet's prefix.",
              .presence = Presence::kRequired},
             POLLUX_MEMBER(addresses), list_of(interface_address(), 1, kMostAddresses))
      .value({.name = "gateways",
              .doc = "Next hop for everything off-link: one per family, inside a subnet of this interface.",
              .sample = true},
             POLLUX_MEMBER(gateways), list_of(host_address(), 0, 2));
  return section;
}

Section<PortConfig> port_section() {
  Section<PortConfig> section;
  section
      .value({.name = "name",
              .doc = "Name of the port in statistics and events.",
              .presence = Presence::kRequired},
             POLLUX_MEMBER(name), name_text())
      .value({.name = "device",
              .doc = "PCI address of the NIC, or a DPDK virtual device with its arguments.",
              .presence = Presence::kRequired},
             POLLUX_MEMBER(device), any_text("PCI address or DPDK device string of 1..255 bytes", 1, 255))
      .value({.name = "queues", .doc = "Receive queues; shared out among the workers."},
             POLLUX_MEMBER(queues), integer<std::uint16_t>(1, kMostWorkers, "queues"))
      .value({.name = "mtu", .doc = "Longest IP packet; 1280 at least where the port has IPv6."},
             POLLUX_MEMBER(mtu), integer<std::uint16_t>(576, 9216, "bytes"))
      .value({.name = "rx_descriptors", .doc = "Packets that each receive queue can hold."},
             POLLUX_MEMBER(rx_descriptors), integer<std::uint16_t>(64, 32768, "packets"))
      .value({.name = "tx_descriptors", .doc = "Packets that each send queue can hold."},
             POLLUX_MEMBER(tx_descriptors), integer<std::uint16_t>(64, 32768, "packets"))
      .value({.name = "steering",
              .doc = "How packets get to the worker that owns their UDP port; auto: the best that works."},
             POLLUX_MEMBER(steering),
             word<SteeringChoice>({{"auto", SteeringChoice::kAuto},
                                   {"rss", SteeringChoice::kRss},
                                   {"rte_flow", SteeringChoice::kRteFlow},
                                   {"handoff", SteeringChoice::kHandoff}}))
      .list({.name = "interfaces", .doc = "", .presence = Presence::kRequired}, POLLUX_MEMBER(interfaces),
            interface_section(), 1, kMostInterfaces);
  return section;
}

Section<NetworkConfig> network_section() {
  Section<NetworkConfig> section;
  section
      .value({.name = "name",
              .doc = "Name by which a session's leg asks for it.",
              .presence = Presence::kRequired},
             POLLUX_MEMBER(name), name_text())
      .value({.name = "addresses",
              .doc = "Addresses of the ports' interfaces that serve media here; each in one network only.",
              .presence = Presence::kRequired},
             POLLUX_MEMBER(addresses), list_of(host_address(), 1, kMostAddresses))
      .converted<PortRange>(
          {.name = "ports", .doc = "UDP ports for media on each address, both ends included."},
          [](const NetworkConfig& network) {
            return PortRange{network.first_port, network.last_port};
          },
          [](NetworkConfig& network, PortRange range) {
            network.first_port = range.first;
            network.last_port = range.last;
          },
          port_range())
      .value({.name = "dscp",
              .doc = "DSCP of sent media where the leg asks for none; 46 is EF, expedited forwarding."},
             POLLUX_MEMBER(dscp), integer<std::uint8_t>(0, 63));
  return section;
}

Section<TimeoutConfig> timeout_section() {
  Section<TimeoutConfig> section;
  section
      .value({.name = "media",
              .doc = "Silence of all legs that ends a session; 0s: never.",
              .apply = Apply::kHot},
             POLLUX_MEMBER(media), duration(milliseconds(0), hours(24)))
      .value(
          {.name = "one_way_audio",
           .doc = "How long nothing may come from one leg while media is sent to it before an event says so; "
                  "0s: never.",
           .apply = Apply::kHot},
          POLLUX_MEMBER(one_way_audio), duration(milliseconds(0), hours(1)))
      .value(
          {.name = "drain", .doc = "How long SIGTERM waits for sessions to be ended.", .apply = Apply::kHot},
          POLLUX_MEMBER(drain), duration(milliseconds(0), minutes(10)));
  return section;
}

Section<MetricsConfig> metrics_section() {
  Section<MetricsConfig> section;
  section.value({.name = "listen",
                 .doc = "TCP addresses where Prometheus may scrape /metrics, without encryption or password.",
                 .sample = true},
                POLLUX_MEMBER(listen), list_of(socket_address(), 0, 16));
  return section;
}

Section<AdmissionConfig> admission_section() {
  Section<AdmissionConfig> section;
  section
      .value({.name = "max_sessions",
              .doc = "Sessions at once, at most memory.max_sessions; 0: as many as that.",
              .apply = Apply::kHot},
             POLLUX_MEMBER(max_sessions), integer<std::uint32_t>(0, 1'000'000, "sessions"))
      .value({.name = "max_worker_load",
              .doc = "Load above which a worker gets no new sessions; 100: load refuses nothing.",
              .apply = Apply::kHot},
             POLLUX_MEMBER(max_worker_load), integer<std::uint32_t>(10, 100, "percent"))
      .value({.name = "min_free_mbufs",
              .doc = "Share of memory.mbufs that must be free for new sessions; 0: no matter.",
              .apply = Apply::kHot},
             POLLUX_MEMBER(min_free_mbufs), integer<std::uint32_t>(0, 90, "percent"))
      .value(
          {.name = "max_media_load",
           .doc =
               "Share of a media worker's core that transcoding may be reckoned at before more is refused.",
           .apply = Apply::kHot},
          POLLUX_MEMBER(max_media_load), integer<std::uint32_t>(1, 100, "percent"))
      .value({.name = "reserved_ports",
              .doc = "Share of each network's ports, per family, kept for legs that are added to sessions.",
              .apply = Apply::kHot},
             POLLUX_MEMBER(reserved_ports), integer<std::uint32_t>(0, 90, "percent"));
  return section;
}

Section<LogConfig> log_section() {
  Section<LogConfig> section;
  section
      .value({.name = "level", .doc = "Least severe message of Pollux that is logged.", .apply = Apply::kHot},
             POLLUX_MEMBER(level), log_level())
      .value({.name = "dpdk_level", .doc = "Least severe message of DPDK that is logged."},
             POLLUX_MEMBER(dpdk_level), log_level());
  add_log_output(section);
  return section;
}

Section<NodeConfig> events_section() {
  Section<NodeConfig> section;
  section.value(
      {.name = "keep", .doc = "Events kept in memory for clients that reconnect.", .apply = Apply::kHot},
      POLLUX_MEMBER(event_log_size), integer<std::uint32_t>(1, 10'000'000, "events"));
  return section;
}

Section<NodeConfig> build_schema() {
  const auto whole = [](auto& owner) -> auto& {
    return owner;
  };
  Section<NodeConfig> section;
  section.section({.name = "eal", .doc = ""}, POLLUX_MEMBER(dataplane.eal), eal_section())
      .list({.name = "workers", .doc = "", .presence = Presence::kRequired}, POLLUX_MEMBER(dataplane.workers),
            worker_section(), 1, kMostWorkers)
      .section({.name = "control", .doc = ""}, whole, control_section())
      .section({.name = "memory", .doc = ""}, POLLUX_MEMBER(dataplane), memory_section())
      .list({.name = "ports", .doc = "", .presence = Presence::kRequired}, POLLUX_MEMBER(dataplane.ports),
            port_section(), 1, kMostPorts)
      .list({.name = "networks", .doc = "", .presence = Presence::kRequired}, POLLUX_MEMBER(networks),
            network_section(), 1, kMostAddresses)
      .section({.name = "learning", .doc = ""}, POLLUX_MEMBER(dataplane.learning), learning_section())
      .section({.name = "srtp", .doc = ""}, whole, srtp_section())
      .section({.name = "media", .doc = ""}, whole, media_section())
      .section({.name = "timeouts", .doc = ""}, POLLUX_MEMBER(timeouts), timeout_section())
      .section({.name = "grpc", .doc = ""}, POLLUX_MEMBER(grpc), grpc_section())
      .section({.name = "metrics", .doc = ""}, POLLUX_MEMBER(metrics), metrics_section())
      .section({.name = "admission", .doc = ""}, POLLUX_MEMBER(admission), admission_section())
      .section({.name = "log", .doc = ""}, POLLUX_MEMBER(log), log_section())
      .section({.name = "events", .doc = ""}, whole, events_section());
  return section;
}

}  // namespace

const Section<NodeConfig>& node_schema() {
  static const Section<NodeConfig> schema = build_schema();
  return schema;
}

std::vector<KeyInfo> known_keys() {
  std::vector<KeyInfo> keys;
  node_schema().describe("", keys);
  return keys;
}

std::map<std::string, std::string> shown_values(const NodeConfig& config) {
  std::map<std::string, std::string> values;
  node_schema().show(config, "", values);
  return values;
}

std::string key_facts(const KeyInfo& key) {
  return "unit: " + key.unit + "; default: " + key.default_value + "; range: " + key.range +
         "; change: " + (key.apply == Apply::kHot ? "hot" : "restart");
}

std::string key_table() {
  std::string table =
      "| Key | Unit | Default | Range | Change | Meaning |\n"
      "|---|---|---|---|---|---|\n";
  for (const KeyInfo& key : known_keys()) {
    const std::string given = key.required ? "required" : "`" + key.default_value + "`";
    table += "| `" + key.path + "` | " + key.unit + " | " + given + " | " + key.range + " | " +
             (key.apply == Apply::kHot ? "hot" : "restart") + " | " + key.doc + " |\n";
  }
  return table;
}

}  // namespace pollux::config
