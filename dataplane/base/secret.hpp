// Key material: wiped when it goes, never printed, compared in constant time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace pollux {

// What copies bytes leaves the last of them in vector registers, some of which nothing else uses: a thread
// that waits keeps them, and a core dump has them. All are zero afterwards.
void clear_vector_registers();

// Overwrites bytes in a way that no compiler leaves out, and what the registers still have of them.
inline void wipe(void* bytes, std::size_t length) {
  std::memset(bytes, 0, length);
  __asm__ __volatile__("" : : "r"(bytes) : "memory");
  clear_vector_registers();
}

// Looks at every byte whatever it finds, so that the time taken tells nothing.
inline bool equal_in_constant_time(const std::uint8_t* a, const std::uint8_t* b, std::size_t length) {
  unsigned difference = 0;
  for (std::size_t i = 0; i < length; ++i) {
    difference |= static_cast<unsigned>(a[i] ^ b[i]);
  }
  // The compiler must not learn that only "zero or not" matters: it could then stop early.
  __asm__ __volatile__("" : "+r"(difference));
  return difference == 0;
}

// Up to kCapacity secret bytes. Not copied by accident: assign() says what goes in.
template <std::size_t kCapacity>
class Secret {
 public:
  Secret() = default;
  ~Secret() { wipe(bytes_.data(), kCapacity); }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  Secret(Secret&& other) noexcept { take(other); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      take(other);
    }
    return *this;
  }

  // Pre: at most kCapacity bytes.
  void assign(std::span<const std::uint8_t> bytes) {
    wipe(bytes_.data(), kCapacity);
    size_ = bytes.size();
    if (size_ != 0) {
      std::memcpy(bytes_.data(), bytes.data(), size_);
    }
  }
  std::span<const std::uint8_t> bytes() const { return {bytes_.data(), size_}; }
  std::size_t size() const { return size_; }

  friend bool operator==(const Secret& a, const Secret& b) {
    return a.size_ == b.size_ && equal_in_constant_time(a.bytes_.data(), b.bytes_.data(), kCapacity);
  }

 private:
  void take(Secret& other) {
    bytes_ = other.bytes_;
    size_ = other.size_;
    wipe(other.bytes_.data(), kCapacity);
    other.size_ = 0;
  }

  std::array<std::uint8_t, kCapacity> bytes_{};
  std::size_t size_ = 0;
};

}  // namespace pollux
