// What a Dialog keeps from one message to the next.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/sdp/codec_selection.hpp"
#include "controlplane/sdp/crypto_negotiation.hpp"
#include "controlplane/sdp/media_leg.hpp"
#include "controlplane/sdp/said_media.hpp"
#include "controlplane/sdp/section_plan.hpp"

namespace pollux::sdp {

// One party of one section.
struct PartyState {
  SaidMedia said;
  MediaLeg leg;
  std::optional<SocketAddress> remote_rtcp_apart;  // where RTCP goes without rtcp-mux
  bool one_port = false;                           // it was never told a port for RTCP
  std::string protocol;                            // spoken with it
  RtpProfile profile;
  OwnKeys keys;
  std::optional<SrtpSuite> first_suite;  // of offers to it: the one that it had before there was one
  std::vector<CryptoPlan> offered;       // the lines of the last offer to it
  std::optional<TakenCrypto> taken;      // of its last offer: the line that is answered
  DtmfPolicy dtmf;                       // as asked for; the leg has what its codecs allow
  std::uint16_t ptime_ms = 0;            // as asked for; 0: no wish
};

struct SectionState {
  Fate fate = Fate::kReject;     // as things stand
  Fate offered = Fate::kReject;  // what was made of it in the last offer; its legs are there till the next
  bool agreed = false;           // the legs are as an answer has them; an offer alone changes little of them
  CodecOffer codecs;
  bool rtcp_mux_told = false;
  bool mid_made = false;
  std::array<PartyState, 2> parties;  // by Side
  std::array<SectionPlan, 2> plans;   // by the side that it is written for

  PartyState& party(Side side) { return parties[index_of(side)]; }
  const PartyState& party(Side side) const { return parties[index_of(side)]; }
};

// What was told to one side of the session part.
struct ToldSession {
  bool any = false;
  std::string session_id;     // of o=, one of Pollux's own; empty: not made yet
  std::uint64_t version = 0;  // of o=
  std::uint64_t digest = 0;   // of the last text
};

}  // namespace pollux::sdp
