// What happened, in order: the last events of this run, for any number of readers.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/session/session_types.hpp"

namespace pollux::control {

enum class LogEventType : std::uint8_t {
  kSessionStarted,
  kSessionTimedOut,
  kSessionEnded,
  kFirstMedia,
  kSourceLearned,
  kSourceChanged,
  kSourceRejected,
  kStreamChanged,
  kPortUp,
  kPortDown,
  kDuplicateAddress,
  kOneWayAudioSuspected,
  kOneWayAudioEnded,
  kNodeDraining,
  kNodeUndrained,
  kConfigReloaded,
  kWorkerOverloaded,
  kWorkerRelieved,
  kSrtpKeyExpiring,
  kSrtpKeyExpired,
  kDtmf,
};
inline constexpr std::size_t kLogEventTypeCount = static_cast<std::size_t>(LogEventType::kDtmf) + 1;

struct LoggedEvent {
  std::uint64_t sequence = 0;  // set by the log
  std::chrono::system_clock::time_point time;
  LogEventType type = LogEventType::kSessionStarted;
  std::string session_id;  // empty: about the node
  std::string leg_id;
  bool rtcp = false;
  bool outgoing = false;  // of SRTP keys: the key that is sent with; of presses: one for the leg's party
  std::optional<SocketAddress> from;
  std::optional<SocketAddress> to;
  std::uint32_t ssrc = 0;
  std::string port;
  EndReason end_reason = EndReason::kNone;
  OneWayCause one_way_cause = OneWayCause::kNone;
  std::vector<LegQuality> quality;        // of kSessionEnded, one a leg
  std::chrono::milliseconds duration{0};  // of kSessionEnded
  std::uint16_t worker = 0;               // of worker events
  std::optional<LoggedPress> press;       // of kDtmf
};

// Numbers events 1, 2, 3 … and keeps the last `capacity`. Belongs to the control thread. A reader holds
// nothing but a cursor: one that is too slow loses events and is told how many, and never holds up anybody.
class EventLog {
 public:
  using WaiterId = std::uint64_t;  // 0 names none

  // `node_run` tells runs of the node apart. Pre: capacity > 0.
  EventLog(std::size_t capacity, std::string node_run);

  const std::string& node_run() const { return node_run_; }
  std::uint64_t next_sequence() const { return next_; }
  // The oldest still known; next_sequence() when there is none.
  std::uint64_t first_sequence() const { return next_ - kept_.size(); }

  void append(LoggedEvent event);
  // Events of each type since the start, kept or not; by LogEventType.
  const std::array<std::uint64_t, kLogEventTypeCount>& counts() const { return counts_; }
  std::size_t waiters() const { return waiters_.size(); }

  // Keeps so many from now on; the oldest go where they are more. Pre: capacity > 0.
  void set_capacity(std::size_t capacity);

  struct Batch {
    std::vector<std::shared_ptr<const LoggedEvent>> events;
    std::uint64_t cursor = 0;  // where to read on
    std::uint64_t missed = 0;  // events that were gone already
    bool at_end = false;       // cursor == next_sequence()
  };
  // Up to `max` events from `cursor` on that concern `session` (empty: all). Looks at no more than kScanLimit
  // events: a batch may be empty before the end is reached.
  Batch read(std::uint64_t cursor, const std::string& session, std::size_t max) const;
  static constexpr std::size_t kScanLimit = 4096;

  // Calls `wake` once, with the sequence of the next event that concerns `session`, or with next_sequence()
  // when the log is closed. For readers at the end. Must not be called for a closed log.
  WaiterId wait(std::string session, std::function<void(std::uint64_t sequence)> wake);
  void cancel(WaiterId waiter);

  // No more will come: wakes all who wait.
  void close();
  bool closed() const { return closed_; }

 private:
  struct Waiter {
    std::string session;
    std::function<void(std::uint64_t)> wake;
  };

  std::size_t capacity_;
  std::string node_run_;
  std::deque<std::shared_ptr<const LoggedEvent>> kept_;  // the last is next_ - 1
  std::array<std::uint64_t, kLogEventTypeCount> counts_{};
  std::uint64_t next_ = 1;
  std::map<WaiterId, Waiter> waiters_;
  WaiterId last_waiter_ = 0;
  bool closed_ = false;
};

// A new random name for a run: 16 hexadecimal digits.
std::string make_node_run();

}  // namespace pollux::control
