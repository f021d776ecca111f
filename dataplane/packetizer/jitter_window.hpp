// Puts the packets of one stream back in order, waiting for late ones no longer than it has to.
#pragma once

#include <array>
#include <cstdint>

namespace pollux::packetizer {

// One RTP packet while it waits. `token` and `payload` are the owner's: nothing here looks behind them.
struct HeldPacket {
  void* token = nullptr;
  std::uint8_t* payload = nullptr;
  std::uint64_t arrival_us = 0;
  std::uint32_t timestamp = 0;
  std::uint32_t clock_rate = 8000;   // Hz, of `timestamp`
  std::uint16_t payload_length = 0;  // bytes
  std::uint16_t sequence = 0;
  std::uint8_t payload_type = 0;
  bool marker = false;
  bool timed = true;  // the timestamp is that of the media inside; false: of an event that began earlier
};

// Every packet gets a moment at which it may go: that of its media time, by the fastest packets seen lately,
// plus the delay by which the slowest ones came behind. Where packets come evenly that delay is next to
// nothing; it grows at once with what comes late, up to the cap, and shrinks within some eight seconds. A
// packet behind a gap waits a while longer for those that are missing. The sender's clock may run at its own
// rate: the reference follows it.
//
// One thread; no clock of its own. Cap 0: packets go at once, and late ones are refused.
class JitterWindow {
 public:
  static constexpr std::uint32_t kSlots = 64;  // packets that can wait
  static constexpr std::int32_t kMaxMisorder =
      100;  // further behind: the sender has begun anew, if two agree
  static constexpr std::uint64_t kNever = ~std::uint64_t{0};

  enum class Push : std::uint8_t {
    kTaken,
    kLate,       // its place has been given up
    kDuplicate,  // it waits here already, or has gone
    kNoRoom,     // too far ahead, or a new beginning: release all, then push it again
  };

  explicit JitterWindow(std::uint32_t cap_us) : cap_us_(cap_us) {}

  Push push(const HeldPacket& packet);

  // push() and pop() at once for the common case: nothing waits, the packet is the next one and its time has
  // come. It has gone then. False: nothing has happened, and it is to be pushed.
  bool pass(const HeldPacket& packet) {
    if (!started_ || (held_ | skipped_) != 0 || static_cast<std::uint16_t>(next_) != packet.sequence ||
        (cap_us_ != 0 && schedule(packet) > packet.arrival_us)) {
      return false;
    }
    has_bad_ = false;
    gone_ = gone_ << 1 | 1U;
    ++next_;
    return true;
  }

  // The next packet in order, if it may go. `lost`: how many before it never came. `all`: whatever the time
  // is.
  bool pop(std::uint64_t now_us, bool all, HeldPacket& out, std::uint32_t& lost);

  // When pop() will have something; kNever: nothing waits.
  std::uint64_t due_us() const;
  bool empty() const { return held_ == 0; }
  // Forgets the stream; the next packet begins one. Pre: empty().
  void reset();

  std::uint32_t wait_us() const {
    return target_us_;
  }  // that every packet is kept for at the moment, at most
  std::uint64_t reordered() const { return reordered_; }

 private:
  struct Slot {
    HeldPacket packet;
    std::uint64_t due_us = 0;      // when nothing is missing before it
    std::uint64_t gap_due_us = 0;  // otherwise; no sooner than that
    bool used = false;
  };

  Slot& slot(std::uint32_t extended) { return slots_[extended % kSlots]; }
  const Slot& slot(std::uint32_t extended) const { return slots_[extended % kSlots]; }
  std::uint32_t first_held() const;
  std::uint64_t due_of(std::uint32_t extended) const;
  bool begins_anew(std::uint16_t sequence, std::int32_t ahead);
  std::uint64_t schedule(const HeldPacket& packet);  // the same when it is asked again
  void skip_to(std::uint32_t extended);
  void restart_clock(const HeldPacket& packet, std::int64_t transit_us);
  void note_late(std::uint32_t extended, std::uint64_t arrival_us);

  std::uint32_t cap_us_;
  bool started_ = false;
  bool has_bad_ = false;
  std::uint16_t bad_sequence_ = 0;
  std::uint32_t next_ = 0;  // extended sequence number that is to go next
  std::uint32_t held_ = 0;
  std::uint32_t skipped_ = 0;  // given up since the last pop()
  std::uint64_t gone_ = 0;     // bit n: next_ - 1 - n went, or was a duplicate
  // When the place before was given up, so that what comes late tells how long waiting would have helped.
  std::uint32_t given_up_ = 0;  // extended; the newest
  std::uint64_t given_up_us_ = 0;
  std::uint32_t gap_wait_us_ = 0;

  // The sender's clock against ours.
  bool clocked_ = false;
  std::uint32_t last_timestamp_ = 0;
  std::uint32_t clock_rate_ = 0;
  std::int64_t media_ticks_ = 0;
  std::int64_t least_us_ = 0;  // transit of the fastest packet of this period, and of the one before
  std::int64_t former_least_us_ = 0;
  std::int64_t most_us_ = 0;  // and of the slowest
  std::int64_t former_most_us_ = 0;
  std::uint64_t period_end_us_ = 0;
  std::uint32_t target_us_ = 0;
  std::uint64_t reordered_ = 0;
  std::array<Slot, kSlots> slots_;
};

}  // namespace pollux::packetizer
