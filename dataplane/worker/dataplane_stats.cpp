// Counters read for those who ask.
#include <rte_cycles.h>
#include <rte_mempool.h>

#include "dataplane/io/eal.hpp"
#include "dataplane/worker/dataplane_impl.hpp"

namespace pollux::worker {

namespace {

WorkerStats worker_stats(const stages::WorkerCounters& counters, const WorkerInfo& info) {
  WorkerStats stats;
  stats.worker = info.index;
  stats.cpu = info.cpu;
  stats.loops = counters.loops.get();
  stats.busy_loops = counters.busy_loops.get();
  stats.busy_cycles = counters.busy_cycles.get();
  stats.total_cycles = counters.total_cycles.get();
  stats.commands = counters.commands.get();
  stats.events_lost = counters.events_lost.get();
  stats.sessions = counters.sessions.get();
  stats.handed_off = counters.handed_off.get();
  for (std::size_t i = 0; i < stages::kStages.size(); ++i) {
    const stages::StageCounters& stage = counters.stages[i];
    stats.stages.push_back({stages::kStages[i].name, stages::kStages[i].help, stage.packets.get(),
                            stage.batches.get(), stage.sampled_packets.get(), stage.sampled_cycles.get()});
  }
  for (std::size_t i = 0; i < kDropReasonCount; ++i) {
    stats.drops[i] = counters.drops[i].get();
  }
  return stats;
}

}  // namespace

NodeStats DataplaneImpl::stats() const {
  NodeStats stats;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    stats.workers.push_back(worker_stats(parts_[i]->context.counters, worker_infos_[i]));
  }
  for (const auto& device : devices_) {
    stats.ports.push_back(device->stats());
  }
  stats.host = host_->stats();
  stats.tsc_hz = static_cast<double>(rte_get_tsc_hz());
  stats.huge_pages = io::eal_uses_huge_pages();
  stats.mbufs_total = config_.mbufs;
  stats.mbufs_free = rte_mempool_avail_count(mempool_);
  return stats;
}

StreamStats DataplaneImpl::stream_stats(const session::Endpoint& endpoint) const {
  StreamStats stats;
  stats.rx_packets = endpoint.rx_packets.get();
  stats.rx_bytes = endpoint.rx_bytes.get();
  stats.tx_packets = endpoint.tx_packets.get();
  stats.tx_bytes = endpoint.tx_bytes.get();
  stats.dropped = endpoint.dropped.get();
  if (endpoint.reception.started()) {
    stats.lost = endpoint.reception.lost();
    stats.jitter_rtp_ticks = endpoint.reception.jitter();
    stats.ssrc = endpoint.reception.ssrc();
  }
  const std::uint64_t last_tsc = endpoint.last_rx_tsc.get();
  const std::uint64_t now_tsc = rte_rdtsc();
  if (now_tsc > last_tsc) {
    const double seconds = static_cast<double>(now_tsc - last_tsc) / static_cast<double>(rte_get_tsc_hz());
    stats.last_rx_age_ms = static_cast<std::uint64_t>(seconds * 1000);
  }
  const session::Remote remote = endpoint.remote.load();
  if (remote.port != 0) {
    stats.destination = SocketAddress{remote.ip, remote.port};
    stats.source_confirmed = remote.confirmed;
  }
  return stats;
}

Expected<SessionStats> DataplaneImpl::session_stats(SessionHandle session) const {
  const auto found = sessions_.find(session);
  if (found == sessions_.end()) {
    return fail(ErrorCode::kNotFound, "SESSION_UNKNOWN", "", "there is no such session");
  }
  SessionStats stats;
  const SessionRecord& record = *found->second;
  for (std::size_t i = 0; i < record.legs.size(); ++i) {
    LegStats leg;
    leg.id = record.spec.legs[i].id;
    leg.rtp = stream_stats(*record.legs[i]->rtp);
    if (!record.spec.legs[i].rtcp_mux()) {
      leg.rtcp = stream_stats(*record.legs[i]->rtcp);
    }
    stats.legs.push_back(leg);
  }
  return stats;
}

}  // namespace pollux::worker
