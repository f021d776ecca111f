// Lists that many have alike, kept once.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "dataplane/base/shared_list.hpp"

namespace pollux {

// The last few lists that were asked for: phones of one make offer the same. One thread.
template <typename T>
class SharedLists {
 public:
  // The same list, shared with those who have it already.
  SharedList<T> share(const SharedList<T>& list) {
    if (list.empty()) {
      return list;
    }
    if (const auto found = std::ranges::find(lists_, list); found != lists_.end()) {
      return *found;
    }
    if (lists_.size() < kMost) {
      lists_.push_back(list);
    } else {
      lists_[next_++ % kMost] = list;
    }
    return list;
  }

 private:
  static constexpr std::size_t kMost = 32;
  std::vector<SharedList<T>> lists_;
  std::size_t next_ = 0;  // to be replaced, the oldest first
};

}  // namespace pollux
