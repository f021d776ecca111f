// A change to a session: which fields get which values, and how that meets the session as it is.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "controlplane/session/session_rules.hpp"
#include "controlplane/session/session_types.hpp"

namespace pollux::control {

enum class LegField : std::uint8_t {
  kNetwork,
  kFamily,
  kRemoteRtp,
  kRemoteRtcp,
  kRtcpMux,
  kDirection,
  kPayloadTypes,
  kLearning,
  kSourcePolicy,
  kStreamMode,
  kDscp,
  kSinks,
  kSrtpReceive,
  kSrtpSend,
  kSrtpPassthrough,
  kCodecs,
  kPtime,
  kJitterWindow,
  kSilence,
  kDtx,
  kRtcpXr,
  kDtmfReceiveInBand,
  kDtmfReceiveRfc4733,
  kDtmfReceiveSipInfo,
  kDtmfSend,
  kDtmfToneGuard,
  kDtmfKeepAudio,
  kDtmfLevel,
  kDtmfBlock,
};
inline constexpr unsigned kLegFieldCount = 29;

// A set of LegField.
class LegFields {
 public:
  static LegFields all() {
    LegFields fields;
    fields.bits_ = (1U << kLegFieldCount) - 1;
    return fields;
  }
  // Those of LegRequest::dtmf.
  static LegFields dtmf() {
    LegFields fields;
    for (unsigned i = static_cast<unsigned>(LegField::kDtmfReceiveInBand); i < kLegFieldCount; ++i) {
      fields.bits_ |= 1U << i;
    }
    return fields;
  }
  void add(LegFields others) { bits_ |= others.bits_; }
  void set(LegField field) { bits_ |= 1U << static_cast<unsigned>(field); }
  bool has(LegField field) const { return (bits_ & (1U << static_cast<unsigned>(field))) != 0; }
  friend bool operator==(LegFields, LegFields) = default;

 private:
  unsigned bits_ = 0;
};

struct LegPatch {
  std::string id;
  std::string path;    // of the leg in the request, for messages ("spec.legs[0]")
  bool whole = false;  // the leg as a whole: changed, added, or, when `values` is unset, removed
  LegFields fields;    // what to take from `values` otherwise
  std::optional<LegRequest> values;
};

struct SessionPatch {
  bool all_legs = false;  // `legs` are all legs the session has from now on
  std::vector<LegPatch> legs;
  bool set_media_timeout = false;
  std::optional<std::chrono::milliseconds> media_timeout;  // unset: the node's default
  bool set_labels = false;
  std::map<std::string, std::string> labels;
};

// The session that `patch` makes of `current`, defaults resolved and checked. `one_port` are the ids of legs
// without a port for RTCP alone. Anything wrong is added to `violations`, and the result is then of no use.
SessionRequest apply_patch(const SessionRequest& current, const SessionPatch& patch,
                           std::span<const std::string> one_port, const NodeDefaults& defaults,
                           Violations& violations);

}  // namespace pollux::control
