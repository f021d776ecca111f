#include "dataplane/session/arena.hpp"

#include <sys/mman.h>

#include <cstdint>
#include <cstring>
#include <utility>

namespace pollux::session {

namespace {
constexpr std::size_t kHugePage = std::size_t{2} << 20;
}

Arena::Arena(std::size_t bytes) {
  // One huge page more than needed, so that the part handed out can begin on a huge page's boundary.
  const std::size_t rounded = (bytes + kHugePage - 1) / kHugePage * kHugePage;
  void* mapping =
      mmap(nullptr, rounded + kHugePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping == MAP_FAILED) {
    return;
  }
  mapping_ = mapping;
  mapping_size_ = rounded + kHugePage;
  const auto address = reinterpret_cast<std::uintptr_t>(mapping);
  data_ = static_cast<std::byte*>(mapping) + ((kHugePage - address % kHugePage) % kHugePage);
  size_ = bytes;
  madvise(data_, rounded, MADV_HUGEPAGE);  // a wish: without it the memory works all the same
  std::memset(data_, 0, bytes);
}

Arena::~Arena() {
  if (mapping_ != nullptr) {
    munmap(mapping_, mapping_size_);
  }
}

Arena::Arena(Arena&& other) noexcept
    : mapping_(std::exchange(other.mapping_, nullptr)),
      mapping_size_(std::exchange(other.mapping_size_, 0)),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

Arena& Arena::operator=(Arena&& other) noexcept {
  std::swap(mapping_, other.mapping_);
  std::swap(mapping_size_, other.mapping_size_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

}  // namespace pollux::session
