// What the file of pollux-ng says.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/config/node_config.hpp"
#include "controlplane/config/problem.hpp"
#include "controlplane/config/section.hpp"
#include "dataplane/base/ip_address.hpp"

namespace pollux::ng {

// Files in PEM; all empty: no TLS.
struct NodeTls {
  std::string ca;
  std::string cert;
  std::string key;
  std::string server_name;

  bool wanted() const { return !ca.empty() || !cert.empty() || !key.empty() || !server_name.empty(); }
  friend bool operator==(const NodeTls&, const NodeTls&) = default;
};

// One polluxd.
struct NodeEntry {
  std::string address;  // "unix:/run/pollux/pollux.sock" or "host:port"
  std::uint32_t weight = 1;
  bool drain = false;  // by this file, whatever the node itself says: no new calls
  NodeTls tls;
  friend bool operator==(const NodeEntry&, const NodeEntry&) = default;
};

// What proxies call a network.
struct InterfaceEntry {
  std::string name;
  std::string network;
};

enum class SinkType : std::uint8_t { kUdp, kEvapi };
enum class Framing : std::uint8_t { kNetstring, kNone };

// Who is told of key presses.
struct SinkEntry {
  SinkType type = SinkType::kUdp;
  SocketAddress address;
  bool outgoing = false;                  // presses as well that have to be sent on by SIP INFO
  Framing framing = Framing::kNetstring;  // of evapi
};

struct LogSettings : config::LogConfig {
  LogSettings() { file = "/var/log/pollux/pollux-ng.log"; }
};

struct GatewayConfig {
  std::vector<SocketAddress> listen_udp = {{IpAddress::v4(be32(0x7f000001U)), 22222}};
  std::vector<SocketAddress> listen_tcp;
  std::uint32_t max_connections = 64;
  std::uint32_t workers = 16;
  std::chrono::milliseconds request_time{900};
  std::chrono::milliseconds delete_delay{0};
  std::chrono::milliseconds cookie_time{30'000};
  std::uint32_t cookie_mib = 64;
  std::vector<NodeEntry> nodes;
  std::chrono::milliseconds health_interval{1000};
  std::uint32_t remembered_calls = 100'000;
  std::vector<InterfaceEntry> interfaces;
  std::vector<SinkEntry> dtmf_sinks;
  LogSettings log;
};

struct GatewayResult {
  std::optional<GatewayConfig> config;  // set exactly when there are no problems
  std::vector<config::ConfigProblem> problems;
};

// Neither throws, whatever the bytes.
GatewayResult load_gateway_file(const std::string& path);
GatewayResult load_gateway_text(const std::string& text, const std::string& name);

// Every key, in the order of the example file.
std::vector<config::KeyInfo> gateway_keys();
// Path of every key -> its value as the file would say it.
std::map<std::string, std::string> gateway_values(const GatewayConfig& config);
// The table of keys in docs/pollux-ng.md.
std::string gateway_key_table();

}  // namespace pollux::ng
