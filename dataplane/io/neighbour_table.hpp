// Who has which MAC address: written by the host thread, read by workers for every packet.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <optional>

#include "dataplane/base/ip_address.hpp"
#include "dataplane/base/mac_address.hpp"

namespace pollux::io {

// Fixed capacity. One writer (the host thread); find() and load_mac() are wait-free for any number of
// readers.
//
// An entry's MAC, its generation and whether it is usable share one 64-bit word, so that a reader sees all of
// them or none. A removed entry's generation moves on, which makes every Ref to it void at once; it is used
// again only after kQuarantineMs, so that a reader that was interrupted within find() meets nothing new, and
// so that the generation (15 bits, two steps per use) needs at least 45 hours to come round.
class NeighbourTable {
 public:
#if defined(FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION)
  static constexpr std::size_t kCapacity = 16;  // is made anew for each input, and gets full
#else
  static constexpr std::size_t kCapacity = 4096;
#endif
  static constexpr std::uint64_t kQuarantineMs = 10000;

  // Names an entry as it was when it was found. Copy freely, keep as long as you like.
  struct Ref {
    std::uint16_t index = 0xffff;
    std::uint16_t generation = 0;
    explicit operator bool() const { return index != 0xffff; }
    friend bool operator==(Ref, Ref) = default;
  };

  // `seed` makes the hash unpredictable to whoever chooses addresses.
  explicit NeighbourTable(std::uint64_t seed = random_seed());
  NeighbourTable(const NeighbourTable&) = delete;
  NeighbourTable& operator=(const NeighbourTable&) = delete;

  // Any thread. The entry need not be resolved. Empty Ref when there is none: punt the packet as unresolved.
  Ref find(std::uint16_t interface, const IpAddress& next_hop) const;

  // Any thread. Writes 6 bytes and marks the entry as used (a store only when the host thread has taken the
  // mark away, every second at most). False, and nothing written, when the entry isn't resolved or is no
  // longer the one that `ref` was given for: find() again, or punt the packet as unresolved.
  bool load_mac(Ref ref, std::uint8_t* destination) const {
    if (ref.index >= kCapacity) {
      return false;
    }
    const Hot& hot = hot_[ref.index];
    const std::uint64_t word = hot.word.load(std::memory_order_acquire);
    if ((word >> kGenerationShift) != ((std::uint64_t{ref.generation} << 1) | 1)) {
      return false;
    }
    if (hot.used.load(std::memory_order_relaxed) == 0) {
      hot.used.store(1, std::memory_order_relaxed);
    }
    std::memcpy(destination, &word, 6);
    return true;
  }

  // Any thread. Whether load_mac() would succeed; marks nothing.
  bool resolved(Ref ref) const {
    return ref.index < kCapacity && (hot_[ref.index].word.load(std::memory_order_acquire) >>
                                     kGenerationShift) == ((std::uint64_t{ref.generation} << 1) | 1);
  }

  // -- the writer's side: host thread only --
  // A new unresolved entry. Pre: find() has none. Empty Ref when full (or all free ones are in quarantine).
  Ref insert(std::uint16_t interface, const IpAddress& address, std::uint64_t now_ms);
  // Pre (all below): `index` is an entry that is in the table.
  void resolve(std::uint16_t index, const MacAddress& mac);
  void remove(std::uint16_t index, std::uint64_t now_ms);
  // Whether a worker has used the entry since the last call.
  bool take_used(std::uint16_t index);
  std::optional<MacAddress> mac(std::uint16_t index) const;
  std::uint16_t interface(std::uint16_t index) const;
  IpAddress address(std::uint16_t index) const;
  std::size_t size() const {
    return kCapacity - free_.size();
  }

 private:
  using Key = std::array<std::uint64_t, 2>;  // an address as it lies in memory

  static constexpr std::uint16_t kNil = 0xffff;
  static constexpr std::size_t kBuckets = 2 * kCapacity;
  static constexpr unsigned kGenerationShift = 48;
  static constexpr std::uint64_t kMacMask = (std::uint64_t{1} << 48) - 1;
  static constexpr std::uint64_t kUsable = std::uint64_t{1} << 48;
  static constexpr std::uint64_t kGenerationOne = std::uint64_t{1} << 49;

  // Read per packet. Bits 0..47 MAC as it lies in memory, 48 usable, 49..63 generation.
  struct Hot {
    std::atomic<std::uint64_t> word{0};          // written by: host; read by: worker
    mutable std::atomic<std::uint32_t> used{0};  // written by: worker (1), host (0)
  };
  // Read by find() only. Written by: host, while the entry is in no chain; read by: worker.
  struct Cold {
    std::array<std::atomic<std::uint64_t>, 2> key{};
    std::atomic<std::uint16_t> interface { 0 };
    std::atomic<std::uint16_t> next{kNil};
  };
  struct Free {
    std::uint16_t index;
    std::uint64_t not_before_ms;
  };

  static std::uint16_t generation_of(std::uint64_t word) {
    return static_cast<std::uint16_t>(word >> 49);
  }
  static Key key_of(const IpAddress& address) {
    Key key;
    std::memcpy(key.data(), address.bytes().data(), sizeof key);
    return key;
  }
  static std::uint64_t random_seed();
  std::size_t bucket_of(std::uint16_t interface, const Key& key) const;

  const std::uint64_t seed_;
  std::unique_ptr<Hot[]> hot_;
  std::unique_ptr<Cold[]> cold_;
  std::unique_ptr<std::atomic<std::uint16_t>[]> heads_;
  std::deque<Free> free_;  // oldest first
};

}  // namespace pollux::io
