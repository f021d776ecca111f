// A vector with its storage inside: bounded, trivially movable contents, no heap.
#pragma once

#include <array>
#include <cstddef>
#include <span>

namespace pollux {

template <typename T, std::size_t kCapacity>
class StaticVector {
 public:
  static constexpr std::size_t capacity() { return kCapacity; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  bool full() const { return size_ == kCapacity; }
  // False, and nothing done, when full.
  bool push_back(const T& value) {
    if (full()) {
      return false;
    }
    items_[size_++] = value;
    return true;
  }
  void clear() { size_ = 0; }
  // Pre: index < size(). Keeps no order: the last item takes the place.
  void swap_remove(std::size_t index) { items_[index] = items_[--size_]; }
  T& operator[](std::size_t index) { return items_[index]; }
  const T& operator[](std::size_t index) const { return items_[index]; }
  T* begin() { return items_.data(); }
  T* end() { return items_.data() + size_; }
  const T* begin() const { return items_.data(); }
  const T* end() const { return items_.data() + size_; }
  std::span<const T> span() const { return {items_.data(), size_}; }
  friend bool operator==(const StaticVector& a, const StaticVector& b) {
    if (a.size_ != b.size_) {
      return false;
    }
    for (std::size_t i = 0; i < a.size_; ++i) {
      if (!(a.items_[i] == b.items_[i])) {
        return false;
      }
    }
    return true;
  }

 private:
  std::array<T, kCapacity> items_{};
  std::size_t size_ = 0;
};

}  // namespace pollux
