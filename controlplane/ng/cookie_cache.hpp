// Remembers the replies of the last half minute, so that a request that comes again isn't done again.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace pollux::ng {

// Keyed by client and cookie: two proxies that draw the same cookie don't get each other's replies. Two
// generations, so a reply is kept for one to two times `keep`. Thread-safe.
class CookieCache {
 public:
  using Clock = std::chrono::steady_clock;

  struct Options {
    std::chrono::milliseconds keep = std::chrono::seconds(30);
    std::size_t bytes = std::size_t{64}
                        << 20;  // of keys and replies; beyond, the older generation goes early
    std::chrono::milliseconds patience = std::chrono::seconds(2);  // of a duplicate that waits for the first
    std::function<Clock::time_point()> now = [] { return Clock::now(); };
  };

  explicit CookieCache(Options options) : options_(std::move(options)) {}
  ~CookieCache();
  CookieCache(const CookieCache&) = delete;
  CookieCache& operator=(const CookieCache&) = delete;

  enum class Claim {
    kMine,       // nobody has done it: do it, then finish()
    kDuplicate,  // `reply` is what was replied
    kInWork,     // somebody is doing it and hasn't come to an end within `patience`: no reply
  };
  // Waits while the same request is in work.
  Claim claim(const std::string& key, std::string& reply);
  // Post: those that wait get `reply`; with none the request counts as never seen.
  void finish(const std::string& key, std::optional<std::string> reply);

  std::size_t bytes() const;

  static std::string key_of(std::string_view client, std::string_view cookie);

 private:
  using Replies = std::unordered_map<std::string, std::string>;

  struct Generation {
    Replies replies;
    std::size_t bytes = 0;
  };

  void turn_over();
  void begin_generation();
  const std::string* known(const std::string& key) const;
  static void forget(Generation& generation);

  const Options options_;
  mutable std::mutex mutex_;
  std::condition_variable finished_;
  std::unordered_set<std::string> in_work_;
  Generation young_;
  Generation old_;
  Clock::time_point begun_ = options_.now();
};

}  // namespace pollux::ng
