// What workers tell the control plane: fixed-size values that travel through a bounded ring per worker.
#pragma once

#include <cstdint>

#include "dataplane/api/session_spec.hpp"

namespace pollux {

enum class EventType : std::uint8_t {
  kSessionLinked,    // add_session() has taken effect: media flows from now on
  kSessionUpdated,   // update_session() has taken effect
  kCaptureSet,       // a capture of the session has begun or ended; `token` is 0
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
  kMediaTimeout,     // no believed packet on any leg for media_timeout_ms
  kMediaResumed,     // media came back after kMediaTimeout
  kPortUp,           // link of device port `port`
  kPortDown,
  kDuplicateAddress,  // another host answers for `to`, which is ours on port `port`
};

enum class Component : std::uint8_t { kRtp, kRtcp };

struct Event {
  EventType type = EventType::kSessionLinked;
  Component component = Component::kRtp;
  bool outgoing = false;  // of kSrtpKeyExpiring and kSrtpKeyExpired
  std::uint16_t worker = 0;
  std::uint16_t leg_id = 0;
  std::uint16_t port = 0;  // index into DataplaneConfig::ports
  std::uint32_t ssrc = 0;
  SessionHandle session = 0;
  std::uint64_t token = 0;         // of the command that this event completes
  std::uint64_t time_unix_ns = 0;  // wall clock
  SocketAddress from;
  SocketAddress to;
};

}  // namespace pollux
