// Keeps one kind of message from filling the log.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace pollux::ops {

// Messages are of one kind when they differ in quoted text and in words with digits only: addresses, numbers,
// most ids. Not thread-safe; memory is bounded.
class RepeatLimiter {
 public:
  using Time = std::chrono::system_clock::time_point;

  struct Suppressed {
    std::string example;  // the first that was left out
    std::uint64_t count = 0;
  };

  // 0: no limit.
  explicit RepeatLimiter(std::uint32_t per_second) : per_second_(per_second) {}
  void set_limit(std::uint32_t per_second) { per_second_ = per_second; }

  // Whether the message may be logged now.
  bool admit(std::string_view message, Time now);

  // What was left out in seconds that are over, each told once.
  std::vector<Suppressed> take_suppressed(Time now);

  static std::string kind_of(std::string_view message);

 private:
  struct Window {
    Time start;
    std::uint32_t count = 0;
    Suppressed suppressed;
  };

  void make_room(Time now);

  std::uint32_t per_second_;
  std::unordered_map<std::string, Window> windows_;
  std::vector<Suppressed> over_;  // of windows that have begun anew since
};

}  // namespace pollux::ops
