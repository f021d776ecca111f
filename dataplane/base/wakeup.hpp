// How a thread that waits in the kernel is told that somebody has put something where it looks.
#pragma once

#include <atomic>

namespace pollux {

// One sleeper, any number of wakers. The sleeper calls will_sleep(), looks once more wherever things are put,
// and waits until descriptor() can be read, edge-triggered: nothing has to be read from it.
class alignas(64) Wakeup {
 public:
  Wakeup();
  ~Wakeup();
  Wakeup(const Wakeup&) = delete;
  Wakeup& operator=(const Wakeup&) = delete;

  bool ok() const { return descriptor_ >= 0; }
  int descriptor() const { return descriptor_; }

  // Thread: the sleeper's. What was put before an earlier wake() is seen after this; a later wake() rings.
  // All are exchanges, so that each synchronizes with whoever came before.
  void will_sleep() { asleep_.exchange(true, std::memory_order_acq_rel); }
  void is_awake() { asleep_.exchange(false, std::memory_order_acq_rel); }

  // Any thread, after it has put something. An exchange of one word while nobody sleeps, else a system call.
  void wake() {
    if (asleep_.exchange(false, std::memory_order_acq_rel)) {
      ring();
    }
  }

 private:
  void ring() const;

  const int descriptor_;
  std::atomic<bool> asleep_{false};
};

}  // namespace pollux
