// Counters read for those who ask.
#include <rte_cycles.h>
#include <rte_mempool.h>

#include <algorithm>

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
  stats.captured = counters.stages[static_cast<std::size_t>(stages::Stage::capture)].packets.get() -
                   counters.capture_lost.get();
  stats.capture_lost = counters.capture_lost.get();
  stats.forward_delay = counters.forward_delay.counts();
  stats.loop_time = counters.loop_time.counts();
  for (std::size_t way = 0; way < kDtmfWayCount; ++way) {
    for (std::size_t what = 0; what < kDtmfCountCount; ++what) {
      stats.dtmf[way][what] = counters.dtmf[way][what].get();
    }
  }
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

double DataplaneImpl::media_cost(const SessionSpec& spec) const {
  return MediaPlanner::cost(spec, costs_);
}

NodeStats DataplaneImpl::stats() const {
  NodeStats stats;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    stats.workers.push_back(worker_stats(parts_[i]->context.counters, worker_infos_[i]));
  }
  for (const auto& device : devices_) {
    stats.ports.push_back(device->stats());
    for (const auto& part : parts_) {
      stats.ports.back().handed_off += part->context.counters.handed_off_by_port[device->port_id()].get();
    }
  }
  stats.host = host_->stats();
  stats.tsc_hz = static_cast<double>(rte_get_tsc_hz());
  stats.huge_pages = io::eal_uses_huge_pages();
  stats.srtp_backend = srtp_->description();
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
    find_next_hop(endpoint.interface, remote.ip, stats);
  }
  return stats;
}

void DataplaneImpl::find_next_hop(std::uint16_t interface, const IpAddress& to, StreamStats& stats) const {
  const auto next_hop = interfaces_.next_hop(interface, to);
  if (!next_hop) {
    stats.next_hop = NextHop::kNoRoute;
    return;
  }
  stats.next_hop_address = *next_hop;
  const io::NeighbourTable::Ref ref = neighbours_->find(interface, *next_hop);
  stats.next_hop = ref && neighbours_->resolved(ref) ? NextHop::kResolved : NextHop::kUnresolved;
}

ReceptionStats DataplaneImpl::reception_stats(const session::Leg& leg) const {
  const rtp::StreamQuality& quality = leg.quality;
  const rtp::Reception& reception = leg.rtp->reception;
  ReceptionStats stats;
  stats.expected = quality.expected(reception);
  stats.received = quality.received(reception);
  stats.reordered = quality.reordered();
  stats.duplicates = quality.duplicates();
  stats.gaps = quality.gaps();
  stats.longest_gap_packets = quality.longest_gap_packets();
  stats.jitter_rtp_ticks = reception.jitter();
  stats.max_jitter_rtp_ticks = std::max(quality.max_jitter_rtp_ticks(), reception.jitter());
  stats.payload_type = quality.payload_type();
  stats.clock_rate = quality.clock_rate() != 0 ? quality.clock_rate() : stats.clock_rate;
  stats.ptime_rtp_ticks = quality.ptime_rtp_ticks();
  stats.talk_us = quality.talk_us();
  stats.silence_us = quality.silence_us();
  stats.stream_changes = quality.stream_changes();
  stats.round_trip_us = leg.party.round_trip_us();
  if (leg.party.reported()) {
    const double now_us = static_cast<double>(rte_rdtsc()) * 1e6 / static_cast<double>(rte_get_tsc_hz());
    const double age_us = now_us - static_cast<double>(leg.party.reported_us());
    stats.party_report = PartyReport{.fraction_lost = leg.party.fraction_lost(),
                                     .cumulative_lost = leg.party.cumulative_lost(),
                                     .jitter_rtp_ticks = leg.party.jitter_rtp_ticks(),
                                     .age_ms = static_cast<std::uint64_t>(std::max(age_us, 0.0) / 1000)};
  }
  return stats;
}

LegStats DataplaneImpl::leg_stats(const session::Leg& leg, const LegSpec& spec) const {
  LegStats stats;
  stats.id = spec.id;
  stats.rtp = stream_stats(*leg.rtp);
  if (!spec.rtcp_mux()) {
    stats.rtcp = stream_stats(*leg.rtcp_apart);
  }
  stats.reception = reception_stats(leg);
  leg.drops.visit([&stats](DropReason reason, std::uint64_t packets) {
    stats.drops[static_cast<std::size_t>(reason)] = packets;
  });
  stats.port = port_index(leg.rtp->tx_port);
  stats.link_up = devices_[stats.port]->link_up();
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
    stats.legs.push_back(leg_stats(*record.legs[i], record.spec->legs[i]));
    if (const std::span<const LegKeys> keys = record.leg_keys(); !keys.empty()) {
      keys_->fill(keys[i], stats.legs.back());
    }
    if (record.media != nullptr && !record.media->dtmf.empty()) {
      fill_dtmf(record.media->dtmf[i], stats.legs.back());
    }
    for (const auto& media : record.routes()) {
      if (media->to_leg == record.spec->legs[i].id) {
        stats.legs.back().paths.push_back(
            path_stats(*media, rte_rdtsc(), static_cast<double>(rte_get_tsc_hz())));
      }
    }
  }
  return stats;
}

}  // namespace pollux::worker
