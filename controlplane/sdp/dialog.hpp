// Offer and answer between two parties with a relay in between (RFC 3264): what each was told, what it said,
// and what the relay has to provide for it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "controlplane/sdp/document.hpp"
#include "controlplane/sdp/media_description.hpp"
#include "controlplane/sdp/sdp_options.hpp"
#include "dataplane/base/random_source.hpp"

namespace pollux::sdp {

enum class Side : std::uint8_t { kCaller, kCallee };  // kCaller made the first offer of the dialog
constexpr Side other(Side side) {
  return side == Side::kCaller ? Side::kCallee : Side::kCaller;
}

// What the relay has to be for one party of one section: becomes a leg of the session.
struct MediaLeg {
  std::string network;  // empty: the only one
  AddressFamily family = AddressFamily::kIpv4;
  std::optional<SocketAddress> remote_rtp;  // unset: not known yet, or on hold by 0.0.0.0
  std::optional<SocketAddress> remote_rtcp;
  bool rtcp_mux = false;          // agreed with this party: RTCP comes and goes on the RTP port
  bool rtcp_mux_offered = false;  // a leg that may come to be mux: needs both ports till then
  Direction direction = Direction::kSendRecv;
  // Empty: opaque. Both legs of a section have some, or none. Each list begins with what is sent to the
  // party.
  std::vector<CodecFormat> codecs;
  std::uint16_t ptime_ms = 0;
  std::optional<std::uint16_t> jitter_window_ms;
  SrtpParamsRef srtp_receive, srtp_send;
  LearningMode learning = LearningMode::kHeuristic;
  SourcePolicy source_policy = SourcePolicy::kStrictSource;
  std::optional<std::uint8_t> dscp;
  DtmfPolicy dtmf;
  bool rtcp_xr = false;
  friend bool operator==(const MediaLeg&, const MediaLeg&) = default;
};

struct SectionLegs {
  // Unset: nothing of the section is relayed (rejected by a party or by Pollux, or passed by).
  std::optional<std::array<MediaLeg, 2>> sides;  // by Side
};

// Where a party finds the relay.
struct LocalMedia {
  SocketAddress rtp;
  SocketAddress rtcp;
};
using SectionPorts = std::array<std::optional<LocalMedia>, 2>;  // by Side; unset: the section has no legs

// What a section came to, for people: CallMedia of the API.
struct SectionView {
  std::string kind;
  std::array<std::string, 2> protocol;  // by Side; empty: rejected
  std::array<Direction, 2> direction{};
  std::array<std::vector<CodecFormat>, 2> codecs;  // empty: not looked at
};

// A value: copy it, let the copy take the offer, make the legs, and keep the copy if all went well. Keys that
// it made stay the same while the other side's SDP asks for the same. Any thread, one at a time; no clock.
class Dialog {
 public:
  // `offer` came from `from`. Post: legs() say what is needed, write() makes the offer for the other side. An
  // offer while another one is open replaces it. `warnings` get what is done in another way than asked for.
  // Errors: line_error()s; SDP_UNSUPPORTED when no section is left that can be relayed (names the first).
  Expected<void> take_offer(Side from, const Document& offer, const SdpOptions& options, RandomSource& random,
                            std::vector<std::string>& warnings);

  // `answer` came from `from`, to the last offer that write() made for it; the first of several holds no more
  // than the last. Of `options` only what may be in an answer. Errors: as above, NO_OFFER without an
  // offer (kInvalidArgument), SDP_MALFORMED when sections don't match the offer's (RFC 3264 §6).
  Expected<void> take_answer(Side from, const Document& answer, const SdpOptions& options,
                             RandomSource& random, std::vector<std::string>& warnings);

  // One for each m= line so far; sections never go away (RFC 3264 §8).
  std::vector<SectionLegs> legs() const;

  // The SDP for other(from), made of the body that was taken last from `from`.
  // Pre: `ports` are those of legs(), in order.
  Document write(Side from, const Document& body, std::span<const SectionPorts> ports) const;

  std::vector<SectionView> view() const;
  bool offer_open() const;  // an offer went on, and no answer came
  Side offerer() const;     // of the last offer

  // A dialog with another receiver of the same offer, for a fork: the caller's side as it is here, its keys
  // included, the callee's new. Pre: the last offer was the caller's.
  Dialog fork() const;

 private:
  struct SideState;
  struct SectionState;
  // (the state; filled in by the engine)
};

}  // namespace pollux::sdp
