// Large, zeroed, page-aligned memory for tables that packets touch at random.
#pragma once

#include <cstddef>

namespace pollux::session {

// Anonymous memory with transparent huge pages asked for (madvise), so that random access over it costs few
// TLB misses even where no huge pages are set aside. Move-only owner. Pages are touched at once: a worker
// never faults.
class Arena {
 public:
  Arena() = default;
  // data() is nullptr when the memory can't be had.
  explicit Arena(std::size_t bytes);
  ~Arena();
  Arena(Arena&& other) noexcept;
  Arena& operator=(Arena&& other) noexcept;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  std::byte* data() const { return data_; }
  std::size_t size() const { return size_; }

 private:
  void* mapping_ = nullptr;
  std::size_t mapping_size_ = 0;
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace pollux::session
