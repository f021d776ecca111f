// A counter with one writer and any number of readers.
#pragma once

#include <atomic>
#include <cstdint>

namespace pollux {

// Written by exactly one thread (a worker, or the host thread), read by any; relaxed, so that adding costs a
// plain load, add and store. Readers sum several and need no consistent cut between them.
class Counter {
 public:
  void add(std::uint64_t amount) {
    value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  // For gauges.
  void subtract(std::uint64_t amount) { add(~amount + 1); }
  void set(std::uint64_t value) { value_.store(value, std::memory_order_relaxed); }
  std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

}  // namespace pollux
