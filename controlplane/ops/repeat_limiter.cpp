#include "controlplane/ops/repeat_limiter.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace pollux::ops {

namespace {

constexpr std::size_t kMostKinds = 1024;
constexpr std::size_t kLongestKind = 200;
constexpr std::chrono::seconds kWindow{1};

bool in_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         std::string_view("._:@-[]/").find(c) != std::string_view::npos;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

std::string RepeatLimiter::kind_of(std::string_view message) {
  std::string kind;
  for (std::size_t at = 0; at < message.size() && kind.size() < kLongestKind;) {
    if (message[at] == '"') {
      const std::size_t end = message.find('"', at + 1);
      kind += "\"\"";
      at = end == std::string_view::npos ? message.size() : end + 1;
    } else if (in_word(message[at])) {
      const auto end =
          std::find_if_not(message.begin() + static_cast<std::ptrdiff_t>(at), message.end(), in_word);
      const std::string_view word = message.substr(at, static_cast<std::size_t>(end - message.begin()) - at);
      kind += std::any_of(word.begin(), word.end(), is_digit) ? std::string_view("#") : word;
      at += word.size();
    } else {
      kind += message[at++];
    }
  }
  kind.resize(std::min(kind.size(), kLongestKind));
  return kind;
}

bool RepeatLimiter::admit(std::string_view message, Time now) {
  if (per_second_ == 0) {
    return true;
  }
  std::string kind = kind_of(message);
  if (windows_.size() >= kMostKinds && !windows_.contains(kind)) {
    make_room(now);
  }
  if (windows_.size() >= kMostKinds && !windows_.contains(kind)) {
    kind.clear();  // too many kinds at once: those that came last share one window
  }
  Window& window = windows_[std::move(kind)];
  if (now - window.start >= kWindow || now < window.start) {  // the clock may have been set back
    if (window.suppressed.count > 0) {
      over_.push_back(std::exchange(window.suppressed, {}));
    }
    window.start = now;
    window.count = 0;
  }
  if (window.count < per_second_) {
    ++window.count;
    return true;
  }
  if (window.suppressed.count++ == 0) {
    window.suppressed.example = message;
  }
  return false;
}

void RepeatLimiter::make_room(Time now) {
  for (auto at = windows_.begin(); at != windows_.end();) {
    if (now - at->second.start < kWindow) {
      ++at;
      continue;
    }
    if (at->second.suppressed.count > 0) {
      over_.push_back(std::move(at->second.suppressed));
    }
    at = windows_.erase(at);
  }
}

std::vector<RepeatLimiter::Suppressed> RepeatLimiter::take_suppressed(Time now) {
  make_room(now);
  return std::exchange(over_, {});
}

}  // namespace pollux::ops
