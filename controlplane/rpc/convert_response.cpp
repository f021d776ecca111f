#include "controlplane/rpc/convert.hpp"
#include "controlplane/rpc/times.hpp"

namespace pollux::rpc {

namespace {

v1::AddressFamily family_of(AddressFamily family) {
  return family == AddressFamily::kIpv4 ? v1::ADDRESS_FAMILY_IPV4 : v1::ADDRESS_FAMILY_IPV6;
}

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
}

}  // namespace

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
  for (const control::LegView& leg : view.legs) {
    v1::LegState& to = *state.add_legs();
    to.set_leg_id(leg.id);
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
  if (event.from) {
    write_address(*event.from, *message.mutable_from());
  }
  if (event.to) {
    write_address(*event.to, *message.mutable_to());
  }
  message.set_ssrc(event.ssrc);
  message.set_port(event.port);
  message.set_end_reason(end_reason_of(event.end_reason));
}

}  // namespace pollux::rpc
