// What workers tell the control plane: fixed-size values that travel through a bounded ring per worker.
#pragma once

#include <cstdint>

#include "dataplane/api/session_spec.hpp"

namespace pollux {

enum class EventType : std::uint8_t {
  kSessionLinked,    // add_session() has taken effect: media flows from now on
  kSessionUpdated,   // update_session() has taken effect
  kCaptureSet,       // a capture of the session has begun or ended; `token` is 0
  kDtmfInjected,     // inject_dtmf() has taken effect, or was refused: `refused`
  kKeysForgotten,    // a former key of the session is no longer good; `token` is 0
  kSessionUnlinked,  // remove_session() has taken effect; the handle is dead, its ports may be used again
  kFirstMedia,       // first believed RTP packet of a leg
  kSourceLearned,    // `to` is believed and sent to from now on; `from` is the signalled address or unset
  kSourceChanged,    // the source moved from `from` to `to` after it had been learned
  kSourceRejected,   // packets from `to` don't come from the believed source `from` and are dropped; rate
                     // limited
  kStreamChanged,    // the believed source goes on with a new SSRC (`ssrc`); rate limited
  kSrtpKeyExpiring,  // a leg's key (`outgoing`: the one it sends with) is near the end of its lifetime
  kSrtpKeyExpired,   // and has reached it: packets are dropped from now on
  kDtmf,          // a key went down or came up: `press`; `leg_id` is the one whose party pressed it, or with
                  // `outgoing` the one whose party is to be told by the signalling
  kMediaTimeout,  // no believed packet on any leg for media_timeout_ms
  kMediaResumed,  // media came back after kMediaTimeout
  kPortUp,        // link of device port `port`
  kPortDown,
  kDuplicateAddress,  // another host answers for `to`, which is ours on port `port`
};

enum class Component : std::uint8_t { kRtp, kRtcp };

enum class DtmfPhase : std::uint8_t { kStart, kEnd };

// A key press at its start or its end.
struct DtmfPress {
  std::uint8_t event = 0;           // RFC 4733 §3.2, a digit or flash
  DtmfWay way = DtmfWay::kRfc4733;  // that told first
  DtmfPhase phase = DtmfPhase::kStart;
  std::uint8_t volume = 0;         // -dBm0; 0 where the way doesn't tell
  std::uint32_t duration_ms = 0;   // of kEnd
  std::uint32_t began_ms_ago = 0;  // before the event's time
};

struct Event {
  EventType type = EventType::kSessionLinked;
  Component component = Component::kRtp;
  bool outgoing = false;  // of kSrtpKeyExpiring, kSrtpKeyExpired and kDtmf
  bool refused = false;   // of kDtmfInjected: fewer places were free in the leg's queue than needed
  std::uint16_t worker = 0;
  std::uint16_t leg_id = 0;
  std::uint16_t port = 0;  // index into DataplaneConfig::ports
  std::uint32_t ssrc = 0;
  SessionHandle session = 0;
  std::uint64_t token = 0;         // of the command that this event completes
  std::uint64_t time_unix_ns = 0;  // wall clock
  SocketAddress from;
  SocketAddress to;
  DtmfPress press;  // of kDtmf
};

}  // namespace pollux
