#include "tests/bench/allocations.hpp"

#include <atomic>
#include <cstddef>

// glibc's own entry points, under the names that the counting ones below replace.
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* at, std::size_t size);
}

namespace pollux::bench {

namespace {
thread_local constinit std::uint64_t count =
    0;  // of the thread that asks: the host thread is its own business
}

std::uint64_t allocations() {
  return count;
}

}  // namespace pollux::bench

extern "C" {
void* malloc(std::size_t size) {
  ++pollux::bench::count;
  return __libc_malloc(size);
}
void* calloc(std::size_t number, std::size_t size) {
  ++pollux::bench::count;
  return __libc_calloc(number, size);
}
void* realloc(void* at, std::size_t size) {
  ++pollux::bench::count;
  return __libc_realloc(at, size);
}
}
