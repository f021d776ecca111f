#include "controlplane/ng/press_queue.hpp"

namespace pollux::ng {

void PressQueue::push(std::string text, Clock::time_point now) {
  if (waiting_.size() >= kMost) {
    drop_first();
  }
  waiting_.push_back({std::move(text), now});
}

std::optional<std::string> PressQueue::pop(Clock::time_point now) {
  while (!waiting_.empty() && now - waiting_.front().time > kOldest) {
    drop_first();
  }
  if (waiting_.empty()) {
    return std::nullopt;
  }
  std::string text = std::move(waiting_.front().text);
  waiting_.pop_front();
  return text;
}

void PressQueue::drop_first() {
  count(lost_);
  waiting_.pop_front();
}

}  // namespace pollux::ng
