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
  std::chrono::milliseconds media{60000};          // silence of all legs that ends a session; 0: never
  std::chrono::milliseconds one_way_audio{10000};  // silence of one leg that is suspicious; 0: never
  std::chrono::milliseconds drain{5000};           // how long SIGTERM waits for sessions to be unlinked
};

// What a caller of the API may do: nothing, look, everything.
enum class Role : std::uint8_t { kNone, kReadOnly, kAdmin };

// Encrypted doors. Files are PEM, and read again when they change.
struct TlsConfig {
  std::vector<SocketAddress> listen;  // empty: no such door
  std::string certificate;            // the server's, followed by those that lead to its CA
  std::string key;
  std::string client_ca;                  // who signs clients' certificates; empty: clients need none
  std::vector<std::string> admins;        // common or alternative names in clients' certificates
  std::vector<std::string> readers;       // the same, for Role::kReadOnly; in neither list: Role::kNone
  Role anonymous_role = Role::kReadOnly;  // of everybody, without client_ca
};

// Where the gRPC server listens, what a caller may do there and how much of it. Nothing beyond loopback
// unless the file says so.
struct DoorConfig {
  std::string unix_socket = "/run/pollux/pollux.sock";  // empty: none
  std::uint32_t unix_socket_mode = 0660;                // octal permissions
  std::string read_only_socket;                         // a second one, for Role::kReadOnly; empty: none
  std::uint32_t read_only_socket_mode = 0660;
  std::vector<SocketAddress> tcp;  // in plain text, e.g. 127.0.0.1:7711; default none
  Role tcp_role = Role::kAdmin;
  TlsConfig tls;
  std::uint32_t max_request_kib = 1024;
  std::uint32_t max_requests_per_second = 50000;  // of one peer at one door; 0: any number
  std::uint32_t max_calls_per_connection = 1000;  // at once
  std::uint32_t max_watchers = 64;                // WatchEvents streams at once, over all doors
};

// Where Prometheus may scrape. Nothing listens unless the file says so.
struct MetricsConfig {
  std::vector<SocketAddress> listen;  // e.g. 127.0.0.1:9464
};

// When new sessions are refused, and legs that are added to old ones; nothing established suffers.
struct AdmissionConfig {
  std::uint32_t max_sessions = 0;      // 0: as many as memory.max_sessions
  std::uint32_t max_worker_load = 90;  // percent of a worker's time; 100: load refuses nothing
  std::uint32_t min_free_mbufs = 2;    // percent of memory.mbufs
  std::uint32_t max_media_load = 80;   // percent of a media worker's core that transcoding may be reckoned at
  std::uint32_t reserved_ports = 0;    // percent of each network's ports, for legs added to sessions
};

struct MediaConfig {
  std::chrono::milliseconds jitter_window{60};  // for legs that ask for none
};

// What of SRTP is refused unless the operator allows it; asked when a request comes.
struct SrtpPolicy {
  bool allow_null_cipher = false;        // keys of the suite that doesn't encrypt
  bool allow_decrypted_capture = false;  // captures of SRTP as it is inside
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
  SrtpPolicy srtp;    // the rest of the section is dataplane.srtp
  MediaConfig media;  // and dataplane.max_packets_per_second
  TimeoutConfig timeouts;
  DoorConfig grpc;
  MetricsConfig metrics;
  AdmissionConfig admission;
  LogConfig log;
  std::uint32_t event_log_size = 65536;  // events kept for clients that reconnect
};

}  // namespace pollux::config
