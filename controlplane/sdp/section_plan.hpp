// How a section of one party's SDP becomes that of the other party's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/sdp/base64.hpp"
#include "dataplane/api/session_spec.hpp"

namespace pollux::sdp {

enum class Fate : std::uint8_t {
  kReject,  // port 0
  kRelay,
  kPass,  // not touched: the parties talk to each other
};

// One format of the new m= line.
struct FormatPlan {
  std::optional<std::uint8_t> from;  // its number in the body; unset: the body hasn't got it
  std::uint8_t payload_type = 0;     // its new number
  std::string rtpmap;                // without the number; only used where the body has no such format
  std::optional<std::string> fmtp;   // instead of the body's; empty: none
  friend bool operator==(const FormatPlan&, const FormatPlan&) = default;
};

struct CryptoPlan {
  std::uint32_t tag = 0;
  SrtpParamsRef key;
  friend bool operator==(const CryptoPlan&, const CryptoPlan&) = default;
};

struct SectionPlan {
  Fate fate = Fate::kReject;
  std::string protocol;
  std::string format_list;          // of a rejected one, as the offer has it
  std::vector<FormatPlan> formats;  // of one that is relayed
  std::vector<CryptoPlan> crypto;
  Base64Padding padding = Base64Padding::kBare;
  std::optional<Direction> direction;  // unset: as the body has it
  bool zero_address = false;           // hold as in RFC 2543 is told as such
  bool rtcp_mux = false;
  bool rtcp_mux_only = false;
  bool rtcp_apart = true;  // RTCP may have a port of its own, which a=rtcp tells
  bool feedback = false;   // a=rtcp-fb goes on
  // Of an answer: a=rtcp-fb lines that were offered, with the offerer's numbers; others are left out.
  std::optional<std::vector<std::string>> offered_feedback;
  std::uint16_t ptime_ms = 0;  // 0: as the body has it
  std::string new_mid;         // empty: none is added
  bool drop_mid = false;
};

}  // namespace pollux::sdp
