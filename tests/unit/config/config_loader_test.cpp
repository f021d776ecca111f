#include "controlplane/config/config_loader.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/unit/config/config_text.hpp"

namespace pollux::config {
namespace {

TEST(ConfigLoader, SmallFileHasDefaults) {
  const ConfigResult result = load_config_text(kGood, "test.yaml");
  ASSERT_TRUE(result.config.has_value()) << format_problems(result.problems);
  EXPECT_TRUE(result.warnings.empty()) << format_problems(result.warnings);
  const NodeConfig& config = *result.config;
  const NodeConfig defaults;
  ASSERT_EQ(config.dataplane.workers.size(), 1U);
  EXPECT_EQ(config.dataplane.workers[0].cpu, 1U);
  EXPECT_TRUE(config.dataplane.workers[0].roles.relay && config.dataplane.workers[0].roles.media);
  EXPECT_EQ(config.dataplane.workers[0].idle, IdleMode::kSleep);
  ASSERT_EQ(config.dataplane.ports.size(), 1U);
  const PortConfig& port = config.dataplane.ports[0];
  EXPECT_EQ(port.device, "0000:3b:00.0");
  ASSERT_EQ(port.interfaces.size(), 2U);
  EXPECT_EQ(port.interfaces[0].addresses[0], IpPrefix::parse("192.0.2.10/24"));
  EXPECT_EQ(port.interfaces[0].gateways[0], IpAddress::parse("192.0.2.1"));
  EXPECT_EQ(port.interfaces[1].vlan, 7U);
  ASSERT_EQ(config.networks.size(), 2U);
  EXPECT_EQ(config.networks[0].first_port, 20000U);
  EXPECT_EQ(config.networks[0].last_port, 29999U);
  EXPECT_EQ(config.networks[1].last_port, defaults.networks.empty() ? NetworkConfig{}.last_port : 0);
  EXPECT_EQ(config.event_log_size, defaults.event_log_size);
  EXPECT_EQ(config.grpc.unix_socket, defaults.grpc.unix_socket);
}

TEST(ConfigLoader, ReadsEveryKey) {
  const std::string text =
      "eal: {main_cpu: 3, huge_pages: required, memory: 2 GiB, file_prefix: px, extra_arguments: [--no-pci, "
      "-v]}\n"
      "workers: [{cpu: 4, roles: [relay], idle: sleep, nap: 1000}, {cpu: 5, roles: [media], idle: pause}]\n"
      "control: {cpus: [0, 1], commands_per_loop: 16, send_bye: false}\n"
      "memory: {max_sessions: 7, max_endpoints: 28, mbufs: 8192}\n"
      "ports:\n"
      "  - {name: p, device: net_ring0, queues: 1, mtu: 1400, rx_descriptors: 512, tx_descriptors: 256,\n"
      "     steering: rte_flow, interfaces: [{vlan: 4094, addresses: [10.0.0.1/8], gateways: [10.1.1.1]}]}\n"
      "networks: [{name: n, addresses: [10.0.0.1], ports: 1024-65535, dscp: 0}]\n"
      "learning: {probation_packets: 9, delayed: 500ms, handover_silence: 2s, min_change_interval: 1min}\n"
      "timeouts: {media: 2h, drain: 0s}\n"
      "grpc: {unix_socket: '', unix_socket_mode: '0600', tcp: [127.0.0.1:7711, '[::1]:7712']}\n"
      "log: {level: trace, dpdk_level: error}\n"
      "events: {keep: 10}\n";
  const ConfigResult result = load_config_text(text, "test.yaml");
  ASSERT_TRUE(result.config.has_value()) << format_problems(result.problems);
  EXPECT_TRUE(result.warnings.empty()) << format_problems(result.warnings);
  const NodeConfig& config = *result.config;
  const DataplaneConfig& plane = config.dataplane;
  EXPECT_EQ(plane.eal.main_cpu, 3U);
  EXPECT_EQ(plane.eal.huge_pages, HugePages::kRequired);
  EXPECT_EQ(plane.eal.memory_mb, 2048U);
  EXPECT_EQ(plane.eal.file_prefix, "px");
  EXPECT_EQ(plane.eal.extra_arguments, (std::vector<std::string>{"--no-pci", "-v"}));
  EXPECT_EQ(plane.workers[0].roles, (WorkerRoles{.relay = true, .media = false}));
  EXPECT_EQ(plane.workers[1].roles, (WorkerRoles{.relay = false, .media = true}));
  EXPECT_EQ(plane.workers[0].idle, IdleMode::kSleep);
  EXPECT_EQ(plane.workers[1].idle, IdleMode::kPause);
  EXPECT_EQ(plane.workers[0].nap_us, 1000U);
  EXPECT_EQ(config.control_cpus, (std::vector<unsigned>{0, 1}));
  EXPECT_EQ(plane.commands_per_loop, 16U);
  EXPECT_FALSE(plane.send_bye);
  EXPECT_EQ(plane.max_sessions, 7U);
  EXPECT_EQ(plane.max_endpoints, 28U);
  EXPECT_EQ(plane.mbufs, 8192U);
  EXPECT_EQ(plane.ports[0].mtu, 1400U);
  EXPECT_EQ(plane.ports[0].rx_descriptors, 512U);
  EXPECT_EQ(plane.ports[0].tx_descriptors, 256U);
  EXPECT_EQ(plane.ports[0].steering, SteeringChoice::kRteFlow);
  EXPECT_EQ(plane.ports[0].interfaces[0].vlan, 4094U);
  EXPECT_EQ(config.networks[0].first_port, 1024U);
  EXPECT_EQ(config.networks[0].last_port, 65535U);
  EXPECT_EQ(config.networks[0].dscp, 0U);
  EXPECT_EQ(plane.learning.probation_packets, 9U);
  EXPECT_EQ(plane.learning.delayed_ms, 500U);
  EXPECT_EQ(plane.learning.handover_silence_ms, 2000U);
  EXPECT_EQ(plane.learning.min_change_interval_ms, 60000U);
  EXPECT_EQ(config.timeouts.media, std::chrono::hours(2));
  EXPECT_EQ(config.timeouts.drain, std::chrono::seconds(0));
  EXPECT_EQ(config.grpc.unix_socket, "");
  EXPECT_EQ(config.grpc.unix_socket_mode, 0600U);
  EXPECT_EQ(config.grpc.tcp[1], SocketAddress::parse("[::1]:7712"));
  EXPECT_EQ(config.log.level, LogLevel::kTrace);
  EXPECT_EQ(config.log.dpdk_level, LogLevel::kError);
  EXPECT_EQ(config.event_log_size, 10U);
}

TEST(ConfigLoader, EmptySectionsHaveDefaults) {
  EXPECT_EQ(problems_of(kGood + "eal:\n  # nothing\ntimeouts:\nlog: {}\n"), Lines{});
}

TEST(ConfigLoader, TellsTenProblemsAtOnce) {
  const std::string text =
      "eal: {huge_pages: maybe}\n"           // 1
      "workers:\n"                           // 2
      "  - {cpu: 1, idle: slep}\n"           // 3
      "  - {roles: [relay]}\n"               // 4
      "ports:\n"                             // 5
      "  - name: left\n"                     // 6
      "    device: \"0000:3b:00.0\"\n"       // 7
      "    mtu: 70000\n"                     // 8
      "    interfaces:\n"                    // 9
      "      - vlan: 5000\n"                 // 10
      "        adresses: [192.0.2.10/24]\n"  // 11
      "networks:\n"                          // 12
      "  - name: one\n"                      // 13
      "    addresses: [192.0.2.300]\n"       // 14
      "    ports: 20001-20000\n"             // 15
      "    dscp: EF\n"                       // 16
      "timeouts: {media: 60}\n"              // 17
      "memory: {max_sessions: -1}\n";        // 18
  EXPECT_EQ(
      problems_of(text),
      (Lines{
          "1: eal.huge_pages: 'maybe' is not one of auto, required or off",
          "3: workers[0].idle: 'slep' is not one of poll, pause, sleep or interrupt: did you mean 'sleep'?",
          "4: workers[1].cpu: is missing, and has no default",
          "8: ports[0].mtu: 70000 is out of range; allowed are 576..9216 bytes",
          "10: ports[0].interfaces[0].vlan: 5000 is out of range; allowed are 0..4094",
          "11: ports[0].interfaces[0].adresses: unknown key 'adresses': did you mean 'addresses'?",
          "14: networks[0].addresses[0]: '192.0.2.300' is not an IP address (without prefix length), such "
          "as 198.51.100.1",
          "15: networks[0].ports: first port 20001 must be below last port 20000",
          "16: networks[0].dscp: 'EF' is not a whole number",
          "17: timeouts.media: '60' has no unit; write a whole number with ms, s, min or h, such as 60s",
          "18: memory.max_sessions: -1 is out of range; allowed are 1..1000000 sessions"}));
}

TEST(ConfigLoader, MissingSections) {
  EXPECT_EQ(problems_of(""),
            (Lines{"1: workers: is missing, and has no default", "1: ports: is missing, and has no default",
                   "1: networks: is missing, and has no default"}));
  EXPECT_EQ(problems_of("workers: []\nports: []\nnetworks:\n"),
            (Lines{"1: workers: has 0 items; allowed are 1..64", "2: ports: has 0 items; allowed are 1..32",
                   "3: networks: has no value; must be a list"}));
}

TEST(ConfigLoader, UnknownKeys) {
  EXPECT_EQ(
      problems_of(kGood + "colour: blue\n"),
      (Lines{"19: colour: unknown key 'colour'; the keys here are eal, workers, control, memory, ports, "
             "networks, learning, srtp, media, timeouts, grpc, metrics, admission, log or events"}));
  EXPECT_EQ(problems_of(kGood + "grpc: {unix-socket: /run/x}\n"),
            (Lines{"19: grpc.unix-socket: unknown key 'unix-socket': did you mean 'unix_socket'?"}));
  EXPECT_EQ(problems_of(changed("mtu: 1500", "MTU: 1500")),
            (Lines{"6: ports[0].MTU: unknown key 'MTU': did you mean 'mtu'?"}));
  // A misspelt key that must be there is told once; and what hangs on it, not at all.
  EXPECT_EQ(problems_of(changed("addresses: [192.0.2.10/24]", "adress: [192.0.2.10/24]")),
            (Lines{"9: ports[0].interfaces[0].adress: unknown key 'adress': did you mean 'addresses'?"}));
}

TEST(ConfigLoader, RepeatedKeys) {
  EXPECT_EQ(problems_of(changed("    mtu: 1500\n", "    mtu: 1500\n    mtu: 1400\n")),
            (Lines{"7: ports[0].mtu: is given twice; first on line 6"}));
  EXPECT_EQ(problems_of(kGood + "workers:\n  - cpu: 2\n"),
            (Lines{"19: workers: is given twice; first on line 1"}));
}

TEST(ConfigLoader, WrongKinds) {
  EXPECT_EQ(problems_of("- a\n- b\n"), (Lines{"1: : must be a section of keys, not a list"}));
  EXPECT_EQ(problems_of("hello\n"), (Lines{"1: : must be a section of keys, not a single value"}));
  EXPECT_EQ(problems_of(changed("mtu: 1500", "mtu: [1500]")),
            (Lines{"6: ports[0].mtu: must be a whole number, not a list"}));
  EXPECT_EQ(problems_of(changed("mtu: 1500", "mtu: {bytes: 1500}")),
            (Lines{"6: ports[0].mtu: must be a whole number, not a section"}));
  EXPECT_EQ(problems_of(changed("mtu: 1500", "mtu:")),
            (Lines{"6: ports[0].mtu: has no value; must be a whole number"}));
  EXPECT_EQ(problems_of(changed("addresses: [192.0.2.10]", "addresses: 192.0.2.10")),
            (Lines{"15: networks[0].addresses: must be a list, not the single value '192.0.2.10'"}));
  EXPECT_EQ(problems_of(changed("addresses: [192.0.2.10]", "addresses: {a: 1}")),
            (Lines{"15: networks[0].addresses: must be a list, not a section"}));
  EXPECT_EQ(problems_of(kGood + "log: debug\n"),
            (Lines{"19: log: must be a section of keys, not a single value"}));
  EXPECT_EQ(problems_of(kGood + "? [a, b]\n: 1\n"), (Lines{"19: : a key must be a single word"}));
}

TEST(ConfigLoader, SyntaxErrorsHaveLines) {
  EXPECT_EQ(problems_of("workers:\n  - cpu: 1\n\tname: x\n").size(), 1U);
  EXPECT_EQ(problems_of("a: [1, 2\n"),
            (Lines{"2: : YAML syntax error at column 1: end of sequence flow not found"}));
  EXPECT_EQ(problems_of("a: 1\n b: 3\n"), (Lines{"2: : YAML syntax error at column 3: illegal map value"}));
  EXPECT_EQ(problems_of(kGood + "---\nmore: 1\n"),
            (Lines{"19: : a second YAML document begins here; the file must hold only one"}));
}

TEST(ConfigLoader, RefusesAliasesAndTags) {
  EXPECT_EQ(problems_of(changed("    mtu: 1500\n", "    mtu: &big 1500\n    queues: *big\n")),
            (Lines{"7: : aliases (*name) are not supported; write the value out"}));
  EXPECT_EQ(problems_of(changed("mtu: 1500", "mtu: !!int 1500")),
            (Lines{"6: : tags (!name) are not supported; write the plain value"}));
}

TEST(ConfigLoader, FilesThatCannotBeRead) {
  const ConfigResult missing = load_config_file("/nonexistent/pollux.yaml");
  EXPECT_EQ(format_problems(missing.problems),
            "/nonexistent/pollux.yaml: cannot be read: No such file or directory\n");
  EXPECT_FALSE(missing.config.has_value());
  const ConfigResult folder = load_config_file(testing::TempDir());
  EXPECT_EQ(format_problems(folder.problems), testing::TempDir() + ": cannot be read: Is a directory\n");
  const ConfigResult endless = load_config_file("/dev/zero");
  EXPECT_EQ(format_problems(endless.problems),
            "/dev/zero: is longer than 1000000 bytes; this is no configuration\n");
}

TEST(ConfigLoader, ReadsFiles) {
  const std::string path = testing::TempDir() + "pollux_config_loader_test.yaml";
  std::ofstream(path) << kGood << "events: {keep: 0}\n";
  const ConfigResult result = load_config_file(path);
  EXPECT_EQ(format_problems(result.problems),
            path + ":19: events.keep: 0 is out of range; allowed are 1..10000000 events\n");
  std::remove(path.c_str());
}

TEST(FormatProblems, LeavesOutWhatIsNotKnown) {
  const std::vector<ConfigProblem> problems = {{"pollux.yaml", 12, "ports[0].mtu", "is wrong"},
                                               {"pollux.yaml", 0, "", "is gone"},
                                               {"pollux.yaml", 3, "", "is odd"}};
  EXPECT_EQ(format_problems(problems),
            "pollux.yaml:12: ports[0].mtu: is wrong\npollux.yaml: is gone\npollux.yaml:3: is odd\n");
  EXPECT_EQ(format_problems({problems.data(), 1}, Severity::kWarning),
            "pollux.yaml:12: warning: ports[0].mtu: is wrong\n");
  EXPECT_EQ(format_problems({}), "");
}

TEST(FormatProblems, QuotesHostileText) {
  EXPECT_EQ(quoted("a\x1b[2J\n\xff"),
            "'a?[2J?"
            "?'");
  EXPECT_EQ(quoted(std::string(61, 'x')), "'" + std::string(60, 'x') + "...'");
}

}  // namespace
}  // namespace pollux::config
