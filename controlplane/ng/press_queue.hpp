// Presses for a sink that isn't there, or is slow.
#pragma once

#include <chrono>
#include <deque>
#include <optional>
#include <string>

#include "controlplane/ng/counters.hpp"

namespace pollux::ng {

// A press that comes late is worse than none: it would be sent into whatever the call is doing by then. So
// the oldest go first when there are too many, and those too old are not given out. One thread at a time.
class PressQueue {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr std::size_t kMost = 1000;
  static constexpr std::chrono::seconds kOldest{2};

  // `lost` counts those that are dropped.
  explicit PressQueue(Counters::Count& lost) : lost_(lost) {}

  void push(std::string text, Clock::time_point now);
  // The next one to be sent; nothing: none is left.
  std::optional<std::string> pop(Clock::time_point now);
  bool empty() const { return waiting_.empty(); }

 private:
  struct Press {
    std::string text;
    Clock::time_point time;
  };

  void drop_first();

  Counters::Count& lost_;
  std::deque<Press> waiting_;
};

}  // namespace pollux::ng
