// The stages of the packet's way and their counters: one word for file, stage and counter group.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "dataplane/api/drop_reason.hpp"
#include "dataplane/base/counter.hpp"
#include "dataplane/base/dtmf_params.hpp"
#include "dataplane/base/duration_histogram.hpp"

namespace pollux::stages {

// X(name, what it does), in the order in which a packet meets them.
#define POLLUX_STAGES(X)                                                                             \
  X(rx, "takes packets from a device queue")                                                         \
  X(classify, "Ethernet, VLAN, IP, UDP: finds the endpoint, tells RTP from RTCP from the rest")      \
  X(handoff, "passes packets to the worker that owns their port")                                    \
  X(punt, "passes ARP, ND and ICMP to the host thread, and sends what it answers")                   \
  X(srtp_unprotect, "authenticates and decrypts SRTP and SRTCP")                                     \
  X(rtp_receive, "checks RTP, its source and payload type, measures, fans out")                      \
  X(dtmf, "takes key presses out of streams: telephone-events, and tones that it listens for")       \
  X(repacketize, "cuts and joins payloads, and swaps A-law and mu-law, in the session's own worker") \
  X(transcode, "decodes and encodes, in workers with the media role")                                \
  X(rtcp, "checks, translates and relays RTCP")                                                      \
  X(rtcp_report, "sends RTCP reports of our own where media goes through a path")                    \
  X(dtmf_send, "sends key presses, as telephone-events or tones")                                    \
  X(rtp_send, "rewrites RTP where asked and puts the headers of the outgoing leg on")                \
  X(srtp_protect, "encrypts and authenticates for legs that speak SRTP")                             \
  X(tx, "hands packets to the device")                                                               \
  X(capture, "copies packets for those who look for a fault")

enum class Stage : std::uint8_t {
#define POLLUX_X(name, help) name,
  POLLUX_STAGES(POLLUX_X)
#undef POLLUX_X
};

struct StageText {
  std::string_view name;
  std::string_view help;
};
inline constexpr auto kStages = std::to_array<StageText>({
#define POLLUX_X(name, help) {#name, help},
    POLLUX_STAGES(POLLUX_X)
#undef POLLUX_X
});

inline constexpr std::size_t kMostDevices = 32;  // RTE_MAX_ETHPORTS

struct StageCounters {
  Counter packets;
  Counter batches;
  Counter sampled_packets;
  Counter sampled_cycles;
};

// written by: one worker; read by: any
struct WorkerCounters {
  std::array<StageCounters, kStages.size()> stages;
  std::array<Counter, kDropReasonCount> drops;
  Counter loops;
  Counter busy_loops;
  Counter busy_cycles;
  Counter total_cycles;
  Counter commands;
  Counter events_lost;
  Counter sessions;
  Counter handed_off;
  std::array<Counter, kMostDevices> handed_off_by_port;  // by DPDK port id of the device that received them
  Counter capture_lost;
  DtmfCounts<Counter> dtmf;
  DurationHistogram forward_delay;  // of packets in sampled loops; see forward_delay.hpp
  DurationHistogram loop_time;      // of loops that found work

  StageCounters& stage(Stage which) { return stages[static_cast<std::size_t>(which)]; }
  Counter& drop(DropReason reason) { return drops[static_cast<std::size_t>(reason)]; }
};

}  // namespace pollux::stages
