#include "controlplane/cli/commands.hpp"

#include <algorithm>
#include <istream>
#include <ostream>

#include "controlplane/cli/arguments.hpp"
#include "controlplane/cli/client.hpp"
#include "controlplane/cli/event_command.hpp"
#include "controlplane/cli/exit_code.hpp"
#include "controlplane/cli/json.hpp"
#include "controlplane/cli/render_node.hpp"
#include "controlplane/cli/render_session.hpp"
#include "controlplane/cli/render_stats.hpp"
#include "controlplane/cli/session_request.hpp"
#include "controlplane/cli/value_parser.hpp"

namespace pollux::cli {

namespace {

constexpr std::uint32_t kPageSize = 500;  // sessions per List call

class Commands {
 public:
  Commands(const Options& options, const Environment& environment, std::chrono::milliseconds timeout)
      : options_(options), environment_(environment), client_(options.target, timeout) {}

  int run() {
    switch (options_.command) {
      case Command::kSessionList:
        return session_list();
      case Command::kSessionShow:
        return session_show();
      case Command::kSessionCreate:
        return session_create();
      case Command::kSessionDelete:
        return session_delete();
      case Command::kEvents:
        return watch_events(options_, environment_, client_);
      case Command::kStats:
        return stats();
      case Command::kNodeInfo:
        return node_info();
      case Command::kNone:
        break;
    }
    return kExitUsage;
  }

 private:
  bool json() const { return options_.output == OutputFormat::kJson; }

  int fail(const CallError& error, const std::string& doing) {
    environment_.err << render_error(error, doing, options_.target);
    return error.exit_code();
  }

  void print_session(const v1::Session& session) {
    environment_.out << (json() ? to_json(session)
                                : render_session(session, environment_.now_seconds(), environment_.style));
  }

  int session_list() {
    v1::ListResponse all;
    for (;;) {
      const auto have = static_cast<std::uint32_t>(all.sessions_size());
      const std::uint32_t wanted =
          options_.list_all ? kPageSize : std::min(kPageSize, options_.list_limit - have);
      auto page = client_.list(wanted, all.next_page_token());
      if (page.error) {
        return fail(*page.error, "session list");
      }
      for (auto& session : *page.value.mutable_sessions()) {
        *all.add_sessions() = std::move(session);
      }
      all.set_total(page.value.total());
      all.set_next_page_token(page.value.next_page_token());
      const bool enough =
          !options_.list_all && static_cast<std::uint32_t>(all.sessions_size()) >= options_.list_limit;
      if (all.next_page_token().empty() || enough) {
        break;
      }
    }
    environment_.out << (json() ? to_json(all)
                                : render_session_list({all.sessions().begin(), all.sessions().end()},
                                                      all.total(), environment_.now_seconds(),
                                                      environment_.style));
    return kExitOk;
  }

  int session_show() {
    const auto answer = client_.get(options_.session_ids.front());
    if (answer.error) {
      return fail(*answer.error, "session show " + options_.session_ids.front());
    }
    print_session(answer.value);
    return kExitOk;
  }

  int session_create() {
    const auto request = make_create_request(options_, environment_.in);
    if (!request.ok()) {
      for (const auto& problem : request.problems) {
        environment_.err << "polluxctl: " << problem << "\n";
      }
      environment_.err << "polluxctl session create --help tells how a leg is written.\n";
      return kExitUsage;
    }
    const auto answer = client_.create(request.value);
    if (answer.error) {
      return fail(*answer.error, "session create " + request.value.session_id());
    }
    print_session(answer.value);
    return kExitOk;
  }

  // Goes on after a session that can't be deleted, so that one stale id doesn't keep the others alive.
  int session_delete() {
    v1::ListResponse deleted;
    int exit_code = kExitOk;
    for (const auto& id : options_.session_ids) {
      const auto answer = client_.remove(id);
      if (answer.error) {
        exit_code = fail(*answer.error, "session delete " + id);
        if (answer.error->unreachable) {
          break;
        }
        continue;
      }
      *deleted.add_sessions() = answer.value;
      if (!json()) {
        environment_.out << "Session " << id << " ended.\n";
      }
    }
    if (json()) {
      deleted.set_total(static_cast<std::uint64_t>(deleted.sessions_size()));
      environment_.out << to_json(deleted);
    }
    return exit_code;
  }

  int node_info() {
    const auto answer = client_.info();
    if (answer.error) {
      return fail(*answer.error, "node info");
    }
    environment_.out << (json() ? to_json(answer.value)
                                : render_node(answer.value, environment_.now_seconds(), environment_.style));
    return kExitOk;
  }

  int stats() {
    v1::StatsResponse before;
    double before_seconds = 0;
    for (bool first = true;; first = false) {
      auto answer = client_.stats();
      const double now = environment_.now_seconds();
      if (answer.error) {
        return fail(*answer.error, "stats");
      }
      print_stats(answer.value, first ? Previous{} : Previous{&before, now - before_seconds}, first);
      if (!environment_.out.flush() || options_.watch_seconds <= 0 ||
          !environment_.pause(
              std::chrono::milliseconds(static_cast<std::int64_t>(options_.watch_seconds * 1000)))) {
        return kExitOk;
      }
      before = std::move(answer.value);
      before_seconds = now;
    }
  }

  void print_stats(const v1::StatsResponse& stats, Previous previous, bool first) {
    const bool watching = options_.watch_seconds > 0;
    if (json()) {
      environment_.out << (watching ? to_json_line(stats) : to_json(stats));
      return;
    }
    if (watching && environment_.terminal) {
      environment_.out << "\033[H\033[2J";
    } else if (!first) {
      environment_.out << "\n";
    }
    environment_.out << (options_.drops ? render_drops(stats, previous, environment_.style)
                                        : render_stats(stats, previous, environment_.style));
  }

  const Options& options_;
  const Environment& environment_;
  Client client_;
};

}  // namespace

int run(const std::vector<std::string>& arguments, const Environment& environment) {
  const Arguments parsed = parse_arguments(arguments, environment.target);
  environment.out << parsed.out;
  environment.err << parsed.err;
  if (!parsed.proceed) {
    return parsed.exit_code;
  }
  const auto timeout = parse_duration(parsed.options.call_timeout);
  if (!timeout.ok() || timeout.value.count() <= 0) {
    environment.err << "polluxctl: --timeout: "
                    << (timeout.ok() ? "must be above zero" : timeout.problems.front()) << "\n";
    return kExitUsage;
  }
  return Commands(parsed.options, environment, timeout.value).run();
}

}  // namespace pollux::cli
