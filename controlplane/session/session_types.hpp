// Sessions as the control plane knows them: plain values with text ids, free of gRPC types.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/api/session_spec.hpp"
#include "dataplane/api/stats.hpp"
#include "dataplane/base/expected.hpp"

namespace pollux::control {

// One leg as the client asks for it.
struct LegRequest {
  std::string id;
  std::string network;                  // empty: the only one there is
  std::optional<AddressFamily> family;  // unset: that of remote_rtp, else IPv4
  std::optional<SocketAddress> remote_rtp;
  std::optional<SocketAddress> remote_rtcp;
  bool rtcp_mux = false;
  Direction direction = Direction::kSendRecv;
  std::vector<PayloadTypeMapping> payload_types;
  LearningMode learning = LearningMode::kHeuristic;
  SourcePolicy source_policy = SourcePolicy::kStrictSource;
  StreamMode stream_mode = StreamMode::kPreserve;
  std::optional<std::uint8_t> dscp;  // unset: the network's
  std::vector<std::string> sinks;
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

struct LegView {
  std::string id;
  SocketAddress local_rtp;
  SocketAddress local_rtcp;  // == local_rtp with rtcp-mux
  LegStats stats;
};

// A session at one moment, safe to hand to another thread.
struct SessionView {
  std::string id;
  std::shared_ptr<const SessionRequest> request;  // with the defaults filled in
  std::chrono::system_clock::time_point create_time;
  std::uint16_t worker = 0;
  std::vector<LegView> legs;  // in the order of request->legs
};

using SessionResult = tl::expected<SessionView, Failure>;

enum class EndReason : std::uint8_t { kNone, kDeleted, kTimedOut, kNodeStopped };

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
