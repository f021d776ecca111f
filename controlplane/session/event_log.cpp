#include "controlplane/session/event_log.hpp"

#include <algorithm>
#include <array>
#include <random>

namespace pollux::control {

EventLog::EventLog(std::size_t capacity, std::string node_run)
    : capacity_(std::max<std::size_t>(capacity, 1)), node_run_(std::move(node_run)) {}

void EventLog::append(LoggedEvent event) {
  event.sequence = next_;
  ++counts_[static_cast<std::size_t>(event.type)];
  auto entry = std::make_shared<const LoggedEvent>(std::move(event));
  kept_.push_back(entry);
  ++next_;
  set_capacity(capacity_);
  // Those to wake are taken out first: they may come back to wait while they are being called.
  std::vector<std::function<void(std::uint64_t)>> woken;
  for (auto at = waiters_.begin(); at != waiters_.end();) {
    if (at->second.session.empty() || at->second.session == entry->session_id) {
      woken.push_back(std::move(at->second.wake));
      at = waiters_.erase(at);
    } else {
      ++at;
    }
  }
  for (const auto& wake : woken) {
    wake(entry->sequence);
  }
}

void EventLog::set_capacity(std::size_t capacity) {
  capacity_ = std::max<std::size_t>(capacity, 1);
  while (kept_.size() > capacity_) {
    kept_.pop_front();
  }
}

EventLog::Batch EventLog::read(std::uint64_t cursor, const std::string& session, std::size_t max) const {
  Batch batch;
  if (cursor < first_sequence()) {
    batch.missed = first_sequence() - cursor;
    cursor = first_sequence();
  }
  for (std::size_t scanned = 0; cursor < next_ && batch.events.size() < max && scanned < kScanLimit;
       ++scanned) {
    const auto& event = kept_[cursor - first_sequence()];
    if (session.empty() || event->session_id == session) {
      batch.events.push_back(event);
    }
    ++cursor;
  }
  batch.cursor = cursor;
  batch.at_end = cursor >= next_;
  return batch;
}

EventLog::WaiterId EventLog::wait(std::string session, std::function<void(std::uint64_t)> wake) {
  waiters_.emplace(++last_waiter_, Waiter{std::move(session), std::move(wake)});
  return last_waiter_;
}

void EventLog::cancel(WaiterId waiter) {
  waiters_.erase(waiter);
}

void EventLog::close() {
  closed_ = true;
  const auto woken = std::exchange(waiters_, {});
  for (const auto& [id, waiter] : woken) {
    waiter.wake(next_);
  }
}

std::string make_node_run() {
  std::random_device random;
  static constexpr std::array kDigits = {'0', '1', '2', '3', '4', '5', '6', '7',
                                         '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};
  std::uniform_int_distribution<std::size_t> digit(0, kDigits.size() - 1);
  std::string run;
  for (int i = 0; i < 16; ++i) {
    run += kDigits[digit(random)];
  }
  return run;
}

}  // namespace pollux::control
