// Memory for key material that lives longer than a call: left out of core dumps, wiped before it is used
// again.
#pragma once

#include <cstddef>

namespace pollux {

// Aligned to 64 bytes; nullptr when there is no memory. Any thread. Costs a lock: not for packets.
void* secret_allocate(std::size_t bytes);
// Wipes. Pre: `bytes` as it was allocated.
void secret_release(void* memory, std::size_t bytes);

// Advises the kernel to leave the pages out of core dumps and out of children. Pre: whole pages.
void keep_out_of_cores(void* memory, std::size_t bytes);

// For standard containers and std::allocate_shared.
template <typename T>
struct SecretAllocator {
  using value_type = T;

  SecretAllocator() = default;
  template <typename U>
  SecretAllocator(const SecretAllocator<U>&) {}  // NOLINT: allocators convert

  T* allocate(std::size_t count) {
    void* const memory = secret_allocate(count * sizeof(T));
    if (memory == nullptr) {
      __builtin_trap();  // as operator new without exceptions: nothing sensible can follow
    }
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, std::size_t count) { secret_release(memory, count * sizeof(T)); }
  template <typename U>
  bool operator==(const SecretAllocator<U>&) const {
    return true;
  }
};

}  // namespace pollux
