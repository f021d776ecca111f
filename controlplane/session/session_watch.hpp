// Looks at every running session every few seconds: the worst interval of its quality, and whether its media
// goes one way only.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <vector>

#include "controlplane/session/session_types.hpp"
#include "controlplane/session/stream_quality.hpp"

namespace pollux::control {

// What is remembered of a leg between two looks. Legs are told apart by their number in the data plane.
struct LegWatch {
  std::uint16_t number = 0;
  OneWayCause one_way = OneWayCause::kNone;
  LossCounts reception;  // at the last look
  std::uint64_t rx_packets = 0;
  std::uint64_t tx_packets = 0;
  std::uint64_t dropped = 0;
  std::uint64_t wasted = 0;                     // received, and dropped on the way out
  std::chrono::steady_clock::time_point heard;  // last look at which packets had come since the one before
  // Since when media has come for the party, and there is no address to send it to; kNever: there is one.
  std::chrono::steady_clock::time_point unaddressed = kNever;
  double lowest_r = kNoR;  // of the worst interval

  // In place of std::optional, which takes as much again.
  static constexpr auto kNever = std::chrono::steady_clock::time_point::max();
  static constexpr double kNoR = std::numeric_limits<double>::infinity();
};

// One leg of a session at the moment of a look.
struct WatchedLeg {
  const LegRequest* request = nullptr;
  const LegStats* stats = nullptr;
  std::uint16_t number = 0;
};

// A leg whose verdict has changed.
struct OneWayChange {
  std::size_t leg = 0;                     // index
  OneWayCause cause = OneWayCause::kNone;  // kNone: it has ended
};

// Takes note of what came since the last look. `after`: how long nothing must have come; 0: never suspected.
std::vector<OneWayChange> look_at(std::vector<LegWatch>& watches, const std::vector<WatchedLeg>& legs,
                                  std::chrono::steady_clock::time_point now, std::chrono::milliseconds after);

// Whose turn it is. Sessions are looked at in the order in which they came, each `interval` after its last
// look, so that the work is spread evenly. Forgetting a session isn't needed: unknown handles are skipped.
class WatchSchedule {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  void add(SessionHandle session, TimePoint due) { due_.push_back({due, session}); }
  // The next one that is due, taken out; none: nobody yet.
  std::optional<SessionHandle> take(TimePoint now) {
    if (due_.empty() || due_.front().due > now) {
      return std::nullopt;
    }
    const SessionHandle session = due_.front().session;
    due_.pop_front();
    return session;
  }

 private:
  struct Entry {
    TimePoint due;
    SessionHandle session;
  };
  std::deque<Entry> due_;
};

}  // namespace pollux::control
