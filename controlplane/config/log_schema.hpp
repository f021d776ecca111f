// The keys that the section log of each program has.
#pragma once

#include "controlplane/config/node_config.hpp"
#include "controlplane/config/section.hpp"
#include "controlplane/config/value_type.hpp"

namespace pollux::config {

inline ValueType<LogLevel> log_level() {
  return word<LogLevel>({{"trace", LogLevel::kTrace},
                         {"debug", LogLevel::kDebug},
                         {"info", LogLevel::kInfo},
                         {"warning", LogLevel::kWarning},
                         {"error", LogLevel::kError}});
}

// Where the log goes, in which form, and how much of it. `Settings`: LogConfig, or one with other defaults.
template <typename Settings>
void add_log_output(Section<Settings>& section) {
  section
      .value({.name = "target",
              .doc = "Where the log goes: stderr (the journal, under systemd) or file.",
              .apply = Apply::kHot},
             POLLUX_MEMBER(target),
             word<LogTarget>({{"stderr", LogTarget::kStderr}, {"file", LogTarget::kFile}}))
      .value({.name = "file",
              .doc = "The file, with target file; opened again on SIGHUP, for logrotate.",
              .apply = Apply::kHot},
             POLLUX_MEMBER(file), absolute_path())
      .value({.name = "format",
              .doc = "text for people, or json: one object a line, for log collectors.",
              .apply = Apply::kHot},
             POLLUX_MEMBER(format), word<LogFormat>({{"text", LogFormat::kText}, {"json", LogFormat::kJson}}))
      .value({.name = "repeat_limit",
              .doc = "Messages of one kind a second; those beyond are counted, not logged. 0: no limit.",
              .apply = Apply::kHot},
             POLLUX_MEMBER(repeat_limit), integer<std::uint32_t>(0, 10'000, "messages per second"));
}

}  // namespace pollux::config
