// The values that labels can have, where neither the configuration nor the data plane's lists give them.
#pragma once

#include <array>
#include <string_view>

#include "controlplane/session/event_log.hpp"

namespace pollux::metrics {

// By control::LogEventType; the API's names without their prefix, in lower case.
inline constexpr auto kEventNames = std::to_array<std::string_view>({
    "session_started",     "session_timed_out", "session_ended",
    "first_media",         "source_learned",    "source_changed",
    "source_rejected",     "stream_changed",    "port_up",
    "port_down",           "duplicate_address", "one_way_audio_suspected",
    "one_way_audio_ended", "node_draining",     "node_undrained",
    "config_reloaded",     "worker_overloaded", "worker_relieved",
    "srtp_key_expiring",   "srtp_key_expired",  "dtmf",
});
static_assert(kEventNames.size() == control::kLogEventTypeCount);

inline constexpr auto kRefusalCauses = std::to_array<std::string_view>({
    "SESSIONS_EXHAUSTED",
    "PORTS_EXHAUSTED",
    "MEMORY_EXHAUSTED",
    "MEDIA_EXHAUSTED",
    "WORKERS_OVERLOADED",
    "SESSION_ID_CONFLICT",
    "NODE_DRAINING",
    "NODE_BUSY",
    "INVALID_FIELD",
    "INTERNAL",
});

// By DtmfWay and DtmfCount.
inline constexpr auto kDtmfWayNames = std::to_array<std::string_view>({"in_band", "rfc4733", "sip_info"});
inline constexpr auto kDtmfCountNames =
    std::to_array<std::string_view>({"seen", "merged", "sent", "repaired", "refused"});
static_assert(kDtmfWayNames.size() == kDtmfWayCount && kDtmfCountNames.size() == kDtmfCountCount);

// gRPC's status codes, by number.
inline constexpr auto kStatusCodes = std::to_array<std::string_view>({
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
});

}  // namespace pollux::metrics
