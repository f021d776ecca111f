#include "dataplane/crypto/context_memory.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>

#include "dataplane/base/secret.hpp"
#include "dataplane/base/secret_memory.hpp"

namespace pollux::crypto {

namespace {

constexpr std::size_t kStep = std::size_t{2} << 20;  // pages are taken so many bytes at a time: a huge page

std::size_t rounded(std::size_t bytes, std::size_t to) {
  return (bytes + to - 1) / to * to;
}

}  // namespace

ContextMemory::ContextMemory(std::size_t bytes) {
  constexpr std::size_t kMost = (std::size_t{1} << 32) * kGranule - kStep;  // what block numbers can name
  const std::size_t size = std::min(rounded(bytes, kStep), kMost);
  void* const mapping =
      mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapping == MAP_FAILED) {
    return;
  }
  base_ = static_cast<std::byte*>(mapping);
  size_ = size;
  madvise(base_, size_, MADV_HUGEPAGE);  // a wish: random access over many keys then costs few TLB misses
  keep_out_of_cores(base_, size_);
}

ContextMemory::~ContextMemory() {
  if (base_ != nullptr) {
    wipe(base_, ready_);
    munmap(base_, size_);
  }
}

std::uint32_t ContextMemory::allocate(std::size_t bytes) {
  const std::size_t needed = rounded(bytes, kGranule);
  auto& blocks = free_[needed / kGranule];
  if (!blocks.empty()) {
    const std::uint32_t block = blocks.back();
    blocks.pop_back();
    return block;
  }
  if (used_ + needed > size_) {
    return 0;
  }
  const auto block = static_cast<std::uint32_t>(used_ / kGranule);
  used_ += needed;
  if (used_ > ready_) {
    const std::size_t ready = std::min(size_, rounded(used_, kStep));
    std::memset(base_ + ready_, 0, ready - ready_);
    ready_ = ready;
  }
  return block;
}

void ContextMemory::release(std::uint32_t block, std::size_t bytes) {
  const std::size_t size = rounded(bytes, kGranule);
  wipe(at(block), size);
  free_[size / kGranule].push_back(block);
}

}  // namespace pollux::crypto
