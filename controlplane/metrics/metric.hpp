// Every metric that this node shows to Prometheus: one list, from which the code, the scrape's texts and the
// table in docs/metrics.md come. Names follow Prometheus' conventions: base units, counters end in _total.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pollux::metrics {

enum class Type : std::uint8_t { kCounter, kGauge, kHistogram };

// X(id, type, name, unit, labels separated by blanks, help)
#define POLLUX_METRICS(X)                                                                                  \
  X(build_info, kGauge, "pollux_build_info", "none", "version dpdk grpc",                                  \
    "Always 1; its labels say what runs")                                                                  \
  X(start_time, kGauge, "pollux_start_time_seconds", "seconds", "", "Unix time of the node's start")       \
  X(control_answered, kGauge, "pollux_control_answered", "none", "",                                       \
    "1 when the control thread answered this scrape in time; else sessions, networks and events are "      \
    "missing")                                                                                             \
  X(worker_load, kGauge, "pollux_worker_load_ratio", "ratio", "worker",                                    \
    "Share of the last second in which the worker found work")                                             \
  X(worker_overloaded, kGauge, "pollux_worker_overloaded", "none", "worker",                               \
    "1 while the worker gets no new sessions because of its load")                                         \
  X(worker_media, kGauge, "pollux_worker_media_committed_ratio", "ratio", "worker",                        \
    "What decoding and encoding is reckoned to cost the worker, as a share of its core")                   \
  X(worker_time, kCounter, "pollux_worker_time_seconds_total", "seconds", "worker",                        \
    "Time since the worker started")                                                                       \
  X(worker_busy, kCounter, "pollux_worker_busy_seconds_total", "seconds", "worker",                        \
    "Time in loops that found work")                                                                       \
  X(worker_loops, kCounter, "pollux_worker_loops_total", "loops", "worker", "Loops of the worker")         \
  X(worker_busy_loops, kCounter, "pollux_worker_busy_loops_total", "loops", "worker",                      \
    "Loops that found work")                                                                               \
  X(worker_sessions, kGauge, "pollux_worker_sessions", "sessions", "worker",                               \
    "Sessions that the worker runs")                                                                       \
  X(worker_commands, kCounter, "pollux_worker_commands_total", "commands", "worker",                       \
    "Changes of sessions that the worker has taken")                                                       \
  X(worker_events_lost, kCounter, "pollux_worker_events_lost_total", "events", "worker",                   \
    "Events that found the ring towards the control thread full")                                          \
  X(worker_handed_off, kCounter, "pollux_worker_handed_off_packets_total", "packets", "worker",            \
    "Packets passed on to the worker that owns their UDP port")                                            \
  X(worker_captured, kCounter, "pollux_worker_captured_packets_total", "packets", "worker",                \
    "Copies made for captures")                                                                            \
  X(worker_capture_lost, kCounter, "pollux_worker_capture_lost_packets_total", "packets", "worker",        \
    "Copies for captures that found no room")                                                              \
  X(worker_delay, kHistogram, "pollux_worker_forward_delay_seconds", "seconds", "worker",                  \
    "From a packet's arrival at the worker to its leaving, of one loop in sixteen")                        \
  X(worker_loop, kHistogram, "pollux_worker_loop_seconds", "seconds", "worker",                            \
    "How long loops with work took: so long may a packet wait for the worker to come")                     \
  X(stage_packets, kCounter, "pollux_stage_packets_total", "packets", "worker stage",                      \
    "Packets that came into the stage")                                                                    \
  X(stage_batches, kCounter, "pollux_stage_batches_total", "batches", "worker stage",                      \
    "Batches that came into the stage")                                                                    \
  X(stage_sampled_packets, kCounter, "pollux_stage_sampled_packets_total", "packets", "worker stage",      \
    "Packets whose cost was measured")                                                                     \
  X(stage_sampled_cycles, kCounter, "pollux_stage_sampled_cycles_total", "cycles", "worker stage",         \
    "Cycles of the time-stamp counter that these packets took in the stage")                               \
  X(stage_packet_cycles, kGauge, "pollux_stage_packet_cycles", "cycles", "worker stage",                   \
    "Cycles per packet since the start; 0 while none was measured")                                        \
  X(drops, kCounter, "pollux_drops_total", "packets", "worker reason",                                     \
    "Packets that ended here, by reason; worker host is the thread that answers ARP, ND and ping")         \
  X(dtmf_presses, kCounter, "pollux_dtmf_presses_total", "key presses", "way what",                        \
    "Key presses over all legs, by way: seen, merged with another way's, repaired, sent, refused")         \
  X(port_link, kGauge, "pollux_port_link_up", "none", "port", "1 while the device port has a link")        \
  X(port_rx_packets, kCounter, "pollux_port_receive_packets_total", "packets", "port",                     \
    "Packets that the device received")                                                                    \
  X(port_rx_bytes, kCounter, "pollux_port_receive_bytes_total", "bytes", "port",                           \
    "Bytes that the device received")                                                                      \
  X(port_rx_missed, kCounter, "pollux_port_receive_missed_packets_total", "packets", "port",               \
    "Packets that the device lost for want of descriptors")                                                \
  X(port_rx_errors, kCounter, "pollux_port_receive_errors_total", "packets", "port",                       \
    "Packets that the device received damaged")                                                            \
  X(port_handed_off, kCounter, "pollux_port_handed_off_packets_total", "packets", "port",                  \
    "Packets that came by another queue than their worker's, and were passed on by a ring")                \
  X(port_rx_no_mbuf, kCounter, "pollux_port_receive_no_mbuf_total", "packets", "port",                     \
    "Times that no packet buffer was free to receive into")                                                \
  X(port_tx_packets, kCounter, "pollux_port_transmit_packets_total", "packets", "port",                    \
    "Packets that the device sent")                                                                        \
  X(port_tx_bytes, kCounter, "pollux_port_transmit_bytes_total", "bytes", "port",                          \
    "Bytes that the device sent")                                                                          \
  X(port_tx_errors, kCounter, "pollux_port_transmit_errors_total", "packets", "port",                      \
    "Packets that the device failed to send")                                                              \
  X(host_packets, kCounter, "pollux_host_packets_total", "packets", "protocol direction",                  \
    "ARP and ND packets of the host thread")                                                               \
  X(host_echo, kCounter, "pollux_host_echo_answered_total", "packets", "", "Pings answered")               \
  X(host_neighbours, kGauge, "pollux_host_neighbours", "neighbours", "", "Next hops known")                \
  X(host_failed, kCounter, "pollux_host_neighbours_failed_total", "resolutions", "",                       \
    "Next hops that didn't answer ARP or ND")                                                              \
  X(mbufs, kGauge, "pollux_mbufs", "packets", "", "Packet buffers")                                        \
  X(mbufs_free, kGauge, "pollux_mbufs_free", "packets", "", "Packet buffers that are free")                \
  X(sessions_active, kGauge, "pollux_sessions_active", "sessions", "", "Sessions that exist")              \
  X(sessions_limit, kGauge, "pollux_sessions_limit", "sessions", "", "Sessions that are admitted at once") \
  X(sessions_created, kCounter, "pollux_sessions_created_total", "sessions", "", "Sessions created")       \
  X(sessions_deleted, kCounter, "pollux_sessions_deleted_total", "sessions", "",                           \
    "Sessions ended by Delete or by the node's stop")                                                      \
  X(sessions_timed_out, kCounter, "pollux_sessions_timed_out_total", "sessions", "",                       \
    "Sessions ended because no media came")                                                                \
  X(sessions_refused, kCounter, "pollux_sessions_refused_total", "sessions", "cause",                      \
    "Sessions not created, by cause")                                                                      \
  X(network_ports, kGauge, "pollux_network_ports", "UDP ports", "network",                                 \
    "Local UDP ports of the network, over all addresses")                                                  \
  X(network_ports_used, kGauge, "pollux_network_ports_used", "UDP ports", "network",                       \
    "Local UDP ports that sessions hold")                                                                  \
  X(events, kCounter, "pollux_events_total", "events", "type", "Events, by type")                          \
  X(event_watchers, kGauge, "pollux_event_watchers", "streams", "",                                        \
    "WatchEvents streams that wait for the next event")                                                    \
  X(one_way, kCounter, "pollux_one_way_audio_suspected_total", "legs", "",                                 \
    "Times that media was suspected to go one way only")                                                   \
  X(call_duration, kHistogram, "pollux_call_duration_seconds", "seconds", "",                              \
    "How long sessions lasted, told at their end")                                                         \
  X(call_mos, kHistogram, "pollux_call_mos", "MOS, 1 to 4.5", "",                                          \
    "Quality of what a leg received (E-model), told at its session's end")                                 \
  X(call_loss, kHistogram, "pollux_call_loss_ratio", "ratio", "",                                          \
    "Share of a leg's packets that never came, told at its session's end")                                 \
  X(call_jitter, kHistogram, "pollux_call_jitter_seconds", "seconds", "",                                  \
    "Interarrival jitter of a leg (RFC 3550), told at its session's end")                                  \
  X(call_round_trip, kHistogram, "pollux_call_round_trip_seconds", "seconds", "",                          \
    "Round trip to a leg's party by its last RTCP report, told at its session's end")                      \
  X(api_duration, kHistogram, "pollux_api_request_duration_seconds", "seconds", "method code",             \
    "How long gRPC calls took, by method and status code")

enum class Metric : std::uint8_t {
#define POLLUX_X(id, type, name, unit, labels, help) id,
  POLLUX_METRICS(POLLUX_X)
#undef POLLUX_X
};

struct Declaration {
  Type type;
  std::string_view name;
  std::string_view unit;
  std::string_view labels;  // separated by blanks
  std::string_view help;
};

inline constexpr auto kMetrics = std::to_array<Declaration>({
#define POLLUX_X(id, type, name, unit, labels, help) {Type::type, name, unit, labels, help},
    POLLUX_METRICS(POLLUX_X)
#undef POLLUX_X
});

inline constexpr const Declaration& declaration(Metric metric) {
  return kMetrics[static_cast<std::size_t>(metric)];
}

std::vector<std::string> label_names(const Declaration& metric);
std::string_view type_name(Type type);  // "counter"

// The table of docs/metrics.md.
std::string metric_table();

}  // namespace pollux::metrics
