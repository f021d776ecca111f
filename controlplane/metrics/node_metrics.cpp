#include "controlplane/metrics/node_metrics.hpp"

#include <algorithm>
#include <map>

#include "controlplane/metrics/family_writer.hpp"
#include "controlplane/metrics/label_values.hpp"

namespace pollux::metrics {

namespace {

double seconds(std::uint64_t cycles, double tsc_hz) {
  return tsc_hz > 0 ? static_cast<double>(cycles) / tsc_hz : 0.0;
}

void write_drops(const std::array<std::uint64_t, kDropReasonCount>& drops, const std::string& worker,
                 FamilyWriter& out) {
  for (std::size_t i = 0; i < kDropReasonCount; ++i) {
    out.add(Metric::drops, {worker, std::string(kDropReasons[i].name)}, drops[i]);
  }
}

void write_worker(const WorkerStats& from, double tsc_hz, FamilyWriter& out) {
  const std::string worker = std::to_string(from.worker);
  out.add(Metric::worker_time, {worker}, seconds(from.total_cycles, tsc_hz));
  out.add(Metric::worker_busy, {worker}, seconds(from.busy_cycles, tsc_hz));
  out.add(Metric::worker_loops, {worker}, from.loops);
  out.add(Metric::worker_busy_loops, {worker}, from.busy_loops);
  out.add(Metric::worker_sessions, {worker}, from.sessions);
  out.add(Metric::worker_commands, {worker}, from.commands);
  out.add(Metric::worker_events_lost, {worker}, from.events_lost);
  out.add(Metric::worker_handed_off, {worker}, from.handed_off);
  out.add(Metric::worker_captured, {worker}, from.captured);
  out.add(Metric::worker_capture_lost, {worker}, from.capture_lost);
  out.add(Metric::worker_delay, {worker}, from.forward_delay);
  out.add(Metric::worker_loop, {worker}, from.loop_time);
  for (const StageStats& counters : from.stages) {
    const std::string stage(counters.name);
    out.add(Metric::stage_packets, {worker, stage}, counters.packets);
    out.add(Metric::stage_batches, {worker, stage}, counters.batches);
    out.add(Metric::stage_sampled_packets, {worker, stage}, counters.sampled_packets);
    out.add(Metric::stage_sampled_cycles, {worker, stage}, counters.sampled_cycles);
    const double sampled = static_cast<double>(std::max<std::uint64_t>(counters.sampled_packets, 1));
    out.add(Metric::stage_packet_cycles, {worker, stage},
            static_cast<double>(counters.sampled_cycles) / sampled);
  }
  write_drops(from.drops, worker, out);
}

void write_dtmf(const std::vector<WorkerStats>& workers, FamilyWriter& out) {
  for (std::size_t way = 0; way < kDtmfWayCount; ++way) {
    for (std::size_t what = 0; what < kDtmfCountCount; ++what) {
      std::uint64_t presses = 0;
      for (const WorkerStats& worker : workers) {
        presses += worker.dtmf[way][what];
      }
      out.add(Metric::dtmf_presses, {std::string(kDtmfWayNames[way]), std::string(kDtmfCountNames[what])},
              presses);
    }
  }
}

void write_port(const PortStats& port, FamilyWriter& out) {
  out.add(Metric::port_link, {port.name}, port.link_up ? 1.0 : 0.0);
  out.add(Metric::port_rx_packets, {port.name}, port.rx_packets);
  out.add(Metric::port_rx_bytes, {port.name}, port.rx_bytes);
  out.add(Metric::port_rx_missed, {port.name}, port.rx_missed);
  out.add(Metric::port_rx_errors, {port.name}, port.rx_errors);
  out.add(Metric::port_handed_off, {port.name}, port.handed_off);
  out.add(Metric::port_rx_no_mbuf, {port.name}, port.rx_no_mbuf);
  out.add(Metric::port_tx_packets, {port.name}, port.tx_packets);
  out.add(Metric::port_tx_bytes, {port.name}, port.tx_bytes);
  out.add(Metric::port_tx_errors, {port.name}, port.tx_errors);
}

void write_host(const HostStats& host, FamilyWriter& out) {
  out.add(Metric::host_packets, {"arp", "received"}, host.arp_received);
  out.add(Metric::host_packets, {"arp", "sent"}, host.arp_sent);
  out.add(Metric::host_packets, {"nd", "received"}, host.nd_received);
  out.add(Metric::host_packets, {"nd", "sent"}, host.nd_sent);
  out.add(Metric::host_echo, {}, host.echo_answered);
  out.add(Metric::host_neighbours, {}, host.neighbours);
  out.add(Metric::host_failed, {}, host.neighbours_failed);
  write_drops(host.drops, "host", out);
}

// Causes are shown from the first scrape on, so that a first refusal is an increase; a cause that isn't in
// the list counts as "other".
void write_refusals(const std::map<std::string, std::uint64_t>& refused, FamilyWriter& out) {
  std::uint64_t other = 0;
  for (const auto& [cause, times] : refused) {
    other += times;
  }
  for (const std::string_view cause : kRefusalCauses) {
    const auto found = refused.find(std::string(cause));
    const std::uint64_t times = found == refused.end() ? 0 : found->second;
    out.add(Metric::sessions_refused, {std::string(cause)}, times);
    other -= times;
  }
  out.add(Metric::sessions_refused, {"other"}, other);
}

void write_control(const ControlSnapshot& control, FamilyWriter& out) {
  for (std::size_t i = 0; i < control.loads.size(); ++i) {
    out.add(Metric::worker_load, {std::to_string(i)}, control.loads[i]);
    out.add(Metric::worker_overloaded, {std::to_string(i)}, control.overloaded[i] ? 1.0 : 0.0);
    out.add(Metric::worker_media, {std::to_string(i)}, control.media_committed[i]);
  }
  out.add(Metric::sessions_active, {}, control.sessions.active);
  out.add(Metric::sessions_limit, {}, static_cast<double>(control.session_limit));
  out.add(Metric::sessions_created, {}, control.sessions.created);
  out.add(Metric::sessions_deleted, {}, control.sessions.deleted);
  out.add(Metric::sessions_timed_out, {}, control.sessions.timed_out);
  write_refusals(control.sessions.refused_by_cause, out);
  for (const ControlSnapshot::Network& network : control.networks) {
    out.add(Metric::network_ports, {network.name}, network.ports.total);
    out.add(Metric::network_ports_used, {network.name}, network.ports.used);
  }
  for (std::size_t i = 0; i < control.events.size(); ++i) {
    out.add(Metric::events, {std::string(kEventNames[i])}, control.events[i]);
  }
  out.add(Metric::event_watchers, {}, std::uint64_t{control.watchers});
  out.add(Metric::one_way, {},
          control.events[static_cast<std::size_t>(control::LogEventType::kOneWayAudioSuspected)]);
}

}  // namespace

std::vector<prometheus::MetricFamily> node_families(const NodeSnapshot& snapshot, const BuildInfo& build) {
  FamilyWriter out;
  out.add(Metric::build_info, {build.version, build.dpdk, build.grpc}, 1.0);
  out.add(Metric::start_time, {}, std::chrono::duration<double>(build.start_time.time_since_epoch()).count());
  out.add(Metric::control_answered, {}, snapshot.control ? 1.0 : 0.0);
  for (const WorkerStats& worker : snapshot.stats.workers) {
    write_worker(worker, snapshot.stats.tsc_hz, out);
  }
  write_dtmf(snapshot.stats.workers, out);
  for (const PortStats& port : snapshot.stats.ports) {
    write_port(port, out);
  }
  write_host(snapshot.stats.host, out);
  out.add(Metric::mbufs, {}, snapshot.stats.mbufs_total);
  out.add(Metric::mbufs_free, {}, snapshot.stats.mbufs_free);
  if (snapshot.control) {
    write_control(*snapshot.control, out);
  }
  return out.take();
}

std::vector<prometheus::MetricFamily> NodeMetrics::Collect() const {
  return node_families(take_snapshot(control_, dataplane_, kPatience), build_);
}

}  // namespace pollux::metrics
