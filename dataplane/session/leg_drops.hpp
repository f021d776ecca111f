// Why packets of a leg ended, counted by reason.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "dataplane/api/drop_reason.hpp"

namespace pollux::session {

// A counter for each of the first kKinds reasons that the leg meets. Of all that there are a leg rarely meets
// three, and counters for all would be a third of what a leg takes. What comes beyond is counted by the
// worker only.
//
// written by: the session's worker; read by: any thread, each counter whole.
class LegDrops {
 public:
  static constexpr std::size_t kKinds = 8;

  void add(DropReason reason) {
    const std::uint64_t name = std::uint64_t{static_cast<std::uint8_t>(reason)} + 1;
    for (auto& slot : slots_) {
      const std::uint64_t value = slot.load(std::memory_order_relaxed);
      if (value >> kCountBits == name || value == 0) {
        // 2^56 drops are 150 years of 15 million a second.
        slot.store((name << kCountBits) + (value & kCountMask) + 1, std::memory_order_relaxed);
        return;
      }
    }
  }

  std::uint64_t get(DropReason reason) const {
    std::uint64_t count = 0;
    visit([&](DropReason met, std::uint64_t packets) { count += met == reason ? packets : 0; });
    return count;
  }

  // Calls visit(DropReason, count) for each that the leg has met.
  template <typename Visit>
  void visit(Visit&& visit) const {
    for (const auto& slot : slots_) {
      const std::uint64_t value = slot.load(std::memory_order_relaxed);
      if (value == 0) {
        return;  // slots are taken in order
      }
      visit(static_cast<DropReason>((value >> kCountBits) - 1), value & kCountMask);
    }
  }

 private:
  static constexpr unsigned kCountBits = 56;
  static constexpr std::uint64_t kCountMask = (std::uint64_t{1} << kCountBits) - 1;
  std::array<std::atomic<std::uint64_t>, kKinds> slots_{};  // reason + 1, and how often; 0: free
};

}  // namespace pollux::session
