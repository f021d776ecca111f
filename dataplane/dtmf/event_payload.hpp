// The payload of telephone-event packets (RFC 4733 §2.3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/base/static_vector.hpp"

namespace pollux::dtmf {

// One event as one packet tells it.
struct EventPayload {
  std::uint8_t event = 0;
  bool end = false;            // the E bit
  std::uint8_t volume = 0;     // -dBm0, 0..63
  std::uint16_t duration = 0;  // RTP ticks, since the packet's timestamp
  friend bool operator==(const EventPayload&, const EventPayload&) = default;
};

inline constexpr std::size_t kEventBytes = 4;
inline constexpr std::size_t kMaxEventsPerPacket = 16;
using EventPayloads = StaticVector<EventPayload, kMaxEventsPerPacket>;

// Several events follow one another in time where a packet holds more than one (§2.5.1.5); those beyond
// kMaxEventsPerPacket are left out. False: no whole number of events, or none.
bool read_events(std::span<const std::uint8_t> payload, EventPayloads& events);

// Writes kEventBytes; R is 0.
void write_event(const EventPayload& event, std::span<std::uint8_t, kEventBytes> out);

}  // namespace pollux::dtmf
