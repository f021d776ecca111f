// Key presses from telephone-event packets (RFC 4733 §2.5.2), also from senders that break its rules.
#pragma once

#include <array>
#include <cstddef>
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
// by their sequence numbers and durations that go on without a break. Packets with duration 0 tell nothing
// (§2.3.5).
//
// Memory is fixed, nothing allocates. One thread. Durations are told in ms of the sender's clock.
class EventReceiver {
 public:
  static constexpr std::uint64_t kNever = ~std::uint64_t{0};

  // Appends what became known to `reports`. False: malformed, nothing has changed.
  bool take(const EventPacket& packet, std::uint64_t now_ms, PressReports& reports);

  // Ends a press of which nothing has come for too long. To be called at due_ms() at the latest.
  void expire(std::uint64_t now_ms, PressReports& reports);
  std::uint64_t due_ms() const { return due_ms_; }

 private:
  static constexpr std::size_t kPresses = 16;  // that are remembered: 1.6 s of a fast sender's

  // What is known of one press, also when it is over: so its late and repeated packets are known.
  struct Press {
    std::uint64_t began_ms = 0;
    std::uint64_t heard_ms = 0;  // its last packet
    std::uint32_t order = 0;     // of their beginnings, as they became known; 0: the place is free
    std::uint32_t ssrc = 0;
    std::uint32_t first_timestamp = 0;
    std::uint32_t last_timestamp = 0;  // another one: of the last segment, or the sender breaks the rules
    std::uint32_t clock_rate = 8000;
    std::uint32_t ticks = 0;     // its length, as far as it is known
    std::uint16_t duration = 0;  // the longest told with last_timestamp
    std::uint16_t first_sequence = 0;
    std::uint16_t last_sequence = 0;
    std::uint8_t event = 0;
    std::uint8_t volume = 0;
    std::uint8_t interval_ms = 0;  // between its sender's updates; 0: not known
    bool open = false;             // its end hasn't been reported
    bool ended = false;            // its sender has said so
    bool late = false;             // it became known after one that began later
    bool segmented = false;        // timestamps go on with the time: durations count from each
    bool moving = false;           // timestamps go on although durations count from the first
    bool blamed = false;           // `repaired` has been told

    bool covers_time() const;
  };

  // One event of a packet, as it is looked at.
  struct Told;

  void take_one(const Told& told, PressReports& reports);
  Press* known(const Told& told);
  Press* continued(const Told& told);
  bool another_between(const Press& press, const Told& told) const;
  void begin(const Told& told, PressReports& reports);
  void update(Press& press, const Told& told, PressReports& reports);
  void finish(Press& press, bool repaired, PressReports& reports);
  bool blame();
  Press& free_place(PressReports& reports);
  const Press* newest(std::uint32_t ssrc) const;
  bool is_late(const Told& told, const Press& newest) const;
  void find_due();

  std::array<Press, kPresses> presses_{};
  std::uint64_t due_ms_ = kNever;
  std::uint32_t order_ = 0;
  // The newest press that isn't remembered any more: what comes late from before it has been told.
  std::uint32_t forgotten_ssrc_ = 0;
  std::uint32_t forgotten_timestamp_ = 0;
  bool forgot_ = false;
  bool blame_ =
      false;  // a press turned out to be repaired after its end had been told: the next report says so
};

}  // namespace pollux::dtmf
