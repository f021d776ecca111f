#include "controlplane/cli/node_commands.hpp"

#include <utility>

#include "controlplane/cli/exit_code.hpp"
#include "controlplane/cli/format.hpp"
#include "controlplane/cli/json.hpp"
#include "controlplane/cli/render_node.hpp"
#include "controlplane/cli/render_stats.hpp"
#include "controlplane/cli/value_parser.hpp"

namespace pollux::cli {

namespace {

using namespace std::chrono_literals;

constexpr auto kLookForInterrupt = 200ms;

// What a drain says, once a second and at its end.
class DrainProgress {
 public:
  explicit DrainProgress(const CommandContext& context) : context_(context) {}

  void show(const v1::DrainResponse& response) {
    std::ostream& out = context_.environment.out;
    last_ = response;
    if (context_.json()) {
      out << to_json_line(response);
    } else {
      out << sessions(response) << " left";
      if (response.has_time_left() && !response.done()) {
        out << ", " << human_duration(seconds_of(response.time_left())) << " until the deadline";
      }
      out << "\n";
    }
    out.flush();
  }

  int finish() const {
    const bool empty = last_.sessions_left() == 0;
    if (!context_.json()) {
      context_.environment.out << (empty
                                       ? "Drained. The node takes no new sessions until polluxctl node "
                                         "undrain, or its restart.\n"
                                       : "The deadline came with " + sessions(last_) +
                                             " left. The node still refuses new ones; polluxctl node undrain "
                                             "ends that.\n");
    }
    return empty ? kExitOk : kExitSessionsLeft;
  }

  int interrupt() const {
    context_.environment.err
        << "polluxctl: no longer waiting; the node goes on draining. polluxctl node undrain "
           "ends that.\n";
    return last_.done() && last_.sessions_left() == 0 ? kExitOk : kExitSessionsLeft;
  }

 private:
  static std::string sessions(const v1::DrainResponse& response) {
    return std::to_string(response.sessions_left()) +
           (response.sessions_left() == 1 ? " session" : " sessions");
  }

  const CommandContext& context_;
  v1::DrainResponse last_;
};

void print_stats(const CommandContext& context, const v1::StatsResponse& stats, Previous previous,
                 bool first) {
  const Options& options = context.options;
  const Environment& environment = context.environment;
  const bool watching = options.watch_seconds > 0;
  if (context.json()) {
    environment.out << (watching ? to_json_line(stats) : to_json(stats));
    return;
  }
  if (watching && environment.terminal) {
    environment.out << "\033[H\033[2J";
  } else if (!first) {
    environment.out << "\n";
  }
  environment.out << (options.drops ? render_drops(stats, previous, environment.style)
                                    : render_stats(stats, previous, environment.style));
}

}  // namespace

int node_info(const CommandContext& context) {
  const auto answer = context.client.info();
  if (answer.error) {
    return context.fail(*answer.error, "node info");
  }
  const Environment& environment = context.environment;
  environment.out << (context.json()
                          ? to_json(answer.value)
                          : render_node(answer.value, environment.now_seconds(), environment.style));
  return kExitOk;
}

int node_ports(const CommandContext& context) {
  const auto answer = context.client.ports();
  if (answer.error) {
    return context.fail(*answer.error, "node ports");
  }
  context.environment.out << (context.json() ? to_json(answer.value)
                                             : render_ports(answer.value, context.environment.style));
  return kExitOk;
}

int node_undrain(const CommandContext& context) {
  const auto answer = context.client.undrain();
  if (answer.error) {
    return context.fail(*answer.error, "node undrain");
  }
  context.environment.out << (context.json() ? to_json(answer.value)
                                             : "The node takes new sessions again.\n");
  return kExitOk;
}

int node_reload(const CommandContext& context) {
  const auto answer = context.client.reload(context.options.dry_run);
  if (answer.error) {
    return context.fail(*answer.error, "node reload");
  }
  context.environment.out << (context.json() ? to_json(answer.value)
                                             : render_reload(answer.value, context.options.dry_run,
                                                             context.environment.style));
  return kExitOk;
}

int node_drain(const CommandContext& context) {
  v1::DrainRequest request;
  request.set_end_sessions(context.options.end_sessions);
  if (!context.options.deadline.empty()) {
    const auto deadline = parse_duration(context.options.deadline);
    if (!deadline.ok()) {
      context.environment.err << "polluxctl: --deadline: " << deadline.problems.front() << "\n";
      return kExitUsage;
    }
    *request.mutable_deadline() = to_proto(deadline.value);
  } else if (context.options.end_sessions) {
    context.environment.err << "polluxctl: --end-sessions needs a --deadline: without one nothing is ended\n";
    return kExitUsage;
  }
  if (context.environment.catch_interrupt) {
    context.environment.catch_interrupt();
  }
  const auto stream = context.client.drain(request);
  DrainProgress progress(context);
  const double started = context.environment.now_seconds();
  bool answered = false;
  for (;;) {
    v1::DrainResponse response;
    switch (stream->next(response, kLookForInterrupt)) {
      case DrainStream::Next::kResponse:
        answered = true;
        progress.show(response);
        if (response.done()) {
          return progress.finish();
        }
        break;
      case DrainStream::Next::kQuiet:
        if (!answered && context.environment.now_seconds() - started >
                             std::chrono::duration<double>(context.client.timeout()).count()) {
          stream->finish();
          return context.fail(grpc::Status(grpc::StatusCode::DEADLINE_EXCEEDED, "the node didn't answer"),
                              "node drain");
        }
        break;
      case DrainStream::Next::kEnded: {
        const grpc::Status status = stream->finish();
        return context.fail(status.ok() ? grpc::Status(grpc::StatusCode::INTERNAL,
                                                       "the node ended the answer without a result")
                                        : status,
                            "node drain");
      }
    }
    if (context.interrupted()) {
      return progress.interrupt();
    }
  }
}

int show_stats(const CommandContext& context) {
  const Options& options = context.options;
  const Environment& environment = context.environment;
  v1::StatsResponse before;
  double before_seconds = 0;
  for (bool first = true;; first = false) {
    auto answer = context.client.stats();
    const double now = environment.now_seconds();
    if (answer.error) {
      return context.fail(*answer.error, "stats");
    }
    print_stats(context, answer.value, first ? Previous{} : Previous{&before, now - before_seconds}, first);
    if (!environment.out.flush() || options.watch_seconds <= 0 ||
        !environment.pause(
            std::chrono::milliseconds(static_cast<std::int64_t>(options.watch_seconds * 1000)))) {
      return kExitOk;
    }
    before = std::move(answer.value);
    before_seconds = now;
  }
}

}  // namespace pollux::cli
