// Key presses that the control plane orders.
#pragma once

#include <cstdint>

#include "dataplane/base/dtmf_params.hpp"
#include "dataplane/base/static_vector.hpp"

namespace pollux {

// Key presses for a leg to send, or to take as its party's.
struct DtmfInjection {
  std::uint16_t leg_id = 0;
  StaticVector<std::uint8_t, kMaxQueuedPresses> events;  // RFC 4733 §3.2: digits and flash; at least one
  std::uint16_t duration_ms = 160;                       // of each; 1..kMaxPressMs, lengthened to the least
  std::uint16_t gap_ms = kMinGapMs;                      // after each, at least
  std::uint8_t level_dbm0 = 0;                           // -dBm0; 0: the leg's
  // The leg's party pressed them and the signalling brought them (SIP INFO): they go to the leg's sinks, and
  // aren't told twice. Otherwise they are sent to the leg's party.
  bool pressed_by_party = false;
};

}  // namespace pollux
