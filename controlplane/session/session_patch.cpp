#include "controlplane/session/session_patch.hpp"

#include <algorithm>

namespace pollux::control {

namespace {

LegRequest* find_leg(std::vector<LegRequest>& legs, const std::string& id) {
  const auto found =
      std::find_if(legs.begin(), legs.end(), [&id](const LegRequest& leg) { return leg.id == id; });
  return found == legs.end() ? nullptr : &*found;
}

void copy_dtmf(LegFields fields, const DtmfPolicy& from, DtmfPolicy& to) {
  const auto copy = [&](LegField field, auto member) {
    if (fields.has(field)) {
      to.*member = from.*member;
    }
  };
  copy(LegField::kDtmfReceiveInBand, &DtmfPolicy::receive_in_band);
  copy(LegField::kDtmfReceiveRfc4733, &DtmfPolicy::receive_rfc4733);
  copy(LegField::kDtmfReceiveSipInfo, &DtmfPolicy::receive_sip_info);
  copy(LegField::kDtmfSend, &DtmfPolicy::send);
  copy(LegField::kDtmfToneGuard, &DtmfPolicy::tone_guard_ms);
  copy(LegField::kDtmfKeepAudio, &DtmfPolicy::keep_audio);
  copy(LegField::kDtmfLevel, &DtmfPolicy::level_dbm0);
  copy(LegField::kDtmfBlock, &DtmfPolicy::block);
}

using LegIds = std::span<const std::string>;

// Copies the named fields. Ports follow from network and family, which a leg that stays keeps. The port for
// RTCP stays with a leg that has one, in use or not; `one_port`: those that have none.
void copy_fields(const LegPatch& patch, LegRequest& leg, LegIds one_port, Violations& violations) {
  const LegRequest& values = *patch.values;
  const LegFields fields = patch.whole ? LegFields::all() : patch.fields;
  const auto fixed = [&](LegField field, const char* name, bool same) {
    if (fields.has(field) && !same) {
      violations.push_back({patch.path + "." + name,
                            "can't change while the leg exists: remove the leg and add "
                            "one with another leg_id"});
    }
  };
  fixed(LegField::kNetwork, "network", values.network.empty() || values.network == leg.network);
  fixed(LegField::kFamily, "family", !values.family || values.family == leg.family);
  const bool has_rtcp_port = std::find(one_port.begin(), one_port.end(), leg.id) == one_port.end();
  if (fields.has(LegField::kRtcpMux) && !values.rtcp_mux && !has_rtcp_port) {
    violations.push_back({patch.path + ".rtcp_mux",
                          "can't end: the leg was made with it and has no port for RTCP; remove the leg and "
                          "add one with another leg_id"});
  }
  const auto copy = [&](LegField field, auto member) {
    if (fields.has(field)) {
      leg.*member = values.*member;
    }
  };
  copy(LegField::kRemoteRtp, &LegRequest::remote_rtp);
  copy(LegField::kRemoteRtcp, &LegRequest::remote_rtcp);
  copy(LegField::kRtcpMux, &LegRequest::rtcp_mux);
  copy(LegField::kDirection, &LegRequest::direction);
  copy(LegField::kPayloadTypes, &LegRequest::payload_types);
  copy(LegField::kPayloadTypes, &LegRequest::encodings);
  copy(LegField::kLearning, &LegRequest::learning);
  copy(LegField::kSourcePolicy, &LegRequest::source_policy);
  copy(LegField::kStreamMode, &LegRequest::stream_mode);
  copy(LegField::kDscp, &LegRequest::dscp);
  copy(LegField::kSinks, &LegRequest::sinks);
  copy(LegField::kSrtpReceive, &LegRequest::srtp_receive);
  copy(LegField::kSrtpSend, &LegRequest::srtp_send);
  copy(LegField::kSrtpPassthrough, &LegRequest::srtp_passthrough);
  copy(LegField::kCodecs, &LegRequest::codecs);
  copy(LegField::kPtime, &LegRequest::ptime_ms);
  copy(LegField::kJitterWindow, &LegRequest::jitter_window_ms);
  copy(LegField::kSilence, &LegRequest::silence);
  copy(LegField::kDtx, &LegRequest::dtx);
  copy(LegField::kRtcpXr, &LegRequest::rtcp_xr);
  copy_dtmf(fields, values.dtmf, leg.dtmf);
}

void replace_legs(const SessionPatch& patch, SessionRequest& merged, LegIds one_port,
                  Violations& violations) {
  std::vector<LegRequest> old = std::exchange(merged.legs, {});
  for (const LegPatch& leg_patch : patch.legs) {
    const LegRequest* existing = find_leg(old, leg_patch.id);
    LegRequest leg = existing != nullptr ? *existing : *leg_patch.values;
    if (existing != nullptr) {
      copy_fields(leg_patch, leg, one_port, violations);
    }
    merged.legs.push_back(std::move(leg));
  }
}

void patch_legs(const SessionPatch& patch, SessionRequest& merged, LegIds one_port, Violations& violations) {
  for (const LegPatch& leg_patch : patch.legs) {
    LegRequest* existing = find_leg(merged.legs, leg_patch.id);
    if (existing == nullptr && (!leg_patch.whole || !leg_patch.values)) {
      violations.push_back({"update_mask", "the session has no leg " + shown(leg_patch.id) +
                                               "; to add one, name it as \"legs." + leg_patch.id +
                                               "\" and put it into spec.legs"});
    } else if (!leg_patch.values) {
      merged.legs.erase(merged.legs.begin() + (existing - merged.legs.data()));
    } else if (existing == nullptr) {
      merged.legs.push_back(*leg_patch.values);
    } else {
      copy_fields(leg_patch, *existing, one_port, violations);
    }
  }
}

}  // namespace

SessionRequest apply_patch(const SessionRequest& current, const SessionPatch& patch,
                           std::span<const std::string> one_port, const NodeDefaults& defaults,
                           Violations& violations) {
  SessionRequest merged = current;
  if (patch.all_legs) {
    replace_legs(patch, merged, one_port, violations);
  } else {
    patch_legs(patch, merged, one_port, violations);
  }
  if (patch.set_media_timeout) {
    merged.media_timeout = patch.media_timeout;
  }
  if (patch.set_labels) {
    merged.labels = patch.labels;
  }
  resolve_defaults(merged, defaults, patch.all_legs ? SinkDefault::kEachOther : SinkDefault::kLeaveEmpty);
  const auto leg_path = [&](std::size_t i) {
    const std::string& id = merged.legs[i].id;
    for (const LegPatch& leg_patch : patch.legs) {
      if (leg_patch.id == id && leg_patch.values) {
        return leg_patch.path;
      }
    }
    return "legs." + id;  // not in the request: a leg of the session, made wrong by the change of another
  };
  check_session(merged, defaults, leg_path, violations, &current);
  return merged;
}

}  // namespace pollux::control
