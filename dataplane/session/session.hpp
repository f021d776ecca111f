// The cold half of a session: what a worker needs when something changes, and what slow paths read.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "dataplane/api/capture.hpp"
#include "dataplane/api/session_spec.hpp"
#include "dataplane/rtp/party_view.hpp"
#include "dataplane/rtp/stream_quality.hpp"
#include "dataplane/session/dtmf_leg.hpp"
#include "dataplane/session/endpoint.hpp"
#include "dataplane/session/leg_drops.hpp"
#include "dataplane/session/report_state.hpp"
#include "dataplane/session/source_learning.hpp"
#include "dataplane/session/timing_wheel.hpp"
#include "dataplane/session/tx_header.hpp"

namespace pollux::session {

struct Session;
struct MediaRoute;

// Where a leg's stream goes: one entry per sink leg.
struct Route {
  Leg* sink = nullptr;
  const PayloadTypeTable* payload_types = nullptr;
  MediaRoute* media = nullptr;  // what transcodes or re-packetizes on this way; nullptr: it is just relayed
};

// A leg's routes with what they need. Built by control, swapped in by the worker, freed by control.
struct Routing {
  std::vector<Route> routes;
  std::vector<Sink> more_sinks;  // routes[1..] as the RTP hot path wants them
  // Shared with whoever needs the same ones: they are read for every packet, and one for each session would
  // fill the caches. Counted by control only.
  std::vector<std::shared_ptr<const PayloadTypeTable>> tables;
};

// written by: worker, once linked; read by: worker, and control where it says so
struct Leg {
  Session* session = nullptr;
  const LegSpec* spec = nullptr;  // belongs to control, which keeps it until the worker has another one
  LocalEnd local;                 // of the RTP port
  Endpoint* rtp = nullptr;
  Endpoint* rtcp = nullptr;  // the same as rtp with rtcp-mux, else rtcp_apart
  // The port of its own for RTCP, for as long as the leg lives: with rtcp-mux, which may come and go, nothing
  // is received there. nullptr: it has none. Never changes; read by: control
  Endpoint* rtcp_apart = nullptr;
  SourceLearning learning;  // of RTP
  RtcpSourceLearning rtcp_learning;
  std::unique_ptr<Routing> routing;
  std::uint64_t next_stream_report_ms = 0;  // no kStreamChanged before
  bool rewrites = false;                    // sent with an SSRC of its own, from the first media path on
  rtp::StreamQuality quality;               // of the RTP that comes; read by: control
  rtp::PartyView party;                     // read by: control
  ReportState report;
  std::unique_ptr<DtmfLeg> dtmf;  // of legs that have, or had, codecs
  LegDrops drops;                 // of packets that came to the leg; read by: control
};

// A capture of a session, or of one of its legs.
struct CaptureOrder {
  CaptureId id = 0;  // 0: none
  std::uint16_t snap_length = 0xffff;
  bool decrypted = false;  // SRTP as it is inside
  bool all_legs = true;
  std::uint16_t leg_id = 0;  // valid unless all_legs

  bool covers(std::uint16_t leg) const { return id != 0 && (all_legs || leg == leg_id); }
};

struct Session {
  SessionHandle handle = 0;
  std::uint16_t worker = 0;
  std::uint32_t media_timeout_ms = 0;
  bool silent = false;  // kMediaTimeout has been raised and no media came since
  Timer media_timer;
  std::uint64_t linked_tsc = 0;
  CaptureOrder capture;
  std::vector<Leg*> legs;
};

// Whether something between the two is transcoded or re-packetized, either way: what one of them says of its
// stream, or of the one it gets, then doesn't hold for the other.
inline bool path_between(const Leg& one, const Leg& other) {
  const auto has_path = [](const Leg& from, const Leg& to) {
    for (const Route& route : from.routing->routes) {
      if (route.sink == &to && route.media != nullptr) {
        return true;
      }
    }
    return false;
  };
  return has_path(one, other) || has_path(other, one);
}

// RTP sent with the leg's own SSRC. RFC 3550 §6.4.1 wants payload octets: each packet has at least the twelve
// of the fixed header besides, and what is sent with an SSRC of our own rarely has more.
inline SentCounts sent_as_own(const Leg& leg) {
  const std::uint64_t packets = leg.rtp->tx_packets.get() - leg.report.muxed_packets;
  const std::uint64_t octets = leg.rtp->tx_bytes.get() - leg.report.muxed_bytes - packets * 12;
  return {packets - leg.report.not_own.packets, octets - leg.report.not_own.octets};
}

// The address RTCP goes to for a leg: signalled, or RFC 3550 §11's next port, or the shared one.
inline std::optional<SocketAddress> remote_rtcp_of(const LegSpec& spec) {
  if (spec.remote_rtcp || !spec.remote_rtp) {
    return spec.remote_rtcp;
  }
  return SocketAddress{spec.remote_rtp->ip,
                       static_cast<std::uint16_t>(spec.remote_rtp->port + (spec.rtcp_mux() ? 0 : 1))};
}

}  // namespace pollux::session
