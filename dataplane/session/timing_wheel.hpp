// A hashed timing wheel with slots of one millisecond.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace pollux::session {

// What kind of object a timer lies in.
enum class TimerKind : std::uint8_t { kSession, kMediaRoute, kReport, kDtmf, kDtmfSend };

// Lies inside the object it times. Unlinked when next is nullptr.
struct Timer {
  Timer* next = nullptr;
  Timer* previous = nullptr;
  std::uint64_t due_ms = 0;
  TimerKind kind = TimerKind::kSession;
  bool armed() const { return next != nullptr; }
};

// To the end of a list of timers that no wheel holds; a head without links is empty. TimingWheel::disarm()
// takes a timer out of it, too.
inline void append(Timer& head, Timer& timer) {
  if (head.next == nullptr) {
    head.next = head.previous = &head;
  }
  timer.next = &head;
  timer.previous = head.previous;
  head.previous->next = &timer;
  head.previous = &timer;
}

// Arms, disarms and expires in O(1); a timer further away than the wheel is long goes round more than once.
// Belongs to one thread. Timers are not owned and must be disarmed before they go.
class TimingWheel {
 public:
  static constexpr std::size_t kSlots = 4096;

  explicit TimingWheel(std::uint64_t now_ms) : now_ms_(now_ms) {
    for (auto& slot : slots_) {
      slot.next = slot.previous = &slot;
    }
  }

  // A time that has passed already expires with the next advance(). Arming an armed timer moves it.
  void arm(Timer& timer, std::uint64_t due_ms) {
    disarm(timer);
    timer.due_ms = due_ms > now_ms_ ? due_ms : now_ms_ + 1;
    Timer& head = slots_[timer.due_ms % kSlots];
    timer.next = &head;
    timer.previous = head.previous;
    head.previous->next = &timer;
    head.previous = &timer;
  }

  static void disarm(Timer& timer) {
    if (timer.armed()) {
      timer.previous->next = timer.next;
      timer.next->previous = timer.previous;
      timer.next = timer.previous = nullptr;
    }
  }

  // Milliseconds from the last advance() to the next one that finds a timer due; at most `most`. Cost: a look
  // at all timers of so many slots.
  std::uint32_t due_within(std::uint32_t most) const {
    for (std::uint32_t ms = 1; ms < most; ++ms) {
      const Timer& head = slots_[(now_ms_ + ms) % kSlots];
      for (const Timer* timer = head.next; timer != &head; timer = timer->next) {
        if (timer->due_ms <= now_ms_ + ms) {  // others go round once more
          return ms;
        }
      }
    }
    return most;
  }

  // Calls expire(Timer&) for each timer due up to now_ms, disarmed before the call; it may arm and disarm
  // that one and any other, but for this moment or an earlier one none is called before the next advance(). A
  // clock that jumps far ahead costs at most one turn of the wheel.
  template <typename Expire>
  void advance(std::uint64_t now_ms, Expire&& expire) {
    advance(now_ms, std::forward<Expire>(expire), [](Timer*, Timer*) {});
  }

  // The same with a look ahead: before each call, `approach` is given the timer after it and the one after
  // that (nullptr: there is none), to fetch what they lie in. What is timed is rarely in the cache.
  template <typename Expire, typename Approach>
  void advance(std::uint64_t now_ms, Expire&& expire, Approach&& approach) {
    if (now_ms <= now_ms_) {
      return;
    }
    std::uint64_t slot_ms = now_ms - now_ms_ > kSlots ? now_ms - kSlots : now_ms_;
    now_ms_ = now_ms;
    while (slot_ms < now_ms) {
      Timer& head = slots_[++slot_ms % kSlots];
      if (head.next == &head) {
        continue;
      }
      // Out of the slot first: what a call disarms may be the next one of them.
      Timer all;
      all.next = head.next;
      all.previous = head.previous;
      all.next->previous = all.previous->next = &all;
      head.next = head.previous = &head;
      while (all.next != &all) {
        Timer& timer = *all.next;
        disarm(timer);
        if (Timer* const next = all.next; next != &all) {
          approach(next, next->next != &all ? next->next : nullptr);
        }
        if (timer.due_ms <= now_ms) {
          expire(timer);
        } else {
          append(head, timer);
        }
      }
    }
  }

 private:
  std::uint64_t now_ms_;
  std::array<Timer, kSlots> slots_;
};

}  // namespace pollux::session
