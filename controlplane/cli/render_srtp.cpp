#include "controlplane/cli/render_srtp.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>

#include "controlplane/cli/format.hpp"
#include "controlplane/cli/leg_view.hpp"
#include "controlplane/cli/words.hpp"

namespace pollux::cli {

namespace {

constexpr std::uint64_t kDefaultLifetime = std::uint64_t{1} << 48;
constexpr std::uint64_t kFewPacketsLeft = std::uint64_t{1} << 20;  // less than six hours of 20 ms packets
constexpr int kMostStreams = 4;                                    // shown one by one
constexpr std::size_t kMostMkiNumberBytes = 8;

// As it is given to session create, "1:4"; what is longer than a number in hexadecimal.
std::string mki_text(const std::string& mki) {
  std::uint64_t number = 0;
  std::string hex = "0x";
  for (const char c : mki) {
    const auto byte = static_cast<unsigned char>(c);
    number = number << 8 | byte;
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", byte);
    hex += digits;
  }
  return mki.size() <= kMostMkiNumberBytes ? std::to_string(number) + ":" + std::to_string(mki.size()) : hex;
}

std::string streams_text(const v1::SrtpDirectionState& state) {
  std::string out;
  for (int i = 0; i < std::min(state.streams_size(), kMostStreams); ++i) {
    const auto& stream = state.streams(i);
    out += ", SSRC " + hex_ssrc(stream.ssrc()) + " at ROC " + std::to_string(stream.roc()) + " sequence " +
           std::to_string(stream.sequence());
  }
  const int more = state.streams_size() - kMostStreams;
  return out + (more > 0 ? ", and " + std::to_string(more) + " SSRCs more" : "");
}

std::string left_text(const v1::SrtpParams& params, const v1::SrtpDirectionState& state, const Style& style) {
  const std::uint64_t left = state.rtp_packets_left();
  const bool by_default = params.lifetime() == 0 || params.lifetime() == kDefaultLifetime;
  if (left == 0) {
    return ", " + style.paint(Tone::kBad, "the key HAS EXPIRED");
  }
  if (left < kFewPacketsLeft) {
    return ", " + style.paint(Tone::kWarning, "only " + human_count(left) + " packets left of the key");
  }
  return by_default ? "" : ", " + human_count(left) + " packets left of the key";
}

std::string direction_line(const std::string& who, const char* done, bool has_key,
                           const v1::SrtpParams& params, const v1::SrtpDirectionState* state,
                           const Style& style) {
  if (!has_key) {
    return who + ": " + style.paint(Tone::kWarning, "no key yet: packets are dropped (srtp_no_key)") + "\n";
  }
  std::string out =
      who + ": " + word(params.suite()) + (params.mki().empty() ? "" : ", MKI " + mki_text(params.mki()));
  if (state != nullptr) {
    out += ", " + human_count(state->rtp_packets()) + " RTP and " + human_count(state->rtcp_packets()) +
           " RTCP packets " + done + streams_text(*state) + left_text(params, *state, style) +
           (state->overlap() ? ", former key still accepted" : "");
  }
  return out + "\n";
}

}  // namespace

std::string render_srtp(const v1::Session& session, const Style& style) {
  std::string out;
  for (const auto& spec : session.spec().legs()) {
    const LegView leg = find_leg(session, spec.leg_id());
    const std::string begin = "leg " + spec.leg_id();
    if (spec.srtp_passthrough()) {
      out += begin + " SRTP: passes through untouched; this node can neither read nor check it\n";
    } else if (leg.speaks_srtp()) {
      out += direction_line(begin + " SRTP received", "opened", leg.has_receive_key(), spec.srtp_receive(),
                            leg.state->has_srtp_receive() ? &leg.state->srtp_receive() : nullptr, style);
      out += direction_line(begin + " SRTP sent", "sent", leg.has_send_key(), spec.srtp_send(),
                            leg.state->has_srtp_send() ? &leg.state->srtp_send() : nullptr, style);
    }
  }
  return out;
}

}  // namespace pollux::cli
