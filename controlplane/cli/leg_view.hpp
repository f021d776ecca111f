// A leg's spec and state side by side, with the questions that a diagnosis asks.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "pollux/v1/session.pb.h"

namespace pollux::cli {

// Silence longer than talk pauses and comfort-noise intervals usually are.
inline constexpr double kSilenceSeconds = 5;

struct LegView {
  const v1::LegSpec* spec = nullptr;
  const v1::LegState* state = nullptr;

  const std::string& id() const { return spec->leg_id(); }
  const v1::StreamState& rtp() const { return state->rtp(); }
  const v1::StreamState& rtcp() const { return state->rtcp(); }
  const v1::StreamQuality& quality() const { return state->quality(); }

  // By the direction that its SDP wishes.
  bool party_sends() const;
  bool party_receives() const;
  bool port_down() const { return !state->port().empty() && !state->link_up(); }
  bool rtcp_is_alive() const;  // heard lately
  bool has_receive_key() const { return spec->has_srtp_receive() || state->has_srtp_receive(); }
  bool has_send_key() const { return spec->has_srtp_send() || state->has_srtp_send(); }
  bool speaks_srtp() const { return has_receive_key() || has_send_key(); }
  double silence_seconds() const;  // since the last believed RTP; meaningless before the first
  // Packets dropped for these reasons together.
  std::uint64_t dropped(std::initializer_list<const char*> reasons) const;
  // Packets from elsewhere than the believed or signalled source.
  std::uint64_t refused() const;
  // "source_mismatch 120, source_unproven 4"; only those above zero.
  std::string drops_text(std::initializer_list<const char*> reasons) const;
  // The reason with the most packets; null without any.
  const v1::DropCounter* main_drop() const;
};

// Spec and state of that name; what the session doesn't have is empty. The session must outlive it.
LegView find_leg(const v1::Session& session, const std::string& leg_id);

// The legs that get what this leg's party sends. With two legs and no sinks at all each gets the other's.
std::vector<std::string> sinks_of(const v1::Session& session, const v1::LegSpec& leg);

}  // namespace pollux::cli
