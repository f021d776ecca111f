#include "controlplane/session/spec_builder.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace pollux::control {

SessionSpec build_spec(const SessionRequest& request, std::span<const PlacedLeg> legs,
                       SessionWorkers workers) {
  SessionSpec spec;
  spec.worker = workers.relay;
  spec.media_worker = workers.media;
  const auto timeout = request.media_timeout.value_or(std::chrono::milliseconds{0}).count();
  spec.media_timeout_ms = static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(timeout, 0, std::numeric_limits<std::uint32_t>::max()));
  spec.legs.reserve(legs.size());
  for (std::size_t i = 0; i < legs.size(); ++i) {
    const LegRequest& from = request.legs[i];
    LegSpec leg;
    leg.id = legs[i].number;
    leg.local_address = legs[i].lease.address;
    leg.local_rtp_port = legs[i].lease.rtp_port;
    leg.local_rtcp_port = rtcp_port(from, legs[i]);
    leg.remote_rtp = from.remote_rtp;
    leg.remote_rtcp = from.remote_rtcp;
    leg.direction = from.direction;
    leg.learning = from.learning;
    leg.source_policy = from.source_policy;
    leg.stream_mode = from.stream_mode;
    leg.dscp = from.dscp.value_or(0);
    leg.srtp_receive = from.srtp_receive;
    leg.srtp_send = from.srtp_send;
    leg.srtp_passthrough = from.srtp_passthrough;
    leg.payload_types = from.payload_types;
    leg.codecs = from.codecs;
    leg.ptime_ms = from.ptime_ms;
    leg.jitter_window_ms = from.jitter_window_ms.value_or(leg.jitter_window_ms);
    leg.silence = from.silence;
    leg.dtx = from.dtx;
    leg.rtcp_xr = from.rtcp_xr;
    leg.dtmf = from.dtmf;
    for (const std::string& sink : from.sinks) {
      for (std::size_t other = 0; other < legs.size(); ++other) {
        if (request.legs[other].id == sink) {
          leg.sinks.push_back(legs[other].number);
        }
      }
    }
    spec.legs.push_back(std::move(leg));
  }
  return spec;
}

}  // namespace pollux::control
