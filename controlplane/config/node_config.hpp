// The node's configuration as plain structs: what config/pollux.example.yaml documents, after checking.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "dataplane/api/dataplane_config.hpp"

namespace pollux::config {

// Local addresses and UDP ports that serve one side of the calls ("inside", "outside").
struct NetworkConfig {
  std::string name;
  std::vector<IpAddress> addresses;  // each belongs to an interface of a port, and to one network only
  std::uint16_t first_port = 20000;  // even; RTP takes even ports, RTCP the odd one above it
  std::uint16_t last_port = 59999;   // inclusive, odd
  std::uint8_t dscp = 46;            // for legs that ask for none: EF
};

struct TimeoutConfig {
  std::chrono::milliseconds media{60000};  // silence of all legs that ends a session; 0: never
  std::chrono::milliseconds one_way_audio{10000};  // silence of one leg that is suspicious; 0: never
  std::chrono::milliseconds drain{5000};   // how long SIGTERM waits for sessions to be unlinked
};

// Where the gRPC server listens. Nothing beyond loopback unless the file says so.
struct DoorConfig {
  std::string unix_socket = "/run/pollux/pollux.sock";  // empty: none
  std::uint32_t unix_socket_mode = 0660;                // octal permissions
  std::vector<SocketAddress> tcp;                       // e.g. 127.0.0.1:7711; default none
};

enum class LogLevel : std::uint8_t { kTrace, kDebug, kInfo, kWarning, kError };

enum class LogTarget : std::uint8_t { kStderr, kFile };
enum class LogFormat : std::uint8_t { kText, kJson };

struct LogConfig {
  LogLevel level = LogLevel::kInfo;
  LogLevel dpdk_level = LogLevel::kWarning;
  LogTarget target = LogTarget::kStderr;
  std::string file = "/var/log/pollux/polluxd.log";  // with kFile
  LogFormat format = LogFormat::kText;
  std::uint32_t repeat_limit = 10;  // messages of one kind a second; 0: no limit
};

struct NodeConfig {
  DataplaneConfig dataplane;
  std::vector<unsigned>
      control_cpus;  // CPUs of gRPC and control threads; empty: all that no worker uses, or all
  std::vector<NetworkConfig> networks;
  TimeoutConfig timeouts;
  DoorConfig grpc;
  LogConfig log;
  std::uint32_t event_log_size = 65536;  // events kept for clients that reconnect
};

}  // namespace pollux::config
