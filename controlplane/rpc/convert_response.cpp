#include "controlplane/rpc/convert.hpp"

#include <algorithm>

#include "controlplane/rpc/convert_dtmf.hpp"
#include "controlplane/rpc/convert_media.hpp"
#include "controlplane/rpc/convert_srtp.hpp"
#include "controlplane/rpc/drop_counters.hpp"
#include "controlplane/rpc/times.hpp"

namespace pollux::rpc {

namespace {

v1::AddressFamily family_of(AddressFamily family) {
  return family == AddressFamily::kIpv4 ? v1::ADDRESS_FAMILY_IPV4 : v1::ADDRESS_FAMILY_IPV6;
}

v1::LearningMode learning_of(LearningMode mode) {
  switch (mode) {
    case LearningMode::kHeuristic:
      return v1::LEARNING_MODE_HEURISTIC;
    case LearningMode::kDelayed:
      return v1::LEARNING_MODE_DELAYED;
    case LearningMode::kImmediate:
      return v1::LEARNING_MODE_IMMEDIATE;
    case LearningMode::kOff:
      return v1::LEARNING_MODE_OFF;
  }
  return v1::LEARNING_MODE_UNSPECIFIED;
}

v1::SourcePolicy policy_of(SourcePolicy policy) {
  switch (policy) {
    case SourcePolicy::kStrictSource:
      return v1::SOURCE_POLICY_STRICT_SOURCE;
    case SourcePolicy::kMediaHandover:
      return v1::SOURCE_POLICY_MEDIA_HANDOVER;
    case SourcePolicy::kAcceptAny:
      return v1::SOURCE_POLICY_ACCEPT_ANY;
  }
  return v1::SOURCE_POLICY_UNSPECIFIED;
}

v1::EventType event_type_of(control::LogEventType type) {
  using control::LogEventType;
  switch (type) {
    case LogEventType::kSessionStarted:
      return v1::EVENT_TYPE_SESSION_STARTED;
    case LogEventType::kSessionTimedOut:
      return v1::EVENT_TYPE_SESSION_TIMED_OUT;
    case LogEventType::kSessionEnded:
      return v1::EVENT_TYPE_SESSION_ENDED;
    case LogEventType::kFirstMedia:
      return v1::EVENT_TYPE_FIRST_MEDIA;
    case LogEventType::kSourceLearned:
      return v1::EVENT_TYPE_SOURCE_LEARNED;
    case LogEventType::kSourceChanged:
      return v1::EVENT_TYPE_SOURCE_CHANGED;
    case LogEventType::kSourceRejected:
      return v1::EVENT_TYPE_SOURCE_REJECTED;
    case LogEventType::kStreamChanged:
      return v1::EVENT_TYPE_STREAM_CHANGED;
    case LogEventType::kPortUp:
      return v1::EVENT_TYPE_PORT_UP;
    case LogEventType::kPortDown:
      return v1::EVENT_TYPE_PORT_DOWN;
    case LogEventType::kDuplicateAddress:
      return v1::EVENT_TYPE_DUPLICATE_ADDRESS;
    case LogEventType::kOneWayAudioSuspected:
      return v1::EVENT_TYPE_ONE_WAY_AUDIO_SUSPECTED;
    case LogEventType::kOneWayAudioEnded:
      return v1::EVENT_TYPE_ONE_WAY_AUDIO_ENDED;
    case LogEventType::kNodeDraining:
      return v1::EVENT_TYPE_NODE_DRAINING;
    case LogEventType::kNodeUndrained:
      return v1::EVENT_TYPE_NODE_UNDRAINED;
    case LogEventType::kConfigReloaded:
      return v1::EVENT_TYPE_CONFIG_RELOADED;
    case LogEventType::kWorkerOverloaded:
      return v1::EVENT_TYPE_WORKER_OVERLOADED;
    case LogEventType::kWorkerRelieved:
      return v1::EVENT_TYPE_WORKER_RELIEVED;
    case LogEventType::kSrtpKeyExpiring:
      return v1::EVENT_TYPE_SRTP_KEY_EXPIRING;
    case LogEventType::kSrtpKeyExpired:
      return v1::EVENT_TYPE_SRTP_KEY_EXPIRED;
    case LogEventType::kDtmf:
      return v1::EVENT_TYPE_DTMF;
  }
  return v1::EVENT_TYPE_UNSPECIFIED;
}

v1::EndReason end_reason_of(control::EndReason reason) {
  switch (reason) {
    case control::EndReason::kDeleted:
      return v1::END_REASON_DELETED;
    case control::EndReason::kTimedOut:
      return v1::END_REASON_TIMED_OUT;
    case control::EndReason::kNodeStopped:
      return v1::END_REASON_NODE_STOPPED;
    case control::EndReason::kDrained:
      return v1::END_REASON_DRAINED;
    case control::EndReason::kNone:
      break;
  }
  return v1::END_REASON_UNSPECIFIED;
}

void write_leg_spec(const control::LegRequest& leg, v1::LegSpec& message) {
  message.set_leg_id(leg.id);
  message.set_network(leg.network);
  message.set_family(family_of(leg.family.value_or(AddressFamily::kIpv4)));
  if (leg.remote_rtp) {
    write_address(*leg.remote_rtp, *message.mutable_remote_rtp());
  }
  if (leg.remote_rtcp) {
    write_address(*leg.remote_rtcp, *message.mutable_remote_rtcp());
  }
  message.set_rtcp_mux(leg.rtcp_mux);
  message.set_direction(direction_of(leg.direction));
  for (const PayloadTypeMapping& mapping : leg.payload_types) {
    auto* to = message.add_payload_types();
    to->set_wire(mapping.wire);
    to->set_common(mapping.common);
    to->set_clock_rate(mapping.clock_rate);
    const auto named =
        std::ranges::find(leg.encodings, mapping.wire, &control::NamedPayloadType::payload_type);
    if (named != leg.encodings.end()) {
      to->set_encoding(named->encoding);
    }
  }
  message.set_learning(learning_of(leg.learning));
  message.set_source_policy(policy_of(leg.source_policy));
  message.set_stream_mode(leg.stream_mode == StreamMode::kRewrite ? v1::STREAM_MODE_REWRITE
                                                                  : v1::STREAM_MODE_PRESERVE);
  if (leg.dscp) {
    message.set_dscp(*leg.dscp);
  }
  for (const std::string& sink : leg.sinks) {
    message.add_sinks(sink);
  }
  if (leg.srtp_receive) {
    write_srtp_params(*leg.srtp_receive, *message.mutable_srtp_receive());
  }
  if (leg.srtp_send) {
    write_srtp_params(*leg.srtp_send, *message.mutable_srtp_send());
  }
  message.set_srtp_passthrough(leg.srtp_passthrough);
  write_codecs(leg, message);
  if (!leg.codecs.empty()) {
    write_dtmf_policy(leg.dtmf, *message.mutable_dtmf());
  }
}

v1::NextHop next_hop_of(NextHop next_hop) {
  switch (next_hop) {
    case NextHop::kResolved:
      return v1::NEXT_HOP_RESOLVED;
    case NextHop::kUnresolved:
      return v1::NEXT_HOP_UNRESOLVED;
    case NextHop::kNoRoute:
      return v1::NEXT_HOP_NO_ROUTE;
    case NextHop::kNone:
      break;
  }
  return v1::NEXT_HOP_UNSPECIFIED;
}

v1::OneWayCause one_way_cause_of(control::OneWayCause cause) {
  switch (cause) {
    case control::OneWayCause::kNeverHeard:
      return v1::ONE_WAY_CAUSE_NEVER_HEARD;
    case control::OneWayCause::kFellSilent:
      return v1::ONE_WAY_CAUSE_FELL_SILENT;
    case control::OneWayCause::kRefused:
      return v1::ONE_WAY_CAUSE_REFUSED;
    case control::OneWayCause::kNoAddress:
      return v1::ONE_WAY_CAUSE_NO_ADDRESS;
    case control::OneWayCause::kNone:
      break;
  }
  return v1::ONE_WAY_CAUSE_UNSPECIFIED;
}

double milliseconds_of(std::uint32_t rtp_ticks, std::uint32_t clock_rate) {
  return clock_rate == 0 ? 0 : rtp_ticks * 1000.0 / clock_rate;
}

void write_party_report(const PartyReport& report, std::uint32_t clock_rate, v1::PartyReport& message) {
  message.set_loss_percent(report.fraction_lost * 100.0 / 256);
  message.set_lost(report.cumulative_lost);
  message.set_jitter_ms(milliseconds_of(report.jitter_rtp_ticks, clock_rate));
  write_duration(std::chrono::milliseconds(report.age_ms), *message.mutable_age());
}

void write_quality(const control::StreamQuality& quality, v1::StreamQuality& message) {
  const ReceptionStats& counts = quality.counts;
  message.set_codec(quality.codec);
  message.set_expected(counts.expected);
  message.set_lost(counts.lost());
  message.set_reordered(counts.reordered);
  message.set_duplicates(counts.duplicates);
  message.set_gaps(counts.gaps);
  message.set_stream_changes(counts.stream_changes);
  message.set_longest_gap(counts.longest_gap_packets);
  message.set_jitter_ms(quality.jitter_ms);
  message.set_max_jitter_ms(quality.max_jitter_ms);
  message.set_ptime_ms(quality.ptime_ms);
  write_duration(quality.talk, *message.mutable_talk());
  write_duration(quality.silence, *message.mutable_silence());
  if (counts.round_trip_us) {
    message.set_round_trip_ms(*counts.round_trip_us / 1000.0);
  }
  if (quality.r_factor) {
    message.set_r_factor(*quality.r_factor);
  }
  if (quality.mos) {
    message.set_mos(*quality.mos);
  }
  if (quality.lowest_mos) {
    message.set_lowest_mos(*quality.lowest_mos);
  }
  if (counts.party_report) {
    write_party_report(*counts.party_report, counts.clock_rate, *message.mutable_party_report());
  }
}

void write_leg_state(const control::LegView& leg, v1::LegState& message) {
  message.set_leg_id(leg.id);
  if (leg.quality) {
    write_quality(*leg.quality, *message.mutable_quality());
  }
  write_drops(leg.stats.drops, message);
  message.set_port(leg.port);
  message.set_link_up(leg.stats.link_up);
  message.set_one_way_suspected(leg.one_way != control::OneWayCause::kNone);
  if (leg.stats.srtp_receive) {
    write_srtp_state(*leg.stats.srtp_receive, *message.mutable_srtp_receive());
  }
  if (leg.stats.srtp_send) {
    write_srtp_state(*leg.stats.srtp_send, *message.mutable_srtp_send());
  }
  write_paths(leg, message);
  if (leg.dtmf) {
    write_dtmf_state(*leg.dtmf, leg.stats.dtmf, *message.mutable_dtmf());
  }
}

void write_stream(const SocketAddress& local, const StreamStats& stats, v1::StreamState& message) {
  write_address(local, *message.mutable_local());
  if (stats.destination) {
    write_address(*stats.destination, *message.mutable_destination());
  }
  message.set_source_confirmed(stats.source_confirmed);
  message.set_rx_packets(stats.rx_packets);
  message.set_rx_bytes(stats.rx_bytes);
  message.set_tx_packets(stats.tx_packets);
  message.set_tx_bytes(stats.tx_bytes);
  message.set_dropped(stats.dropped);
  message.set_lost(stats.lost);
  message.set_jitter_rtp_ticks(stats.jitter_rtp_ticks);
  message.set_ssrc(stats.ssrc);
  if (stats.rx_packets > 0) {
    write_duration(std::chrono::milliseconds(stats.last_rx_age_ms), *message.mutable_last_rx_age());
  }
  message.set_next_hop(next_hop_of(stats.next_hop));
  if (stats.next_hop == NextHop::kResolved || stats.next_hop == NextHop::kUnresolved) {
    message.set_next_hop_address(stats.next_hop_address.to_string());
  }
}

}  // namespace

v1::Direction direction_of(Direction direction) {
  switch (direction) {
    case Direction::kSendRecv:
      return v1::DIRECTION_SENDRECV;
    case Direction::kSendOnly:
      return v1::DIRECTION_SENDONLY;
    case Direction::kRecvOnly:
      return v1::DIRECTION_RECVONLY;
    case Direction::kInactive:
      return v1::DIRECTION_INACTIVE;
  }
  return v1::DIRECTION_UNSPECIFIED;
}

void write_address(const SocketAddress& address, v1::SocketAddress& message) {
  message.set_address(address.ip.to_string());
  message.set_port(address.port);
}

void write_session(const control::SessionView& view, v1::Session& session) {
  session.set_session_id(view.id);
  v1::SessionSpec& spec = *session.mutable_spec();
  for (const control::LegRequest& leg : view.request->legs) {
    write_leg_spec(leg, *spec.add_legs());
  }
  if (view.request->media_timeout) {
    write_duration(*view.request->media_timeout, *spec.mutable_media_timeout());
  }
  spec.mutable_labels()->insert(view.request->labels.begin(), view.request->labels.end());
  v1::SessionState& state = *session.mutable_state();
  write_time(view.create_time, *state.mutable_create_time());
  state.set_worker(view.worker);
  state.set_media_cost(view.media_cost);
  if (view.media_cost > 0) {
    state.set_media_worker(view.media_worker);
  }
  for (const control::LegView& leg : view.legs) {
    v1::LegState& to = *state.add_legs();
    write_leg_state(leg, to);
    write_stream(leg.local_rtp, leg.stats.rtp, *to.mutable_rtp());
    write_stream(leg.local_rtcp, leg.stats.rtcp, *to.mutable_rtcp());
  }
}

void write_event(const control::LoggedEvent& event, v1::Event& message) {
  message.set_sequence(event.sequence);
  write_time(event.time, *message.mutable_time());
  message.set_type(event_type_of(event.type));
  message.set_session_id(event.session_id);
  message.set_leg_id(event.leg_id);
  message.set_rtcp(event.rtcp);
  message.set_outgoing(event.outgoing);
  if (event.from) {
    write_address(*event.from, *message.mutable_from());
  }
  if (event.to) {
    write_address(*event.to, *message.mutable_to());
  }
  message.set_ssrc(event.ssrc);
  message.set_port(event.port);
  message.set_end_reason(end_reason_of(event.end_reason));
  message.set_one_way_cause(one_way_cause_of(event.one_way_cause));
  message.set_worker(event.worker);
  if (event.press) {
    write_press(*event.press, *message.mutable_dtmf());
  }
  if (event.type == control::LogEventType::kSessionEnded) {
    write_duration(event.duration, *message.mutable_duration());
  }
  for (const control::LegQuality& leg : event.quality) {
    v1::LegQuality& to = *message.add_quality();
    to.set_leg_id(leg.leg_id);
    to.set_rx_packets(leg.rx_packets);
    to.set_tx_packets(leg.tx_packets);
    if (leg.stream) {
      write_quality(*leg.stream, *to.mutable_quality());
    }
  }
}

}  // namespace pollux::rpc
