#include <initializer_list>
#include <optional>
#include <string>
#include <utility>

#include "controlplane/cli/diagnosis.hpp"

namespace pollux::cli {

namespace {

// A party that talks sends more than that. Counters don't tell when, but fewer drops than this can't be why
// nothing was believed for so long.
constexpr double kLeastPacketsPerSecond = 10;

std::string count_text(const LegView& leg, std::initializer_list<const char*> reasons) {
  const std::string text = leg.drops_text(reasons);
  return text.empty() ? "" : " (" + text + ")";
}

std::string capture_shows(const LegView& leg, const std::string& session_id) {
  return "polluxctl capture " + session_id + " --leg " + leg.id() + " --out FILE shows what comes";
}

bool is_used_up(bool known, const v1::SrtpDirectionState& state) {
  return known && state.rtp_packets_left() == 0;
}

// What most packets of the leg were dropped for, if that was on their way in. Two reasons are those of a
// missing key, and then it may be the sink's.
const v1::DropCounter* reception_drop(const LegView& from) {
  const auto* const drop = from.main_drop();
  if (drop == nullptr || drop->reason().rfind("srtp_", 0) != 0) {
    return nullptr;
  }
  const bool sinks_fault =
      drop->reason() == "srtp_index_used" ||
      (drop->reason() == "srtp_no_key" &&
       (!from.speaks_srtp() || (from.has_receive_key() && from.rtp().rx_packets() > 0))) ||
      (drop->reason() == "srtp_key_expired" &&
       !is_used_up(from.state->has_srtp_receive(), from.state->srtp_receive()));
  return sinks_fault ? nullptr : drop;
}

Finding refused(std::string text, std::string advice) {
  return {Flow::kRefused, std::move(text), std::move(advice)};
}

// Nothing: a reason that this polluxctl doesn't know.
std::optional<Finding> explain(const std::string& reason, const LegView& from,
                               const std::string& session_id) {
  const std::string& id = from.id();
  const auto counts = [&](const char* name) { return count_text(from, {name}); };
  if (reason == "srtp_authentication_failed") {
    return refused("what " + id + " sends can't be opened with its key" +
                       counts("srtp_authentication_failed") +
                       ": wrong key or suite in srtp_receive, or the party sends plain RTP",
                   "compare suite, key and MKI of srtp_receive of leg " + id +
                       " with a=crypto of the SDP that came from " + id +
                       ", not of the one that went to it; does its m= line say RTP/SAVP?");
  }
  if (reason == "srtp_no_key" && from.has_receive_key()) {
    return refused("packets came from " + id + " before their key did" + counts("srtp_no_key") +
                       ", and none that it opens since",
                   "is it still sending? " + capture_shows(from, session_id));
  }
  if (reason == "srtp_no_key") {
    return refused(
        "packets come from " + id + ", and there is no key to open them with" + counts("srtp_no_key"),
        "give leg " + id + " srtp_receive, the key of a=crypto in the SDP that comes from " + id);
  }
  if (reason == "srtp_mki_unknown") {
    return refused("packets of " + id + " name a key that the leg doesn't have" + counts("srtp_mki_unknown") +
                       ": another MKI than in its SDP, or it has re-keyed and signalling didn't say so",
                   "compare the MKI and its length in srtp_receive of leg " + id +
                       " with a=crypto of the SDP that came from " + id);
  }
  if (reason == "srtp_key_expired") {
    return refused("the key of what " + id + " sends has expired" + counts("srtp_key_expired"),
                   "re-key: agree on another key with " + id + " and give it to srtp_receive of leg " + id);
  }
  if (reason == "srtp_replayed" || reason == "srtp_too_old") {
    return refused(
        "packets of " + id + " came before or are too old" +
            count_text(from, {"srtp_replayed", "srtp_too_old"}) +
            ": a replay, or it began anew under its old key",
        "a party that restarts needs another key: re-key leg " + id + "; " + capture_shows(from, session_id));
  }
  if (reason == "srtp_streams_full") {
    return refused(
        id + " has used more SSRCs under one key than the node tells apart" + counts("srtp_streams_full"),
        (from.speaks_srtp() ? "re-key leg " + id
                            : "re-key the leg that it goes to, or set stream=rewrite there") +
            ", or raise srtp.streams_per_key in the configuration; " + capture_shows(from, session_id));
  }
  if (reason == "srtp_malformed") {
    return refused("what comes from " + id + " is no SRTP as agreed" + counts("srtp_malformed") +
                       ": too short, or RTCP that isn't encrypted",
                   "does its m= line say RTP/SAVP, and its a=crypto nothing of UNENCRYPTED_SRTCP? " +
                       capture_shows(from, session_id));
  }
  return std::nullopt;
}

}  // namespace

std::optional<Finding> srtp_reception_fault(const LegView& from, const std::string& session_id) {
  const auto* const drop = reception_drop(from);
  return drop == nullptr ? std::nullopt : explain(drop->reason(), from, session_id);
}

bool srtp_refuses_now(const LegView& from) {
  const auto* const drop = reception_drop(from);
  return drop != nullptr &&
         static_cast<double>(drop->packets()) >= from.silence_seconds() * kLeastPacketsPerSecond;
}

std::optional<Finding> srtp_sending_fault(const LegView& from, const LegView& to) {
  if (to.speaks_srtp() && !to.has_send_key()) {
    return Finding{
        Flow::kNotSent,
        "receiving, but " + to.id() + " has no key to be sent with" + count_text(from, {"srtp_no_key"}),
        "give leg " + to.id() + " srtp_send, the key of a=crypto in the SDP that goes to " + to.id()};
  }
  if (is_used_up(to.state->has_srtp_send(), to.state->srtp_send())) {
    return Finding{
        Flow::kNotSent,
        "receiving, but the key that " + to.id() + " is sent with has expired" +
            count_text(from, {"srtp_key_expired"}),
        "re-key: agree on another key with " + to.id() + " and give it to srtp_send of leg " + to.id()};
  }
  return std::nullopt;
}

std::optional<std::string> srtp_remark(const LegView& from) {
  const std::string counts =
      from.drops_text({"srtp_authentication_failed", "srtp_mki_unknown", "srtp_replayed", "srtp_too_old",
                       "srtp_streams_full", "srtp_malformed"});
  if (const std::string used = from.drops_text({"srtp_index_used"}); !used.empty()) {
    return "what " + from.id() + " sent again could not go out as SRTP again (" + used +
           "): duplicates, or its sequence numbers fell back, which stream=rewrite on the leg it goes to "
           "mends";
  }
  if (counts.empty()) {
    return std::nullopt;
  }
  return "SRTP to " + from.id() + "'s port was dropped (" + counts +
         "): a few are strangers, duplicates or a change of keys";
}

}  // namespace pollux::cli
