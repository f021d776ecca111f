// Where log lines go: stderr, the journal, or a file; each line by one write().
#pragma once

#include <spdlog/sinks/base_sink.h>

#include <atomic>
#include <mutex>
#include <string>

#include "controlplane/config/node_config.hpp"
#include "controlplane/ops/repeat_limiter.hpp"
#include "dataplane/base/expected.hpp"

namespace pollux::ops {

// How a line looks. kJournal: no time, which the journal has itself, but the priority in front
// (sd-daemon(3)).
enum class LineStyle : std::uint8_t { kText, kTextColoured, kJson, kJournal, kJournalJson };

// The line with its end. Control characters of the message are escaped: one message is one line.
std::string format_line(const spdlog::details::log_msg& message, LineStyle style);

// Whether stderr is the journal, by systemd's word.
bool stderr_is_journal();

// Thread-safe, as spdlog asks of sinks.
class LogSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit LogSink(int stderr_fd = 2) : stderr_fd_(stderr_fd) {}
  ~LogSink() override;

  // Error, with nothing changed, when the file can't be opened. Opens it anew even if nothing differs.
  Expected<void> configure(const config::LogConfig& config);
  // Opens the file anew: logrotate has moved it. Error: goes on with the old one.
  Expected<void> reopen();
  // Logs how many messages were left out.
  void tell_suppressed(RepeatLimiter::Time now);

  // For the crash handler; async-signal-safe. -1: no file.
  int file_fd() const { return file_fd_.load(std::memory_order_relaxed); }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override {}

 private:
  LineStyle style() const;
  void write_line(const spdlog::details::log_msg& message);

  const int stderr_fd_;
  std::atomic<int> file_fd_{-1};  // written under the sink's mutex
  config::LogConfig config_;
  RepeatLimiter limiter_{0};
};

}  // namespace pollux::ops
