#include "dataplane/base/secret_memory.hpp"

#include <sys/mman.h>

#include <array>
#include <cstdint>
#include <mutex>

#include "dataplane/base/secret.hpp"

namespace pollux {

namespace {

constexpr std::size_t kGranule = 64;
constexpr std::size_t kClasses = 64;  // blocks of 1 to 64 granules
constexpr std::size_t kChunk = std::size_t{1} << 20;

struct FreeBlock {
  FreeBlock* next;
};

// Blocks are never given back to the kernel: sessions come and go, and need them again.
class SecretHeap {
 public:
  void* allocate(std::size_t granules) {
    const std::lock_guard lock(mutex_);
    FreeBlock*& head = free_[granules - 1];
    if (head != nullptr) {
      FreeBlock* const block = head;
      head = block->next;
      block->next = nullptr;
      return block;
    }
    const std::size_t bytes = granules * kGranule;
    if (left_ < bytes && !grow()) {
      return nullptr;
    }
    void* const block = next_;
    next_ += bytes;
    left_ -= bytes;
    return block;
  }

  void release(void* memory, std::size_t granules) {
    wipe(memory, granules * kGranule);
    const std::lock_guard lock(mutex_);
    auto* const block = static_cast<FreeBlock*>(memory);
    block->next = free_[granules - 1];
    free_[granules - 1] = block;
  }

 private:
  bool grow() {
    void* const chunk = mmap(nullptr, kChunk, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (chunk == MAP_FAILED) {
      return false;
    }
    keep_out_of_cores(chunk, kChunk);
    next_ = static_cast<std::byte*>(chunk);
    left_ = kChunk;
    return true;
  }

  std::mutex mutex_;
  std::array<FreeBlock*, kClasses> free_{};
  std::byte* next_ = nullptr;
  std::size_t left_ = 0;
};

SecretHeap& heap() {
  static SecretHeap* const instance = new SecretHeap;  // outlives whatever other statics still hold
  return *instance;
}

std::size_t granules_of(std::size_t bytes) {
  return bytes == 0 ? 1 : (bytes + kGranule - 1) / kGranule;
}

}  // namespace

void keep_out_of_cores(void* memory, std::size_t bytes) {
  madvise(memory, bytes, MADV_DONTDUMP);
  madvise(memory, bytes, MADV_DONTFORK);
}

void* secret_allocate(std::size_t bytes) {
  const std::size_t granules = granules_of(bytes);
  return granules > kClasses ? nullptr : heap().allocate(granules);
}

void secret_release(void* memory, std::size_t bytes) {
  heap().release(memory, granules_of(bytes));
}

}  // namespace pollux
