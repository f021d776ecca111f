#include "dataplane/dtmf/event_payload.hpp"

#include "dataplane/base/byte_order.hpp"
#include "dataplane/base/byte_reader.hpp"

namespace pollux::dtmf {

namespace {

constexpr std::uint8_t kEndBit = 0x80;
constexpr std::uint8_t kVolumeBits = 0x3f;  // between them R, which receivers ignore

}  // namespace

bool read_events(std::span<const std::uint8_t> payload, EventPayloads& events) {
  events.clear();
  if (payload.empty() || payload.size() % kEventBytes != 0) {
    return false;
  }
  ByteReader reader(payload);
  while (reader.left() != 0 && !events.full()) {
    EventPayload event;
    event.event = reader.u8();
    const std::uint8_t flags = reader.u8();
    event.end = (flags & kEndBit) != 0;
    event.volume = flags & kVolumeBits;
    event.duration = reader.u16();
    events.push_back(event);
  }
  return true;
}

void write_event(const EventPayload& event, std::span<std::uint8_t, kEventBytes> out) {
  out[0] = event.event;
  out[1] = static_cast<std::uint8_t>((event.end ? kEndBit : 0U) | (event.volume & kVolumeBits));
  store_be16(&out[2], event.duration);
}

}  // namespace pollux::dtmf
