#include "dataplane/base/secret_memory.hpp"

#include <sys/mman.h>

#include <array>
#include <bit>
#include <cstdint>
#include <mutex>

#include "dataplane/base/secret.hpp"

namespace pollux {

namespace {

constexpr std::size_t kGranule = 64;
constexpr std::size_t kEvenClasses = 64;  // blocks of 1 to 64 granules
constexpr std::size_t kClasses = 70;      // and above them of 128, 256 … 4096 granules
constexpr std::size_t kMostGranules = 4096;
constexpr std::size_t kChunk = std::size_t{1} << 20;
static_assert(kMostGranules == kEvenClasses << (kClasses - kEvenClasses) &&
              kMostGranules * kGranule <= kChunk);

struct FreeBlock {
  FreeBlock* next;
};

// Blocks are never given back to the kernel: sessions and calls come and go, and need them again.
class SecretHeap {
 public:
  // Pre: 1..kMostGranules, as round_up() gives them.
  void* allocate(std::size_t granules) {
    const std::lock_guard lock(mutex_);
    FreeBlock*& head = free_[class_of(granules)];
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
    FreeBlock*& head = free_[class_of(granules)];
    block->next = head;
    head = block;
  }

  static std::size_t round_up(std::size_t granules) {
    return granules <= kEvenClasses ? granules : std::bit_ceil(granules);
  }

 private:
  static std::size_t class_of(std::size_t granules) {
    return granules <= kEvenClasses
               ? granules - 1
               : kEvenClasses - 1 + static_cast<std::size_t>(std::countr_zero(granules / kEvenClasses));
  }

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
  return SecretHeap::round_up(bytes == 0 ? 1 : (bytes + kGranule - 1) / kGranule);
}

constexpr std::size_t kMostBytes = kMostGranules * kGranule;

// What is too large to keep for the next one: pages of its own.
void* allocate_pages(std::size_t bytes) {
  void* const pages = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) {
    return nullptr;
  }
  keep_out_of_cores(pages, bytes);
  return pages;
}

}  // namespace

void keep_out_of_cores(void* memory, std::size_t bytes) {
  madvise(memory, bytes, MADV_DONTDUMP);
  madvise(memory, bytes, MADV_DONTFORK);
}

void* secret_allocate(std::size_t bytes) {
  return bytes > kMostBytes ? allocate_pages(bytes) : heap().allocate(granules_of(bytes));
}

void secret_release(void* memory, std::size_t bytes) {
  if (bytes > kMostBytes) {
    wipe(memory, bytes);
    munmap(memory, bytes);
    return;
  }
  heap().release(memory, granules_of(bytes));
}

}  // namespace pollux
