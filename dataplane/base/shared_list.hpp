// A list that its copies share: most legs have one of few, and copies of a spec needn't cost what is in it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <utility>
#include <vector>

namespace pollux {

// A value: changing one copy leaves the others as they were. An empty one has no memory of its own. Whoever
// copies, changes or drops one may allocate or free: never a worker, which only reads. Copies may be with
// different threads. One pointer large, where std::shared_ptr takes two: a session has fourteen of them.
template <typename T>
class SharedList {
 public:
  using value_type = T;
  using const_iterator = const T*;

  SharedList() = default;
  SharedList(std::initializer_list<T> items) : SharedList(std::vector<T>(items)) {}
  explicit SharedList(std::vector<T> items) : kept_(items.empty() ? nullptr : new Kept(std::move(items))) {}
  SharedList(const SharedList& other) : kept_(other.kept_) {
    if (kept_ != nullptr) {
      kept_->owners.fetch_add(1, std::memory_order_relaxed);
    }
  }
  SharedList(SharedList&& other) noexcept : kept_(std::exchange(other.kept_, nullptr)) {}
  SharedList& operator=(SharedList other) noexcept {
    std::swap(kept_, other.kept_);
    return *this;
  }
  ~SharedList() {
    if (kept_ != nullptr && kept_->owners.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      delete kept_;
    }
  }

  std::size_t size() const { return kept_ != nullptr ? kept_->items.size() : 0; }
  bool empty() const { return kept_ == nullptr; }
  const T* begin() const { return kept_ != nullptr ? kept_->items.data() : nullptr; }
  const T* end() const { return begin() + size(); }
  const T& operator[](std::size_t index) const { return begin()[index]; }
  const T& front() const { return *begin(); }
  const T& back() const { return *(end() - 1); }
  std::span<const T> span() const { return {begin(), size()}; }
  bool shares(const SharedList& other) const { return kept_ == other.kept_; }

  // Of this copy alone.
  void push_back(const T& item) { own().push_back(item); }
  void clear() { *this = {}; }
  T& at(std::size_t index) { return own().at(index); }

  friend bool operator==(const SharedList& a, const SharedList& b) {
    return a.shares(b) || (!a.empty() && !b.empty() && a.kept_->items == b.kept_->items);
  }

 private:
  struct Kept {
    explicit Kept(std::vector<T> all) : items(std::move(all)) {}
    std::atomic<std::uint32_t> owners{1};
    std::vector<T> items;
  };

  std::vector<T>& own() {
    // Whoever sees no other owner is the only one who could make another.
    if (kept_ == nullptr || kept_->owners.load(std::memory_order_acquire) > 1) {
      SharedList alone;
      alone.kept_ = new Kept(kept_ != nullptr ? kept_->items : std::vector<T>{});
      std::swap(kept_, alone.kept_);
    }
    return kept_->items;
  }

  Kept* kept_ = nullptr;  // nullptr: empty
};

}  // namespace pollux
