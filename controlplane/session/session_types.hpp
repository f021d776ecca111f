// Sessions as the control plane knows them: plain values with text ids, free of gRPC types.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/api/event.hpp"
#include "dataplane/api/session_spec.hpp"
#include "dataplane/api/stats.hpp"
#include "dataplane/base/expected.hpp"
#include "dataplane/base/shared_list.hpp"

namespace pollux::control {

// The encoding name of a payload type on the wire.
struct NamedPayloadType {
  std::uint8_t payload_type = 0;
  std::string encoding;
  friend bool operator==(const NamedPayloadType&, const NamedPayloadType&) = default;
};

// One leg as the client asks for it.
struct LegRequest {
  std::string id;
  std::string network;                  // empty: the only one there is
  std::optional<AddressFamily> family;  // unset: that of remote_rtp, else IPv4
  std::optional<SocketAddress> remote_rtp;
  std::optional<SocketAddress> remote_rtcp;
  bool rtcp_mux = false;
  Direction direction = Direction::kSendRecv;
  SharedList<PayloadTypeMapping> payload_types;
  SharedList<NamedPayloadType> encodings;  // as payload_types, of those that have one
  LearningMode learning = LearningMode::kHeuristic;
  SourcePolicy source_policy = SourcePolicy::kStrictSource;
  StreamMode stream_mode = StreamMode::kPreserve;
  std::optional<std::uint8_t> dscp;  // unset: the network's
  SharedList<std::string> sinks;
  SrtpParamsRef srtp_receive;  // of what the party sends; neither of the two: plain RTP
  SrtpParamsRef srtp_send;     // of what is sent to it
  bool srtp_passthrough = false;
  SharedList<CodecFormat> codecs;  // empty: the media isn't looked at, and what follows has no effect
  std::uint16_t ptime_ms = 0;      // 0: as it comes
  std::optional<std::uint16_t> jitter_window_ms;  // unset: the node's; stays so without codecs
  SilencePolicy silence = SilencePolicy::kComfortNoise;
  bool dtx = false;
  bool rtcp_xr = false;
  DtmfPolicy dtmf;
  friend bool operator==(const LegRequest&, const LegRequest&) = default;
};

// A session as the client asks for it. After resolve_defaults() nothing is left unset, so that equal wishes
// compare equal however they were written.
struct SessionRequest {
  std::vector<LegRequest> legs;
  std::optional<std::chrono::milliseconds> media_timeout;  // unset: the node's; 0: never
  std::map<std::string, std::string> labels;
  friend bool operator==(const SessionRequest&, const SessionRequest&) = default;
};

// One wrong field of a request: its path and a sentence that says what is allowed.
struct FieldViolation {
  std::string field;
  std::string description;
  friend bool operator==(const FieldViolation&, const FieldViolation&) = default;
};
using Violations = std::vector<FieldViolation>;

// Why a command failed. `violations` is filled for kInvalidArgument.
struct Failure {
  Error error;
  Violations violations;
};

// How well a leg's party is received, in figures for people: what the API's StreamQuality holds.
struct StreamQuality {
  std::string codec;  // encoding name; empty: not known
  ReceptionStats counts;
  double jitter_ms = 0;
  double max_jitter_ms = 0;
  double ptime_ms = 0;  // 0: not known yet
  std::chrono::milliseconds talk{0};
  std::chrono::milliseconds silence{0};
  std::optional<double> r_factor;    // ITU-T G.107; unset: codec unknown, or too little received
  std::optional<double> mos;         // 1.0..4.5
  std::optional<double> lowest_mos;  // of the worst interval
};

// A leg's quality at the end of its session.
struct LegQuality {
  std::string leg_id;
  std::uint64_t rx_packets = 0;
  std::uint64_t tx_packets = 0;
  std::optional<StreamQuality> stream;  // unset: no RTP was received
};

// Why media is thought to go one way only; about the leg from which nothing comes.
enum class OneWayCause : std::uint8_t { kNone, kNeverHeard, kFellSilent, kRefused, kNoAddress };

// How key presses come and go on a leg with codecs, AUTO resolved.
struct DtmfWays {
  std::array<bool, kDtmfWayCount> received{};  // by DtmfWay
  DtmfSend send = DtmfSend::kAuto;
};

// A key press as an event tells of it.
struct LoggedPress {
  DtmfPress press;
  std::chrono::system_clock::time_point start;
  std::vector<std::string>
      info_legs;  // of its end: ids of legs to whose parties the signalling sends an INFO
};

struct LegView {
  std::string id;
  SocketAddress local_rtp;
  SocketAddress local_rtcp;  // == local_rtp with rtcp-mux
  LegStats stats;
  std::optional<StreamQuality> quality;  // unset: no RTP received yet
  OneWayCause one_way = OneWayCause::kNone;
  std::string port;                       // name of the device port it sends by
  std::vector<std::string> path_sources;  // ids of the legs that stats.paths come from
  std::optional<DtmfWays> dtmf;           // set with codecs
};

// A session at one moment, safe to hand to another thread.
struct SessionView {
  std::string id;
  std::shared_ptr<const SessionRequest> request;  // with the defaults filled in
  std::chrono::system_clock::time_point create_time;
  std::uint16_t worker = 0;
  std::vector<LegView> legs;       // in the order of request->legs
  double media_cost = 0;           // committed, as a share of one core
  std::uint16_t media_worker = 0;  // to which; means something with media_cost
};

using SessionResult = tl::expected<SessionView, Failure>;

enum class EndReason : std::uint8_t { kNone, kDeleted, kTimedOut, kNodeStopped, kDrained };

inline Failure make_failure(ErrorCode code, std::string cause, std::string message) {
  return Failure{Error{code, std::move(cause), {}, std::move(message)}, {}};
}

// Pre: `violations` isn't empty.
inline Failure invalid_fields(Violations violations) {
  std::string message = violations.front().field + ": " + violations.front().description;
  if (violations.size() > 1) {
    message += " (and " + std::to_string(violations.size() - 1) + " more)";
  }
  return Failure{
      Error{ErrorCode::kInvalidArgument, "INVALID_FIELD", violations.front().field, std::move(message)},
      std::move(violations)};
}

}  // namespace pollux::control
