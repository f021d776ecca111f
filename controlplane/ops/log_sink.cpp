#include "controlplane/ops/log_sink.hpp"

#include <fcntl.h>
#include <spdlog/fmt/chrono.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace pollux::ops {

namespace {

constexpr int kFileMode = 0640;

struct LevelText {
  const char* name;
  char priority;  // as syslog counts
  const char* colour;
};

LevelText level_text(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::trace:
      return {"trace", '7', "\033[2m"};
    case spdlog::level::debug:
      return {"debug", '7', "\033[36m"};
    case spdlog::level::info:
      return {"info", '6', "\033[32m"};
    case spdlog::level::warn:
      return {"warning", '4', "\033[33m"};
    case spdlog::level::err:
      return {"error", '3', "\033[31m"};
    default:
      return {"critical", '2', "\033[1;31m"};
  }
}

// As JSON wants it; the same escapes serve text lines, which leave quotes and backslashes as they are.
void append_escaped(std::string& out, std::string_view text, bool json) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (json && (c == '"' || c == '\\')) {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\u{:04x}", byte);
    } else {
      out += c;
    }
  }
}

std::string utc_time(spdlog::log_clock::time_point time) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03d}Z", fmt::gmtime(spdlog::log_clock::to_time_t(time)),
                     ms % 1000);
}

int open_log(const std::string& path) {
  return open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, kFileMode);
}

Expected<void> cannot_open(const std::string& path, int error) {
  return fail(ErrorCode::kUnavailable, "LOG_FILE_UNAVAILABLE", "log.file",
              path + " can't be opened for writing: " + std::generic_category().message(error));
}

}  // namespace

std::string format_line(const spdlog::details::log_msg& message, LineStyle style) {
  const LevelText level = level_text(message.level);
  const std::string_view payload(message.payload.data(), message.payload.size());
  std::string line;
  if (style == LineStyle::kJournal || style == LineStyle::kJournalJson) {
    line = {'<', level.priority, '>'};
  }
  if (style == LineStyle::kJson || style == LineStyle::kJournalJson) {
    line += fmt::format(R"({{"time":"{}","level":"{}","thread":{},"message":")", utc_time(message.time),
                        level.name, message.thread_id);
    append_escaped(line, payload, true);
    return line + "\"}\n";
  }
  if (style == LineStyle::kText) {
    line += utc_time(message.time) + ' ' + level.name + ' ';
  } else if (style == LineStyle::kTextColoured) {
    line += utc_time(message.time) + ' ' + level.colour + level.name + "\033[0m ";
  }
  append_escaped(line, payload, false);
  return line + '\n';
}

// systemd names the device and inode of the stream it gave us: stderr may have been redirected since.
bool stderr_is_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat info {};
  return stream != nullptr && fstat(STDERR_FILENO, &info) == 0 &&
         fmt::format("{}:{}", info.st_dev, info.st_ino) == stream;
}

LogSink::~LogSink() {
  if (const int fd = file_fd_.exchange(-1); fd >= 0) {
    close(fd);
  }
}

Expected<void> LogSink::configure(const config::LogConfig& config) {
  int fd = -1;
  if (config.target == config::LogTarget::kFile) {
    fd = open_log(config.file);
    if (fd < 0) {
      return cannot_open(config.file, errno);
    }
  }
  const std::lock_guard lock(mutex_);
  if (const int old = file_fd_.exchange(fd); old >= 0) {
    close(old);
  }
  config_ = config;
  limiter_.set_limit(config.repeat_limit);
  return {};
}

Expected<void> LogSink::reopen() {
  const std::lock_guard lock(mutex_);
  if (config_.target != config::LogTarget::kFile) {
    return {};
  }
  const int fd = open_log(config_.file);
  if (fd < 0) {
    return cannot_open(config_.file, errno);
  }
  if (const int old = file_fd_.exchange(fd); old >= 0) {
    close(old);
  }
  return {};
}

void LogSink::tell_suppressed(RepeatLimiter::Time now) {
  const std::lock_guard lock(mutex_);
  for (const RepeatLimiter::Suppressed& left_out : limiter_.take_suppressed(now)) {
    const std::string text =
        fmt::format("suppressed {} messages such as: {}", left_out.count, left_out.example);
    write_line({now, {}, "polluxd", spdlog::level::warn, text});
  }
}

void LogSink::sink_it_(const spdlog::details::log_msg& message) {
  if (limiter_.admit({message.payload.data(), message.payload.size()}, message.time)) {
    write_line(message);
  }
}

LineStyle LogSink::style() const {
  const bool json = config_.format == config::LogFormat::kJson;
  if (file_fd() >= 0) {
    return json ? LineStyle::kJson : LineStyle::kText;
  }
  static const bool journal = stderr_is_journal();
  if (journal) {
    return json ? LineStyle::kJournalJson : LineStyle::kJournal;
  }
  if (json) {
    return LineStyle::kJson;
  }
  return isatty(stderr_fd_) == 1 ? LineStyle::kTextColoured : LineStyle::kText;
}

// A log that can't be written, such as on a full disk, must not stop the node.
void LogSink::write_line(const spdlog::details::log_msg& message) {
  const std::string line = format_line(message, style());
  const int fd = file_fd() >= 0 ? file_fd() : stderr_fd_;
  std::string_view left = line;
  while (!left.empty()) {
    const ssize_t written = write(fd, left.data(), left.size());
    if (written < 0 && errno != EINTR) {
      return;
    }
    left.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
  }
}

}  // namespace pollux::ops
