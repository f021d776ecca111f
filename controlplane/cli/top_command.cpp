#include "controlplane/cli/top_command.hpp"

#include <algorithm>
#include <utility>

#include "controlplane/cli/exit_code.hpp"
#include "controlplane/cli/render_top.hpp"
#include "controlplane/cli/session_commands.hpp"
#include "controlplane/cli/value_parser.hpp"

namespace pollux::cli {

namespace {

// Listing thousands of sessions costs the node more than all else here.
constexpr double kCallsEverySeconds = 5;
constexpr std::chrono::milliseconds kLeastInterval{100};

class Top {
 public:
  Top(const CommandContext& context, std::chrono::milliseconds interval)
      : context_(context), interval_(interval) {}

  int run() {
    const Environment& environment = context_.environment;
    for (bool first = true;; first = false) {
      if (const auto error = look()) {
        return context_.fail(*error, "top");
      }
      // The first look of --once has no rates: it is only there to be compared with.
      const bool silent = context_.options.once && first;
      if (!silent) {
        show();
      }
      const bool last = context_.options.once && !first;
      if (last || !environment.out.flush() || !environment.pause(interval_)) {
        return kExitOk;
      }
    }
  }

 private:
  std::optional<CallError> look() {
    auto info = context_.client.info();
    if (info.error) {
      return info.error;
    }
    auto stats = context_.client.stats();
    const double now = context_.environment.now_seconds();
    if (stats.error) {
      return stats.error;
    }
    view_.rates = looked_ ? rates_between(view_.stats, stats.value, now - view_.now_seconds) : Rates{};
    view_.info = std::move(info.value);
    view_.stats = std::move(stats.value);
    view_.now_seconds = now;
    view_.with_calls = context_.options.calls > 0;
    const bool due = !looked_ || now - calls_seconds_ >= kCallsEverySeconds || context_.options.once;
    looked_ = true;
    if (view_.with_calls && due) {
      const auto sessions = list_sessions(context_.client, 0, true);
      if (sessions.error) {
        return sessions.error;
      }
      view_.calls = worst_calls(sessions.value, context_.options.calls);
      calls_seconds_ = now;
    }
    return std::nullopt;
  }

  void show() {
    const Environment& environment = context_.environment;
    if (context_.json()) {
      environment.out << top_json(view_);
      return;
    }
    const std::string text = render_top(view_, environment.style);
    if (environment.terminal && !context_.options.once) {
      environment.out << "\033[H\033[2J" << text;
    } else {
      environment.out << (shown_ ? "\n" : "") << text;
    }
    shown_ = true;
  }

  const CommandContext& context_;
  std::chrono::milliseconds interval_;
  TopView view_;
  bool looked_ = false;
  bool shown_ = false;
  double calls_seconds_ = 0;
};

}  // namespace

int show_top(const CommandContext& context) {
  const auto interval = parse_duration(context.options.interval);
  if (!interval.ok() || interval.value < kLeastInterval) {
    context.environment.err << "polluxctl: --interval: "
                            << (interval.ok() ? "must be 100ms or more" : interval.problems.front()) << "\n";
    return kExitUsage;
  }
  return Top(context, interval.value).run();
}

}  // namespace pollux::cli
