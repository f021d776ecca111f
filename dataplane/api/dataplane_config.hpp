// Everything the data plane has to know before it starts. Nothing here changes while it runs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dataplane/api/steering.hpp"
#include "dataplane/base/ip_address.hpp"

namespace pollux {

enum class HugePages : std::uint8_t { kAuto, kRequired, kOff };

// What a worker does when its queues are empty.
enum class IdleMode : std::uint8_t {
  kPoll,   // polls on: lowest delay, a full core
  kPause,  // PAUSE instructions between polls: kind to the sibling hyper-thread
  kSleep,  // naps, up to 130 µs at a time, after some hundred empty polls: for small and shared machines
  // sleeps until a packet comes, or somebody gives it work: for devices with receive interrupts
  kInterrupt,
};

// Work a worker is given. A small machine gives both to one.
struct WorkerRoles {
  bool relay = true;
  bool media = true;
  friend bool operator==(const WorkerRoles&, const WorkerRoles&) = default;
};

struct WorkerConfig {
  unsigned cpu = 0;  // several workers may share a CPU; they then share its time
  WorkerRoles roles;
  IdleMode idle = IdleMode::kSleep;
  // kSleep: how long it naps whenever nothing is to do, in microseconds: packets are taken and sent in
  // batches. 0: it stays awake for a while and then naps in steps.
  std::uint32_t nap_us = 0;
};

struct EalConfig {
  unsigned main_cpu = 0;  // the EAL's main thread: start-up and the host thread (ARP, ND, ICMP)
  HugePages huge_pages = HugePages::kAuto;
  std::uint32_t memory_mb = 256;
  std::string file_prefix = "pollux";        // tells several instances on a machine apart
  bool telemetry = true;                     // DPDK's telemetry socket
  std::vector<std::string> extra_arguments;  // passed to rte_eal_init as they are
};

// One VLAN of a port, or its untagged traffic.
struct InterfaceConfig {
  std::uint16_t vlan = 0;           // 802.1Q id 1..4094; 0 = untagged
  std::vector<IpPrefix> addresses;  // ours, with the on-link prefix
  std::vector<IpAddress>
      gateways;  // at most one per family; each inside one of the prefixes (or link-local v6)
};

struct PortConfig {
  std::string name;
  // A PCI address ("0000:3b:00.0"), a virtual device with its arguments ("net_af_packet0,iface=veth0"), or
  // the name of a device that exists already.
  std::string device;
  std::uint16_t queues = 1;  // receive queues; shared out among the workers
  std::uint16_t mtu = 1500;  // bytes of IP packet
  std::uint16_t rx_descriptors = 1024;
  std::uint16_t tx_descriptors = 1024;
  SteeringChoice steering = SteeringChoice::kAuto;
  std::vector<InterfaceConfig> interfaces;
};

struct LearningConfig {
  std::uint32_t probation_packets = 5;  // packets in sequence that prove a source to be an RTP stream
  std::uint32_t delayed_ms = 3000;      // LearningMode::kDelayed: how long only the signalled source counts
  std::uint32_t handover_silence_ms =
      200;  // how long the known source must be silent before it may be replaced
  std::uint32_t min_change_interval_ms = 1000;  // between two changes of one leg's source

  bool operator==(const LearningConfig&) const = default;
};

// What encrypts and decrypts.
enum class SrtpBackend : std::uint8_t {
  kIpsecMb,  // Intel's multi-buffer library: whole batches at a time
  kLibsrtp,  // the reference implementation, a packet at a time; for doubt and for comparison
};

struct SrtpConfig {
  SrtpBackend backend = SrtpBackend::kIpsecMb;
  std::uint16_t replay_window =
      128;  // packets, a multiple of 64 in 64..1024 (RFC 3711 §3.3.2); SRTCP as well
  std::uint16_t streams_per_key = 16;      // SSRCs under one key that are told apart
  std::uint32_t rekey_overlap_ms = 10000;  // how long the former key of what a party sends stays good
};

inline constexpr std::uint32_t kMostPacketsPerSecond = 1'000'000;  // a limit in whole microseconds a packet

struct DataplaneConfig {
  EalConfig eal;
  std::vector<WorkerConfig> workers;
  std::vector<PortConfig> ports;
  LearningConfig learning;
  SrtpConfig srtp;
  std::uint32_t max_sessions = 10000;   // memory for their hot state is set aside at start
  std::uint32_t max_endpoints = 40000;  // local RTP and RTCP ports in use at once
  std::uint32_t mbufs = 16384;          // packet buffers
  std::uint32_t commands_per_loop = 8;  // how many commands a worker takes between two batches of packets
  // That a local port takes from its party, and as many from everybody else; 0: any number.
  std::uint32_t max_packets_per_second = 3000;
  bool send_bye = true;  // RTCP BYE to the parties of a session that ends (RFC 3550 §6.6)
};

}  // namespace pollux
