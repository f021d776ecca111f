#include "controlplane/ops/logging.hpp"

#include <spdlog/spdlog.h>

#include <chrono>
#include <memory>
#include <mutex>

#include "controlplane/ops/log_sink.hpp"

namespace pollux::ops {

namespace {

spdlog::level::level_enum to_spdlog(config::LogLevel level) {
  switch (level) {
    case config::LogLevel::kTrace:
      return spdlog::level::trace;
    case config::LogLevel::kDebug:
      return spdlog::level::debug;
    case config::LogLevel::kInfo:
      return spdlog::level::info;
    case config::LogLevel::kWarning:
      return spdlog::level::warn;
    case config::LogLevel::kError:
      break;
  }
  return spdlog::level::err;
}

// Made by the first call, which is no crash handler's. Never destroyed: threads log, and crash, until the
// end.
const std::shared_ptr<LogSink>& sink() {
  static const auto& the_sink = *new std::shared_ptr<LogSink>(std::make_shared<LogSink>());
  return the_sink;
}

}  // namespace

Expected<void> set_up_logging(const config::LogConfig& config) {
  if (auto ready = sink()->configure(config); !ready) {
    return ready;
  }
  static std::once_flag once;
  std::call_once(once,
                 [] { spdlog::set_default_logger(std::make_shared<spdlog::logger>("polluxd", sink())); });
  spdlog::set_level(to_spdlog(config.level));
  return {};
}

Expected<void> reopen_log() {
  return sink()->reopen();
}

void tell_suppressed() {
  sink()->tell_suppressed(std::chrono::system_clock::now());
}

int log_file_fd() {
  return sink()->file_fd();
}

std::string eal_log_argument(config::LogLevel level) {
  switch (level) {
    case config::LogLevel::kTrace:
    case config::LogLevel::kDebug:
      return "--log-level=debug";
    case config::LogLevel::kInfo:
      return "--log-level=info";
    case config::LogLevel::kWarning:
      return "--log-level=warning";
    case config::LogLevel::kError:
      break;
  }
  return "--log-level=error";
}

}  // namespace pollux::ops
