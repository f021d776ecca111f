#include "controlplane/ops/logging.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

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

}  // namespace

void set_up_logging(config::LogLevel level) {
  spdlog::set_default_logger(
      std::make_shared<spdlog::logger>("polluxd", std::make_shared<spdlog::sinks::stderr_color_sink_mt>()));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %^%l%$ %v");
  spdlog::set_level(to_spdlog(level));
  spdlog::flush_on(spdlog::level::warn);
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
