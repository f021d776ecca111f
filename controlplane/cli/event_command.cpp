#include "controlplane/cli/event_command.hpp"

#include <ostream>

#include "controlplane/cli/exit_code.hpp"
#include "controlplane/cli/format.hpp"
#include "controlplane/cli/json.hpp"
#include "controlplane/cli/render_event.hpp"

namespace pollux::cli {

namespace {

using namespace std::chrono_literals;

constexpr auto kRetryInterval = 1000ms;

bool worth_retrying(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::NOT_FOUND:
    case grpc::StatusCode::UNIMPLEMENTED:
    case grpc::StatusCode::PERMISSION_DENIED:
    case grpc::StatusCode::UNAUTHENTICATED:
      return false;
    default:
      return true;
  }
}

class EventCommand {
 public:
  EventCommand(const Options& options, const Environment& environment, Client& client)
      : options_(options), environment_(environment), client_(client) {
    next_sequence_ = options.since != 0 ? options.since : options.follow ? 0 : 1;
  }

  int run() {
    for (;;) {
      const grpc::Status status = read_stream();
      if (done_ || !environment_.out) {
        return kExitOk;
      }
      const bool retry = options_.follow && !node_run_.empty() && worth_retrying(status.error_code());
      if (!retry) {
        return status.ok() ? kExitOk : fail(status);
      }
      if (!lost_) {
        lost_ = true;
        note("connection to the node lost" +
             (status.error_message().empty() ? "" : " (" + printable(status.error_message()) + ")") +
             "; trying again every second");
      }
      if (!environment_.pause(kRetryInterval)) {
        return kExitOk;
      }
    }
  }

 private:
  int fail(const grpc::Status& status) {
    const CallError error = client_.error_of(status);
    environment_.err << render_error(error, "events", options_.target);
    return error.exit_code();
  }

  // One connection, from the request to its end.
  grpc::Status read_stream() {
    v1::WatchEventsRequest request;
    request.set_session_id(options_.event_session);
    request.set_from_sequence(next_sequence_);
    request.set_node_run(node_run_);
    const auto stream = client_.watch(request);
    v1::WatchEventsResponse response;
    auto next = stream->next(response, client_.timeout());
    if (next == EventStream::Next::kQuiet) {
      stream->finish();
      return {grpc::StatusCode::DEADLINE_EXCEEDED, "the node didn't answer"};
    }
    if (next == EventStream::Next::kEnded) {
      return stream->finish();
    }
    take_first(response);
    const std::uint64_t head = response.next_sequence();
    for (;;) {
      take(response);
      done_ = !environment_.out || (!options_.follow && response.has_event() && next_sequence_ == head);
      if (done_) {
        return grpc::Status::OK;
      }
      next = stream->next(response, options_.follow ? std::nullopt : std::optional(environment_.quiet_time));
      if (next == EventStream::Next::kEnded) {
        return stream->finish();
      }
      if (next == EventStream::Next::kQuiet) {
        done_ = true;
        return grpc::Status::OK;
      }
    }
  }

  // The response that tells the run of the node.
  void take_first(const v1::WatchEventsResponse& response) {
    const bool restarted = !node_run_.empty() && node_run_ != response.node_run();
    node_run_ = response.node_run();
    if (restarted) {
      note(
          "connected again; the node has restarted: its sessions of before are gone, what happened between "
          "is "
          "not known, and events count from 1 again");
      next_sequence_ = 1;
    } else if (lost_) {
      note(response.missed() == 0 ? "connected again; nothing was missed" : "connected again");
    }
    lost_ = false;
    if (next_sequence_ == 0) {
      next_sequence_ = response.next_sequence();
    }
  }

  void take(const v1::WatchEventsResponse& response) {
    if (response.missed() > 0) {
      note(std::to_string(response.missed()) + " events missed: the node no longer had them");
      next_sequence_ += response.missed();
    }
    if (response.has_event()) {
      next_sequence_ = response.event().sequence() + 1;
      environment_.out << (json() ? to_json_line(response.event())
                                  : render_event(response.event(), environment_.style));
    }
    environment_.out.flush();
  }

  // Among the events for people; apart from them where a program reads them.
  void note(const std::string& text) {
    if (json()) {
      environment_.err << "polluxctl: " << text << "\n";
    } else {
      environment_.out << environment_.style.paint(Tone::kWarning, "-- " + text) << "\n";
      environment_.out.flush();
    }
  }

  bool json() const { return options_.output == OutputFormat::kJson; }

  const Options& options_;
  const Environment& environment_;
  Client& client_;
  std::uint64_t next_sequence_ = 0;  // what to ask for next; 0: from now on
  std::string node_run_;             // empty: never connected
  bool lost_ = false;                // and said so
  bool done_ = false;
};

}  // namespace

int watch_events(const Options& options, const Environment& environment, Client& client) {
  return EventCommand(options, environment, client).run();
}

}  // namespace pollux::cli
