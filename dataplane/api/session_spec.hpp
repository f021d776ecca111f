// What a session is asked to be: the plain description that the control plane hands to the data plane.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "dataplane/base/codec_params.hpp"
#include "dataplane/base/dtmf_params.hpp"
#include "dataplane/base/ip_address.hpp"
#include "dataplane/base/shared_list.hpp"
#include "dataplane/base/srtp_params.hpp"

namespace pollux {

inline constexpr std::size_t kMaxLegs = 16;          // legs of one session
inline constexpr std::size_t kMaxPayloadTypes = 32;  // entries in one leg's payload-type map
inline constexpr std::size_t kMaxCodecs = 24;        // entries in one leg's codec list
inline constexpr std::uint16_t kMaxPtimeMs = 120;
inline constexpr std::uint16_t kMaxJitterWindowMs = 500;

// Names a session inside the data plane; never reused while the process lives. 0 names none.
using SessionHandle = std::uint64_t;

// The remote party's wish, as the a= attribute of its own SDP says it (RFC 8866 §6.7): kSendOnly means that
// the party only sends. Media against the direction is dropped and counted; RTCP flows in every state (RFC
// 3264 §5.1).
enum class Direction : std::uint8_t { kSendRecv, kSendOnly, kRecvOnly, kInactive };

// How a leg finds out where its party's media really comes from (docs/endpoint-learning.md).
enum class LearningMode : std::uint8_t {
  kHeuristic,  // the signalled address at once; any other source only after it proved to be an RTP stream
  kDelayed,  // as heuristic, but no other source than the signalled one is believed before the delay is over
  kImmediate,  // the first well-formed packet's source: claims nothing
  kOff,        // the signalled address only
};

// What happens to packets from elsewhere once the source is known.
enum class SourcePolicy : std::uint8_t {
  kStrictSource,   // dropped
  kMediaHandover,  // dropped, until the known source has fallen silent and the new one proved itself: then it
                   // is learned
  kAcceptAny,      // forwarded, but nothing is ever sent there
};

// What the packets sent on this leg carry (RFC 3550 §7.2).
enum class StreamMode : std::uint8_t {
  kPreserve,  // SSRC, sequence number and timestamp of the source
  kRewrite,   // one SSRC of this leg's own; sequence and timestamp go on without a jump when the source
              // changes
};

// `wire` is the number on this leg, `common` the number by which the legs of the session know the format.
struct PayloadTypeMapping {
  std::uint8_t wire = 0;         // 0..127
  std::uint8_t common = 0;       // 0..127
  std::uint32_t clock_rate = 0;  // Hz, for the jitter; 0: RFC 3551's for a static type, else 8000
  friend bool operator==(const PayloadTypeMapping&, const PayloadTypeMapping&) = default;
};

// What a party is sent while the other one is silent and its codec says so (SID, comfort noise, DTX).
enum class SilencePolicy : std::uint8_t {
  kComfortNoise,  // noise: as CN packets where the leg's list has them, else as sound
  kNothing,       // no packets
};

// One leg: the relay's local ports and the party behind them.
struct LegSpec {
  std::uint16_t id = 0;  // unique in the session; kept over updates
  IpAddress local_address;
  std::uint16_t local_rtp_port = 0;
  std::uint16_t local_rtcp_port = 0;  // == local_rtp_port: RTP and RTCP share the port (RFC 5761)
  std::optional<SocketAddress> remote_rtp;
  std::optional<SocketAddress> remote_rtcp;  // none: remote_rtp's port + 1 (or the same port with rtcp-mux)
  Direction direction = Direction::kSendRecv;
  LearningMode learning = LearningMode::kHeuristic;
  SourcePolicy source_policy = SourcePolicy::kStrictSource;
  StreamMode stream_mode = StreamMode::kPreserve;
  std::uint8_t dscp = 0;  // 0..63
  // Empty: every payload type passes as it is. Otherwise only those listed pass, in and out.
  SharedList<PayloadTypeMapping> payload_types;  // at most kMaxPayloadTypes
  // What the party takes and sends, the best first. Empty: Pollux doesn't look at the media. Otherwise a
  // stream from a leg whose format this list has (passes_as()) goes on as it is, any other is transcoded to
  // the first audio format of the list. Only with an empty payload_types, and sinks that have a list as well.
  SharedList<CodecFormat> codecs;  // at most kMaxCodecs
  // Of what is sent to the party, with `codecs`: media per packet. 0: as it comes. A whole number of the
  // codec's frames: others are rounded down.
  std::uint16_t ptime_ms = 0;
  // Of what the party sends, with `codecs`, where it is transcoded or re-packetized: how long at most to wait
  // for packets that come late. The wait follows the jitter. 0: not at all.
  std::uint16_t jitter_window_ms = 60;
  SilencePolicy silence = SilencePolicy::kComfortNoise;  // of what is sent to the party
  // Of what is sent to the party, transcoded: pauses are sent as SID frames (G.729), comfort noise (where the
  // list has it) or not at all (Opus).
  bool dtx = false;
  // Where Pollux speaks RTCP for itself, extended reports as well (RFC 3611 §4.7).
  bool rtcp_xr = false;
  // Of key presses, with `codecs`. kInBand only where the first audio format carries tones, kRfc4733 only
  // where the list has telephone-event.
  DtmfPolicy dtmf;
  // Keys of what the party sends, and of what is sent to it. With one of them the leg speaks SRTP only: what
  // comes or would go without a key is dropped (srtp_no_key), never taken or sent in the clear.
  SrtpParamsRef srtp_receive;
  SrtpParamsRef srtp_send;
  // SRTP between the parties that Pollux has no key of: it passes untouched and unread. With neither key
  // above, kPreserve, no payload-type map, and sinks of the same kind only.
  bool srtp_passthrough = false;
  // Ids of the legs that get what this leg's party sends, RTP and RTCP. Empty: nobody.
  SharedList<std::uint16_t> sinks;

  bool rtcp_mux() const { return local_rtcp_port == local_rtp_port; }
  bool srtp() const { return srtp_receive || srtp_send; }
  friend bool operator==(const LegSpec&, const LegSpec&) = default;
};

// All local ports of a session belong to one worker: Dataplane::port_owner() of each is `worker`.
struct SessionSpec {
  std::uint16_t worker = 0;  // index into DataplaneConfig::workers
  // Without a believed packet on any leg for so long, kMediaTimeout is raised (once; again after media came
  // back). 0: never.
  std::uint32_t media_timeout_ms = 0;
  // The worker that decodes and encodes for this session, where that is needed; another one than `worker`
  // when that has no media role.
  std::uint16_t media_worker = 0;
  std::vector<LegSpec> legs;  // 1..kMaxLegs
};

}  // namespace pollux
