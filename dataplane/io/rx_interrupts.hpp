// A worker's wait for the receive interrupts of its queues.
#pragma once

#include <rte_interrupts.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "dataplane/base/expected.hpp"
#include "dataplane/base/wakeup.hpp"

namespace pollux::io {

// One receive queue of a device port.
struct RxQueue {
  std::uint16_t port_id = 0;
  std::uint16_t queue = 0;
};

// Made and destroyed by control, while the devices are started and no worker runs; else the worker's alone.
class RxInterrupts {
 public:
  // The devices were opened with receive interrupts and are started. `wakeup` outlives this. Error: a device
  // has none (INTERRUPTS_UNAVAILABLE, without a field).
  static Expected<std::unique_ptr<RxInterrupts>> open(std::span<const RxQueue> queues, Wakeup& wakeup);
  ~RxInterrupts();
  RxInterrupts(const RxInterrupts&) = delete;
  RxInterrupts& operator=(const RxInterrupts&) = delete;

  // From now on wait() returns when a packet comes. What came before it doesn't see: look once more.
  void arm();
  void disarm();
  // Pre: arm(). True: a packet may have come, or somebody woke; false: the time is over.
  bool wait(int milliseconds);

 private:
  explicit RxInterrupts(Wakeup& wakeup) : wakeup_(wakeup) {}
  Expected<void> add(std::span<const RxQueue> queues);
  Expected<void> add(const RxQueue& queue);

  Wakeup& wakeup_;
  int epoll_ = -1;
  std::vector<RxQueue> queues_;   // those that are in the epoll set
  std::vector<int> descriptors_;  // of their interrupts
  rte_epoll_event woken_{};       // has to stay where it is
};

}  // namespace pollux::io
