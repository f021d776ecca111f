// A value that one thread writes and others may read at any time, as plain data: trivially copyable.
#pragma once

#include <cstdint>
#include <type_traits>

namespace pollux {

// Like std::atomic<T> with relaxed order, but copyable with its struct (the copy is the writer's business).
// Costs what a plain load or store costs; readers see whole values, in no particular order between fields.
template <typename T>
class Relaxed {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(std::uint64_t));
  static_assert(__atomic_always_lock_free(sizeof(T), nullptr));

 public:
  constexpr Relaxed() = default;
  constexpr Relaxed(T value) : value_(value) {}  // NOLINT: reads and writes like a plain T
  T get() const { return __atomic_load_n(&value_, __ATOMIC_RELAXED); }
  void set(T value) { __atomic_store_n(&value_, value, __ATOMIC_RELAXED); }
  operator T() const { return get(); }  // NOLINT
  Relaxed& operator=(T value) {
    set(value);
    return *this;
  }

 private:
  alignas(sizeof(T)) T value_{};
};
static_assert(sizeof(Relaxed<std::uint32_t>) == 4 && std::is_trivially_copyable_v<Relaxed<std::uint32_t>>);

}  // namespace pollux
