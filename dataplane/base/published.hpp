// A small value that one thread changes now and then and others read whole.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace pollux {

// A sequence lock: the writer never waits, a reader tries again while a write is under way. One writer.
template <typename T>
requires std::is_trivially_copyable_v<T>
class Published {
 public:
  // Writer only.
  void store(const T& value) {
    std::array<std::uint64_t, kWords> words{};
    std::memcpy(words.data(), &value, sizeof value);
    const std::uint32_t version = version_.load(std::memory_order_relaxed);
    version_.store(version + 1, std::memory_order_relaxed);
    for (std::size_t i = 0; i < kWords; ++i) {
      words_[i].store(words[i], std::memory_order_release);  // not before version + 1
    }
    version_.store(version + 2, std::memory_order_release);
  }

  // Any thread.
  T load() const {
    for (;;) {
      const std::uint32_t before = version_.load(std::memory_order_acquire);
      std::array<std::uint64_t, kWords> words;
      for (std::size_t i = 0; i < kWords; ++i) {
        words[i] = words_[i].load(std::memory_order_acquire);  // not after the second look at the version
      }
      if ((before & 1U) == 0 && version_.load(std::memory_order_relaxed) == before) {
        T value;
        std::memcpy(static_cast<void*>(&value), words.data(), sizeof value);
        return value;
      }
    }
  }

 private:
  static constexpr std::size_t kWords = (sizeof(T) + 7) / 8;

  std::atomic<std::uint32_t> version_{0};
  std::array<std::atomic<std::uint64_t>, kWords> words_{};
};

}  // namespace pollux
