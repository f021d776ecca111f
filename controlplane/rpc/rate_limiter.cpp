#include "controlplane/rpc/rate_limiter.hpp"

#include <algorithm>

namespace pollux::rpc {

namespace {
constexpr std::chrono::nanoseconds kSecond = std::chrono::seconds(1);
}  // namespace

RateLimiter::RateLimiter(std::uint32_t per_second)
    : interval_(per_second == 0 ? std::chrono::nanoseconds{0} : kSecond / per_second), depth_(kSecond) {}

std::optional<std::chrono::nanoseconds> RateLimiter::take(std::string_view peer, TimePoint now) {
  const std::lock_guard lock(mutex_);
  TimePoint& full = full_at(peer, now);
  const TimePoint after = std::max(full, now) + interval_;
  if (after - now > depth_) {
    return after - now - depth_;
  }
  full = after;
  return std::nullopt;
}

RateLimiter::TimePoint& RateLimiter::full_at(std::string_view peer, TimePoint now) {
  std::string key(peer);
  if (const auto found = full_at_.find(key); found != full_at_.end()) {
    return found->second;
  }
  if (full_at_.size() >= kMostPeers) {
    std::erase_if(full_at_, [now](const auto& entry) { return entry.second <= now; });
  }
  return full_at_.size() < kMostPeers ? full_at_[std::move(key)] : others_full_at_;
}

}  // namespace pollux::rpc
