// Numbers that can't be guessed, cheap enough for every session.
#pragma once

#include <sys/random.h>

#include <array>
#include <cstdint>

namespace pollux {

// The kernel's random numbers (getrandom(2)), fetched many at a time: std::random_device asks the processor
// for each one, which takes a microsecond and more. Not thread-safe.
class RandomSource {
 public:
  std::uint32_t operator()() {
    if (next_ == words_.size()) {
      fill();
    }
    return words_[next_++];
  }

 private:
  // Requests up to 256 bytes are never cut short once the kernel's generator is ready (getrandom(2)).
  void fill() {
    while (getrandom(words_.data(), sizeof words_, 0) != static_cast<ssize_t>(sizeof words_)) {
    }
    next_ = 0;
  }

  std::array<std::uint32_t, 64> words_{};
  std::size_t next_ = 64;
};

}  // namespace pollux
