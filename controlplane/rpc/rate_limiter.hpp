// How many calls a peer may begin.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace pollux::rpc {

// A token bucket for each peer, filled at the same rate, holding one second's worth. Any thread. Peers that
// call are remembered while their bucket isn't full, at most kMostPeers of them: those beyond share one
// bucket, so that memory is bounded whoever calls.
class RateLimiter {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  static constexpr std::size_t kMostPeers = 1024;

  // 0: no limit.
  explicit RateLimiter(std::uint32_t per_second);

  bool limits() const { return interval_.count() > 0; }
  // Takes a token; without one, tells when there will be one. Pre: limits().
  std::optional<std::chrono::nanoseconds> take(std::string_view peer, TimePoint now);

 private:
  TimePoint& full_at(std::string_view peer, TimePoint now);

  const std::chrono::nanoseconds interval_;  // between two tokens
  const std::chrono::nanoseconds depth_;     // time in which an empty bucket fills up
  std::mutex mutex_;
  // When the bucket would be full again; the past: it is. Guarded by mutex_.
  std::unordered_map<std::string, TimePoint> full_at_;
  TimePoint others_full_at_;
};

}  // namespace pollux::rpc
