// Calls by offer and answer as the control plane knows them: what is asked, and what is told of them.
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/sdp/dialog.hpp"
#include "controlplane/sdp/document.hpp"
#include "controlplane/sdp/sdp_options.hpp"
#include "controlplane/session/session_types.hpp"

namespace pollux::call {

inline constexpr std::size_t kMaxNameBytes = 255;  // of Call-ID, tags and branches

// Which dialog of a call, as SIP names it. `to_tag` may be empty: not known yet.
struct DialogName {
  std::string call_id;
  std::string from_tag;
  std::string to_tag;
  std::string via_branch;
};

struct Offer {
  DialogName name;
  sdp::Document sdp;
  sdp::SdpOptions options;
  std::map<std::string, std::string> labels;
  std::optional<std::chrono::milliseconds> media_timeout;  // unset: the node's
};

struct Answer {
  DialogName name;  // from_tag: who offered
  sdp::Document sdp;
  sdp::SdpOptions options;
  bool final = false;  // the other forks are over
};

struct Exchanged {
  sdp::SecretString sdp;  // for the other party
  std::string session_id;
  std::vector<std::string> warnings;
};

// One m= section of a party.
struct MediaView {
  std::string kind;
  std::string protocol;
  std::string leg_id;  // empty: not relayed
  Direction direction = Direction::kSendRecv;
  std::vector<CodecFormat> codecs;
  std::optional<SrtpSuite> srtp_suite;  // of what is sent to it
};

struct PartyView {
  std::string tag;  // empty: has not answered yet
  std::string via_branch;
  std::chrono::system_clock::time_point create_time;
  std::vector<MediaView> media;
  std::vector<std::string> peer_tags;
  bool active = false;
};

struct CallView {
  std::string call_id;
  control::SessionView session;
  std::vector<PartyView> parties;
  std::chrono::system_clock::time_point last_signal;
};

// Called on the control thread, exactly once.
using ExchangeCallback = std::function<void(tl::expected<Exchanged, control::Failure>)>;
using CallCallback = std::function<void(tl::expected<CallView, control::Failure>)>;

}  // namespace pollux::call
