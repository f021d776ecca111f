#include "controlplane/rpc/node_stats.hpp"

#include "controlplane/rpc/drop_counters.hpp"

namespace pollux::rpc {

namespace {

double ratio(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

void write_durations(const DurationCounts& durations, v1::DurationHistogram& to) {
  for (std::size_t i = 0; i < durations.buckets.size(); ++i) {
    if (durations.buckets[i] != 0) {
      v1::DurationBucket& bucket = *to.add_buckets();
      bucket.set_up_to_ns(i + 1 < durations.buckets.size() ? DurationBuckets::limit_ns(i)
                                                           : durations.most_ns);
      bucket.set_count(durations.buckets[i]);
    }
  }
  to.set_count(durations.total());
  to.set_sum_ns(durations.sum_ns);
  to.set_max_ns(durations.most_ns);
  if (const auto p50 = durations.quantile_ns(0.5)) {
    to.set_p50_ns(*p50);
    to.set_p99_ns(*durations.quantile_ns(0.99));
    to.set_p999_ns(*durations.quantile_ns(0.999));
  }
}

void write_worker(const WorkerStats& worker, v1::WorkerCounters& to) {
  to.set_worker(worker.worker);
  to.set_cpu(worker.cpu);
  to.set_loops(worker.loops);
  to.set_busy_loops(worker.busy_loops);
  to.set_busy_ratio(ratio(worker.busy_cycles, worker.total_cycles));
  to.set_sessions(worker.sessions);
  to.set_commands(worker.commands);
  to.set_events_lost(worker.events_lost);
  to.set_handed_off(worker.handed_off);
  for (const StageStats& stage : worker.stages) {
    v1::StageCounters& counters = *to.add_stages();
    counters.set_stage(std::string(stage.name));
    counters.set_packets(stage.packets);
    counters.set_batches(stage.batches);
    counters.set_cycles_per_packet(ratio(stage.sampled_cycles, stage.sampled_packets));
  }
  write_durations(worker.forward_delay, *to.mutable_forward_delay());
  write_durations(worker.loop_time, *to.mutable_loop_time());
  write_drops(worker.drops, to);
}

void write_port(const PortStats& port, v1::PortCounters& to) {
  to.set_port(port.name);
  to.set_link_up(port.link_up);
  to.set_rx_packets(port.rx_packets);
  to.set_rx_bytes(port.rx_bytes);
  to.set_tx_packets(port.tx_packets);
  to.set_tx_bytes(port.tx_bytes);
  to.set_rx_missed(port.rx_missed);
  to.set_rx_errors(port.rx_errors);
  to.set_tx_errors(port.tx_errors);
  to.set_rx_no_mbuf(port.rx_no_mbuf);
}

void write_host(const HostStats& host, v1::HostCounters& to) {
  to.set_arp_received(host.arp_received);
  to.set_arp_sent(host.arp_sent);
  to.set_nd_received(host.nd_received);
  to.set_nd_sent(host.nd_sent);
  to.set_echo_answered(host.echo_answered);
  to.set_neighbours(host.neighbours);
  to.set_neighbours_failed(host.neighbours_failed);
  write_drops(host.drops, to);
}

}  // namespace

void write_node_stats(const NodeStats& stats, v1::StatsResponse& response) {
  for (const WorkerStats& worker : stats.workers) {
    write_worker(worker, *response.add_workers());
  }
  for (const PortStats& port : stats.ports) {
    write_port(port, *response.add_ports());
  }
  write_host(stats.host, *response.mutable_host());
  response.set_mbufs_total(stats.mbufs_total);
  response.set_mbufs_free(stats.mbufs_free);
  response.set_tsc_hz(stats.tsc_hz);
}

}  // namespace pollux::rpc
