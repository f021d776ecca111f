// A list that is empty nearly always, of which there is one in each of very many.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace pollux::control {

// One pointer while empty, where a vector has three, and no memory of its own.
template <typename T>
class RareList {
 public:
  bool empty() const { return items_ == nullptr; }
  std::size_t size() const { return items_ != nullptr ? items_->size() : 0; }
  T* begin() { return items_ != nullptr ? items_->data() : nullptr; }
  T* end() { return begin() + size(); }

  void push_back(T item) {
    if (items_ == nullptr) {
      items_ = std::make_unique<std::vector<T>>();
    }
    items_->push_back(std::move(item));
  }
  // Out of the list. Pre: `item` is in it.
  T take(T* item) {
    T taken = std::move(*item);
    items_->erase(items_->begin() + (item - begin()));
    if (items_->empty()) {
      items_ = nullptr;
    }
    return taken;
  }
  std::vector<T> take_all() {
    const auto items = std::exchange(items_, nullptr);
    return items != nullptr ? std::move(*items) : std::vector<T>{};
  }

 private:
  std::unique_ptr<std::vector<T>> items_;  // nullptr: empty
};

}  // namespace pollux::control
