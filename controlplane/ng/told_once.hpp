// Remembers what the log has been told.
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>

namespace pollux::ng {

// Bounded, since the words come from outside: so many, of which so much counts. Any thread.
class ToldOnce {
 public:
  static constexpr std::size_t kMostWords = 1000;
  static constexpr std::size_t kLongestWord = 64;

  // Whether `word` is to be told: the first time, and while there is room to remember it.
  bool first(std::string_view word) {
    const std::lock_guard lock(mutex_);
    return told_.size() < kMostWords && told_.emplace(word.substr(0, kLongestWord)).second;
  }

 private:
  std::mutex mutex_;
  std::unordered_set<std::string> told_;
};

}  // namespace pollux::ng
