// A call: who talks to whom in it, and the session that carries its media.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/call/call_types.hpp"

namespace pollux::call {

// One receiver of a caller's offer and what the two have agreed. A caller whose call is forked has several.
struct Branch {
  unsigned caller = 1;  // number of the caller: 1 for the first; branches of one caller share its legs
  unsigned callee = 1;  // number of the callee; never used again in the call
  std::string caller_tag;
  std::string callee_tag;  // empty: has not answered yet
  std::string via_branch;
  sdp::Dialog dialog;
  bool active = false;  // media flows: the one of its caller's that answered last; before, that offered last
  std::chrono::system_clock::time_point create_time;
};

// A leg keeps its ports while it exists, and with them its network, family and kind of RTCP. When these have
// to change it is replaced by one with another id.
struct LegPlace {
  std::string network;
  AddressFamily family = AddressFamily::kIpv4;
  bool single_port = false;  // made for rtcp-mux: there is no second port
  unsigned generation = 0;   // 0: the id as it is; 1 … : "caller-1-r1"
};

// A value: what the next offer or answer makes of it is kept when its session has become so.
struct Call {
  std::string id;
  std::string session_id;
  std::vector<Branch> branches;
  std::map<std::string, LegPlace> places;        // by leg id without generation
  std::map<std::string, sdp::LocalMedia> ports;  // by leg id, as the session has them
  // What the session was asked to be last, nothing filled in.
  std::vector<control::LegRequest> legs;
  std::map<std::string, std::string> labels;
  std::optional<std::chrono::milliseconds> media_timeout;
  unsigned last_caller = 0;
  unsigned last_callee = 0;
  std::chrono::system_clock::time_point last_signal;
};

// Valid as a session id, the same for the same Call-ID, and the Call-ID itself where that is possible.
std::string session_id_of(const std::string& call_id);

}  // namespace pollux::call
