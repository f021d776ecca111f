// What the gateway counts; each number may be read at any time.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

namespace pollux::ng {

// written by: any thread; read by: any thread
struct Counters {
  using Count = std::atomic<std::uint64_t>;

  static constexpr std::array<std::string_view, 14> kCommands = {
      "ping",      "offer",      "answer",       "delete",      "query",   "list",       "statistics",
      "play DTMF", "block DTMF", "unblock DTMF", "unsupported", "unknown", "unreadable", "other"};
  struct Command {
    Count requests{0};
    Count errors{0};  // replies whose result is "error"
  };
  std::array<Command, kCommands.size()> commands;

  Count dropped{0};          // without a cookie: nobody to answer
  Count duplicates{0};       // replied to from memory
  Count late_duplicates{0};  // the first was still in work: no reply
  Count ignored_words{0};
  Count load_limits{0};   // replies that send the proxy elsewhere
  Count presses{0};       // told to sinks
  Count presses_lost{0};  // a sink couldn't be told

  Command& of(std::string_view command) {
    for (std::size_t i = 0; i < kCommands.size(); ++i) {
      if (kCommands[i] == command) {
        return commands[i];
      }
    }
    return commands.back();
  }
};

inline void count(Counters::Count& counter, std::uint64_t more = 1) {
  counter.fetch_add(more, std::memory_order_relaxed);
}
inline std::uint64_t read(const Counters::Count& counter) {
  return counter.load(std::memory_order_relaxed);
}

}  // namespace pollux::ng
