// Snapshots of counters, as the control plane reads them. Counts only grow while the process lives.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/api/drop_reason.hpp"
#include "dataplane/api/session_spec.hpp"
#include "dataplane/api/steering.hpp"
#include "dataplane/base/codec_params.hpp"
#include "dataplane/base/dtmf_params.hpp"
#include "dataplane/base/duration_histogram.hpp"

namespace pollux {

struct StageStats {
  std::string_view name;  // file name under dataplane/stages/
  std::string_view help;
  std::uint64_t packets = 0;
  std::uint64_t batches = 0;
  // Cost is sampled: cycles (TSC) spent on `sampled_packets` packets.
  std::uint64_t sampled_packets = 0;
  std::uint64_t sampled_cycles = 0;
};

struct WorkerStats {
  std::uint16_t worker = 0;
  unsigned cpu = 0;
  std::uint64_t loops = 0;
  std::uint64_t busy_loops = 0;
  std::uint64_t busy_cycles = 0;   // TSC cycles in loops that found work
  std::uint64_t total_cycles = 0;  // TSC cycles since the worker started
  std::uint64_t commands = 0;
  std::uint64_t events_lost = 0;  // events that found the ring full
  std::uint64_t sessions = 0;
  std::uint64_t handed_off = 0;    // packets passed on to the worker that owns their port
  std::uint64_t captured = 0;      // copies made for captures
  std::uint64_t capture_lost = 0;  // copies that found no room
  std::vector<StageStats> stages;
  std::array<std::uint64_t, kDropReasonCount> drops{};
  DtmfCounts<std::uint64_t> dtmf{};  // by way; of sessions that have ended too
  // From a packet's arrival at the worker to its leaving, of one loop in sixteen. Not in it: the time in the
  // device's queues, and what a media path holds back (MediaPathStats::delay_ms).
  DurationCounts forward_delay;
  // Of loops that found work: so long may a packet wait in the device's queue for the worker to come.
  DurationCounts loop_time;
};

// rx/tx of a device port as the device and its driver count them, plus what the host thread does there.
struct PortStats {
  std::string name;
  std::string device;
  std::string mac;
  bool link_up = false;
  std::uint16_t queues = 0;
  std::uint64_t rx_packets = 0;
  std::uint64_t rx_bytes = 0;
  std::uint64_t tx_packets = 0;
  std::uint64_t tx_bytes = 0;
  std::uint64_t rx_missed = 0;  // lost by the device for want of descriptors
  std::uint64_t rx_errors = 0;
  std::uint64_t tx_errors = 0;
  std::uint64_t rx_no_mbuf = 0;
  SteeringMode steering = SteeringMode::kSingle;
  std::string steering_reason;   // why it is no better than kHandoff
  std::uint64_t handed_off = 0;  // packets that came by another queue than one of their owner's
};

// The host thread: ARP, ND, ICMP.
struct HostStats {
  std::uint64_t arp_received = 0;
  std::uint64_t arp_sent = 0;
  std::uint64_t nd_received = 0;
  std::uint64_t nd_sent = 0;
  std::uint64_t echo_answered = 0;
  std::uint64_t neighbours = 0;
  std::uint64_t neighbours_failed = 0;  // resolutions that gave up
  std::array<std::uint64_t, kDropReasonCount> drops{};
};

// What a codec costs on this machine, measured at start: of one core, for one stream in one direction.
struct CodecCost {
  CodecId id = CodecId::kPcma;
  double decode_share = 0;
  double encode_share = 0;
};

struct NodeStats {
  std::vector<WorkerStats> workers;
  std::vector<PortStats> ports;
  HostStats host;
  std::uint64_t mbufs_total = 0;
  std::uint64_t mbufs_free = 0;
  double tsc_hz = 0;         // rate of the cycles counted above
  bool huge_pages = false;   // the packet memory lies in huge pages
  std::string srtp_backend;  // what encrypts, with what was chosen for this machine
};

// What is known of the way to a destination.
enum class NextHop : std::uint8_t { kNone, kResolved, kUnresolved, kNoRoute };

// One component (RTP or RTCP) of one leg.
struct StreamStats {
  std::uint64_t rx_packets = 0;  // believed packets, whether or not they could be sent on
  std::uint64_t rx_bytes = 0;    // UDP payload
  std::uint64_t tx_packets = 0;
  std::uint64_t tx_bytes = 0;
  std::uint64_t dropped = 0;  // packets that reached this component's port and ended there, of any cause
  std::int64_t lost = 0;  // expected minus received (RFC 3550 A.3), of this SSRC; negative with duplicates
  std::uint32_t jitter_rtp_ticks = 0;  // interarrival jitter (RFC 3550 A.8)
  std::uint32_t ssrc = 0;              // last believed source
  std::uint64_t last_rx_age_ms = 0;    // since the last believed packet; meaningless while rx_packets is 0
  std::optional<SocketAddress> destination;  // where packets are sent now
  bool source_confirmed = false;             // a packet was believed from `destination`
  NextHop next_hop = NextHop::kNone;         // towards `destination`
  IpAddress next_hop_address;                // valid with kResolved and kUnresolved
};

// What a party told by RTCP of the media it gets (RFC 3550 §6.4.1), in its latest report block.
struct PartyReport {
  std::uint8_t fraction_lost = 0;  // of 256
  std::int32_t cumulative_lost = 0;
  std::uint32_t jitter_rtp_ticks = 0;
  std::uint64_t age_ms = 0;
};

// How the RTP of a leg's party arrives, over all SSRCs of the leg.
struct ReceptionStats {
  std::uint64_t expected = 0;  // by the sequence numbers
  std::uint64_t received = 0;  // without duplicates
  std::uint64_t reordered = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t gaps = 0;  // runs of missing sequence numbers, those that were filled later too
  std::uint32_t longest_gap_packets = 0;
  std::uint32_t jitter_rtp_ticks = 0;
  std::uint32_t max_jitter_rtp_ticks = 0;
  std::uint8_t payload_type = 0;      // on the wire, of one of the last packets
  std::uint32_t clock_rate = 8000;    // Hz, of that payload type
  std::uint32_t ptime_rtp_ticks = 0;  // media per packet; 0: not known yet
  std::uint64_t talk_us = 0;          // media time with sound
  std::uint64_t silence_us = 0;
  std::uint32_t stream_changes = 0;
  std::optional<std::uint32_t> round_trip_us;  // between us and the party, by its latest report
  std::optional<PartyReport> party_report;

