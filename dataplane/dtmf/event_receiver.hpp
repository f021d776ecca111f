// Key presses from telephone-event packets (RFC 4733 §2.5.2), also from senders that break its rules.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "dataplane/dtmf/event_payload.hpp"
#include "dataplane/dtmf/press_report.hpp"

namespace pollux::dtmf {

// A packet that came; with redundancy (RFC 2198) one call of take() for each block, the oldest first, all
// with the packet's sequence number.
struct EventPacket {
  std::span<const std::uint8_t> payload;
  std::uint32_t timestamp = 0;
  std::uint32_t ssrc = 0;
  std::uint32_t clock_rate = 8000;
  std::uint16_t sequence = 0;
  bool marker = false;
  bool redundant = false;  // a block that only repeats what earlier packets should have told
};

// One press is what has one SSRC, timestamp and event, whatever is lost, repeated or comes out of order:
// whichever packet of it survives. A press longer than 0xFFFF ticks comes in segments (§2.5.1.3) and is one
// press all the same. Repaired: ends that never come (a press is over after three of its sender's update
// intervals without a packet), and senders that give each packet of a press a new timestamp, which are known
// by their sequence numbers and durations that go on without a break. Packets with duration 0 begin a press
// but tell nothing of its length.
//
// Memory is fixed, nothing allocates. One thread. Durations are told in ms of the sender's clock.
class EventReceiver {
 public:
  static constexpr std::uint64_t kNever = ~std::uint64_t{0};

  // Appends what became known to `reports`. False: malformed, nothing has changed.
  bool take(const EventPacket& packet, std::uint64_t now_ms, PressReports& reports);

  // Ends a press of which nothing has come for too long. To be called at due_ms() at the latest.
  void expire(std::uint64_t now_ms, PressReports& reports);
  std::uint64_t due_ms() const;

 private:
  // (the implementer's)
};

}  // namespace pollux::dtmf
