#include "controlplane/rpc/field_mask.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "controlplane/session/session_rules.hpp"

namespace pollux::rpc {

namespace {

using control::LegField;

struct FieldName {
  std::string_view name;
  LegField field;
};
constexpr auto kFieldNames = std::to_array<FieldName>({
    {"network", LegField::kNetwork},
    {"family", LegField::kFamily},
    {"remote_rtp", LegField::kRemoteRtp},
    {"remote_rtcp", LegField::kRemoteRtcp},
    {"rtcp_mux", LegField::kRtcpMux},
    {"direction", LegField::kDirection},
    {"payload_types", LegField::kPayloadTypes},
    {"learning", LegField::kLearning},
    {"source_policy", LegField::kSourcePolicy},
    {"stream_mode", LegField::kStreamMode},
    {"dscp", LegField::kDscp},
    {"sinks", LegField::kSinks},
    {"srtp_receive", LegField::kSrtpReceive},
    {"srtp_send", LegField::kSrtpSend},
    {"srtp_passthrough", LegField::kSrtpPassthrough},
    {"codecs", LegField::kCodecs},
    {"ptime_ms", LegField::kPtime},
    {"jitter_window_ms", LegField::kJitterWindow},
    {"silence", LegField::kSilence},
    {"dtx", LegField::kDtx},
    {"rtcp_xr", LegField::kRtcpXr},
    {"dtmf.receive_in_band", LegField::kDtmfReceiveInBand},
    {"dtmf.receive_rfc4733", LegField::kDtmfReceiveRfc4733},
    {"dtmf.receive_sip_info", LegField::kDtmfReceiveSipInfo},
    {"dtmf.send", LegField::kDtmfSend},
    {"dtmf.tone_guard_ms", LegField::kDtmfToneGuard},
    {"dtmf.keep_audio", LegField::kDtmfKeepAudio},
    {"dtmf.level_dbm0", LegField::kDtmfLevel},
    {"dtmf.block", LegField::kDtmfBlock},
});
static_assert(kFieldNames.size() == control::kLegFieldCount);

constexpr const char* kKnownPaths =
    "; paths are \"legs\", \"legs.LEG_ID\", \"legs.LEG_ID.FIELD\", \"legs.LEG_ID.dtmf.FIELD\", "
    "\"media_timeout\", \"labels\"";

LegMask& leg_mask(UpdateMask& mask, std::string_view leg_id) {
  const auto found = std::find_if(mask.legs.begin(), mask.legs.end(),
                                  [leg_id](const LegMask& leg) { return leg.leg_id == leg_id; });
  if (found != mask.legs.end()) {
    return *found;
  }
  return mask.legs.emplace_back(LegMask{std::string(leg_id), false, {}});
}

// False when it isn't "LEG_ID", "LEG_ID.FIELD" or "LEG_ID.dtmf.FIELD".
bool parse_leg_path(std::string_view path, UpdateMask& mask) {
  const auto dot = path.find('.');
  const std::string_view leg_id = path.substr(0, dot);
  if (!control::valid_leg_id(leg_id)) {
    return false;
  }
  if (dot == std::string_view::npos) {
    leg_mask(mask, leg_id).whole = true;
    return true;
  }
  const std::string_view name = path.substr(dot + 1);
  if (name == "dtmf") {
    leg_mask(mask, leg_id).fields.add(control::LegFields::dtmf());
    return true;
  }
  const auto found = std::find_if(kFieldNames.begin(), kFieldNames.end(),
                                  [name](const FieldName& f) { return f.name == name; });
  if (found == kFieldNames.end()) {
    return false;
  }
  leg_mask(mask, leg_id).fields.set(found->field);
  return true;
}

}  // namespace

UpdateMask parse_update_mask(const google::protobuf::FieldMask& paths, control::Violations& violations) {
  static constexpr std::string_view kLegPrefix = "legs.";
  UpdateMask mask;
  if (paths.paths().empty()) {
    violations.push_back({"update_mask", std::string("must name what to change") + kKnownPaths});
  }
  if (paths.paths_size() > kMaxMaskPaths) {
    violations.push_back({"update_mask", "at most " + std::to_string(kMaxMaskPaths) + " paths"});
    return mask;
  }
  for (const std::string& path : paths.paths()) {
    if (path == "legs") {
      mask.all_legs = true;
    } else if (path == "media_timeout") {
      mask.media_timeout = true;
    } else if (path == "labels") {
      mask.labels = true;
    } else if (!path.starts_with(kLegPrefix) ||
               !parse_leg_path(std::string_view(path).substr(kLegPrefix.size()), mask)) {
      violations.push_back({"update_mask", "unknown path " + control::shown(path) + kKnownPaths});
    }
  }
  return mask;
}

}  // namespace pollux::rpc
