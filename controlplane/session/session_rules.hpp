// What a session may look like: defaults and checks that need no more than the request and the networks.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "controlplane/config/node_config.hpp"
#include "controlplane/session/session_types.hpp"

namespace pollux::control {

inline constexpr std::size_t kMaxSessionIdLength = 128;
inline constexpr std::size_t kMaxLegIdLength = 32;
inline constexpr std::size_t kMaxLabels = 16;
inline constexpr std::size_t kMaxLabelBytes = 256;

// What a node fills in where a request says nothing, and what it allows.
struct NodeDefaults {
  std::span<const config::NetworkConfig> networks;
  std::chrono::milliseconds media_timeout{60000};
  bool allow_null_cipher = false;       // srtp.allow_null_cipher
  std::uint16_t jitter_window_ms = 60;  // media.jitter_window
  // What the data plane can decode and encode: Dataplane::codec_costs().
  std::span<const CodecCost> codecs = {};
};

bool valid_session_id(std::string_view id);  // 1..128 of [A-Za-z0-9._:@-]
bool valid_leg_id(std::string_view id);      // 1..32 of [A-Za-z0-9_-]

// Client text for an error message: quoted, shortened, without control characters.
std::string shown(std::string_view text);

const config::NetworkConfig* find_network(std::span<const config::NetworkConfig> networks,
                                          std::string_view name);

enum class SinkDefault : bool { kLeaveEmpty, kEachOther };

// Fills in network, family, DSCP, jitter window (where there are codecs), media time-out and, with
// kEachOther, the sinks of two legs that name none.
void resolve_defaults(SessionRequest& request, const NodeDefaults& defaults, SinkDefault sinks);

// Path of a leg for messages, by its index in the request ("spec.legs[1]").
using LegPath = std::function<std::string(std::size_t leg)>;

// Finds everything that is wrong with a request whose defaults are resolved. Looks at no more than kMaxLegs
// legs and kMaxPayloadTypes mappings of each, so that its cost is bounded for any request. `before`: the
// session that is being changed; null: a new one.
void check_session(const SessionRequest& request, const NodeDefaults& defaults, const LegPath& leg_path,
                   Violations& violations, const SessionRequest* before = nullptr);

}  // namespace pollux::control