  std::uint64_t lost() const { return expected > received ? expected - received : 0; }
};

// One SSRC under a key: where its packet index stands (RFC 3711 §3.3.1).
struct SrtpStreamStats {
  std::uint32_t ssrc = 0;
  std::uint32_t roc = 0;
  std::uint16_t sequence = 0;  // the highest so far
};

// One direction of a leg.
struct SrtpDirectionStats {
  std::uint64_t rtp_packets = 0;  // opened or sent under the present key
  std::uint64_t rtcp_packets = 0;
  std::uint64_t rtp_packets_left = 0;  // until the key's lifetime ends
  bool overlap = false;                // receiving: the former key is good as well
  std::vector<SrtpStreamStats> streams;
};

// What is done to a stream on its way from one leg to another, where it isn't just relayed.
struct MediaPathStats {
  std::uint16_t from_leg = 0;  // id of the leg by whose party it is sent
  std::uint16_t worker = 0;    // that does it
  CodecParams in;              // of the last packet; of the first format in the list before one came
  CodecParams out;
  bool transcodes = false;              // `in` is decoded; otherwise its frames are cut and joined at most
  std::uint32_t resampled_from_hz = 0;  // 0: not
  std::uint32_t resampled_to_hz = 0;
  double in_ptime_ms = 0;  // 0: not known yet
  double out_ptime_ms = 0;
  double delay_ms = 0;   // that it adds now: window, packets that are being filled, look-ahead of the codec
  double window_ms = 0;  // how long it waits for late packets now
  double cpu_share = 0;  // of one core, over the last seconds; 0..1
  std::uint64_t packets_in = 0;
  std::uint64_t packets_out = 0;
  std::uint64_t reordered = 0;     // put back into their place
  std::uint64_t late = 0;          // came too late for that
  std::uint64_t lost = 0;          // never came, or too late
  std::uint64_t malformed = 0;     // payloads that their codec can't read
  std::uint64_t concealed_us = 0;  // media made up for what was lost
  std::uint64_t noise_us = 0;      // comfort noise made
  std::uint64_t flushed = 0;       // packets sent short or padded, because nothing more came
};

struct LegStats {
  std::uint16_t id = 0;
  StreamStats rtp;
  StreamStats rtcp;
  std::uint16_t port = 0;  // index into DataplaneConfig::ports: the one it sends by
  bool link_up = false;
  std::optional<SrtpDirectionStats> srtp_receive;  // set with the key
  std::optional<SrtpDirectionStats> srtp_send;
  ReceptionStats reception;           // all zero until RTP was received
  std::vector<MediaPathStats> paths;  // of what is sent on this leg
  DtmfCounts<std::uint64_t> dtmf{};   // by way
  std::array<std::uint64_t, kDropReasonCount>
      drops{};  // packets that ended at the leg, of the first 8 reasons
};

struct SessionStats {
  std::vector<LegStats> legs;
};

}  // namespace pollux
