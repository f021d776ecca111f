// Numbers that look random, for what is spread in time and needs no secrecy.
#pragma once

#include <cstdint>

namespace pollux {

// Marsaglia's xorshift with 64 bits of state: no lock, no system call. One thread.
class XorShift {
 public:
  explicit XorShift(std::uint64_t seed) : state_(seed != 0 ? seed : 0x9e3779b97f4a7c15U) {}

  std::uint32_t operator()() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<std::uint32_t>(state_ >> 32);
  }

 private:
  std::uint64_t state_;
};

}  // namespace pollux
