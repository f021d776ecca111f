// The memory that cryptographic contexts live in: one range of addresses, left out of core dumps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace pollux::crypto {

// Hands out blocks of granules of 64 bytes, named by 32-bit numbers, so that an endpoint's hot line holds
// half a pointer. Addresses are reserved at once, pages are taken as they are needed, by the control thread:
// a worker never faults. allocate() and release() belong to the control thread; at() may be called by any.
class ContextMemory {
 public:
  static constexpr std::size_t kGranule = 64;

  // `bytes` of addresses; that many can be used at most.
  explicit ContextMemory(std::size_t bytes);
  ~ContextMemory();
  ContextMemory(const ContextMemory&) = delete;
  ContextMemory& operator=(const ContextMemory&) = delete;

  bool ok() const { return base_ != nullptr; }
  // Zeroed; 0 when the range is full.
  std::uint32_t allocate(std::size_t bytes);
  // Wipes. Pre: `bytes` as allocated.
  void release(std::uint32_t block, std::size_t bytes);

  std::byte* base() const { return base_; }
  std::byte* at(std::uint32_t block) const { return base_ + std::size_t{block} * kGranule; }

 private:
  std::byte* base_ = nullptr;
  std::size_t size_ = 0;
  std::size_t ready_ = 0;        // bytes from the start whose pages have been taken
  std::size_t used_ = kGranule;  // block 0 names none
  std::map<std::size_t, std::vector<std::uint32_t>> free_;  // by granules
};

}  // namespace pollux::crypto
