// What a worker does between two turns of its loop that find nothing to do.
#pragma once

#include <cstdint>

#include "dataplane/api/dataplane_config.hpp"
#include "dataplane/io/rx_interrupts.hpp"
#include "dataplane/session/timing_wheel.hpp"

namespace pollux::worker {

// How long a nap may be after so many empty turns: none right after work, then longer and longer ones, as
// somebody who is silent now was likely heard a moment ago. Pure, so that it can be tested without sleeping.
struct NapPlan {
  // A turn that finds nothing takes some 100 ns: a burst that comes in pieces finds the worker awake.
  static constexpr std::uint32_t kWakefulTurns = 500;
  static constexpr std::uint32_t kShortNap_ns = 20'000;
  static constexpr std::uint32_t kLongestNap_ns = 130'000;
  static constexpr std::uint32_t kNapsOfALength = 8;  // then the next one is twice as long

  // 0: stay awake. `empty_turns` have gone by since the last work; each nap is followed by one.
  static constexpr std::uint32_t nap_ns(std::uint32_t empty_turns) {
    if (empty_turns <= kWakefulTurns) {
      return 0;
    }
    const std::uint32_t doublings = (empty_turns - kWakefulTurns - 1) / kNapsOfALength;
    if (doublings >= 3) {
      return kLongestNap_ns;
    }
    return kShortNap_ns << doublings;
  }
};

// Belongs to the worker's thread.
class Idle {
 public:
  // Nobody has to be woken for what may be found later: counters are read, retries are made.
  static constexpr std::uint32_t kLongestWait_ms = 10;
  // After an interrupt that brought nothing, before the next wait: net_tap shows a packet only when a signal
  // has come to another thread, which may have no CPU just now. 5 ms and more.
  static constexpr std::uint32_t kDoubtfulNaps = 40;

  // `interrupts` and `wheel` outlive this; interrupts: of kInterrupt only.
  Idle(const WorkerConfig& config, io::RxInterrupts* interrupts, const session::TimingWheel& wheel)
      : mode_(config.idle), nap_ns_(config.nap_us * 1000), interrupts_(interrupts), wheel_(wheel) {}

  // Once, on the worker's thread, before the first turn: naps end when they are to, not up to 50 us later.
  void prepare_thread() const;
  // After each turn.
  void after_turn(bool worked) {
    if (worked) {
      empty_turns_ = 0;
      doubtful_naps_ = 0;
      if (armed_) [[unlikely]] {
        disarm();
      }
    } else if (mode_ != IdleMode::kPoll) {
      rest();
    }
  }

 private:
  void rest();
  void wait();
  void disarm();

  const IdleMode mode_;
  const std::uint32_t nap_ns_;  // 0: by NapPlan
  io::RxInterrupts* const interrupts_;
  const session::TimingWheel& wheel_;
  std::uint32_t empty_turns_ = 0;
  bool armed_ = false;
  std::uint32_t doubtful_naps_ = 0;  // that are left: woken, and nothing has come since
};

}  // namespace pollux::worker
