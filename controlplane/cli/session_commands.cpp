#include "controlplane/cli/session_commands.hpp"

#include <algorithm>
#include <utility>

#include "controlplane/cli/exit_code.hpp"
#include "controlplane/cli/json.hpp"
#include "controlplane/cli/render_quality.hpp"
#include "controlplane/cli/render_session.hpp"
#include "controlplane/cli/session_request.hpp"

namespace pollux::cli {

namespace {

constexpr std::uint32_t kPageSize = 500;  // sessions per List call

void print_session(const CommandContext& context, const v1::Session& session, std::optional<double> load) {
  const Environment& environment = context.environment;
  environment.out << (context.json()
                          ? to_json(session)
                          : render_session(session, environment.now_seconds(), load, environment.style));
}

// The session is what was asked for: whether the worker's load can be had as well doesn't matter.
std::optional<double> load_of(Client& client, std::uint32_t worker) {
  const auto stats = client.stats();
  if (!stats.error) {
    for (const auto& counters : stats.value.workers()) {
      if (counters.worker() == worker) {
        return counters.load();
      }
    }
  }
  return std::nullopt;
}

}  // namespace

Answer<v1::ListResponse> list_sessions(Client& client, std::uint32_t limit, bool all) {
  Answer<v1::ListResponse> result;
  v1::ListResponse& sessions = result.value;
  for (;;) {
    const auto have = static_cast<std::uint32_t>(sessions.sessions_size());
    const std::uint32_t wanted = all ? kPageSize : std::min(kPageSize, limit - have);
    auto page = client.list(wanted, sessions.next_page_token());
    if (page.error) {
      result.error = std::move(page.error);
      return result;
    }
    for (auto& session : *page.value.mutable_sessions()) {
      *sessions.add_sessions() = std::move(session);
    }
    sessions.set_total(page.value.total());
    sessions.set_next_page_token(page.value.next_page_token());
    const bool enough = !all && static_cast<std::uint32_t>(sessions.sessions_size()) >= limit;
    if (sessions.next_page_token().empty() || enough) {
      return result;
    }
  }
}

std::vector<v1::Session> worst_sessions(const v1::ListResponse& sessions, std::size_t count) {
  std::vector<std::pair<double, const v1::Session*>> rated;
  for (const auto& session : sessions.sessions()) {
    if (const auto mos = lowest_mos(session)) {
      rated.emplace_back(*mos, &session);
    }
  }
  std::stable_sort(rated.begin(), rated.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<v1::Session> worst;
  for (std::size_t i = 0; i < std::min(count, rated.size()); ++i) {
    worst.push_back(*rated[i].second);
  }
  return worst;
}

int session_list(const CommandContext& context) {
  const Options& options = context.options;
  auto answer = list_sessions(context.client, options.list_limit, options.list_all || options.list_worst > 0);
  if (answer.error) {
    return context.fail(*answer.error, "session list");
  }
  v1::ListResponse& list = answer.value;
  if (options.list_worst > 0) {
    const auto worst = worst_sessions(list, options.list_worst);
    list.mutable_sessions()->Assign(worst.begin(), worst.end());
  }
  if (context.json()) {
    context.environment.out << to_json(list);
  } else if (options.list_worst > 0 && list.sessions().empty() && list.total() > 0) {
    context.environment.out
        << "No session has a MOS yet: it takes a few seconds of media in a known codec.\n";
  } else {
    // With --worst it is no part of a list that --all would complete.
    const std::uint64_t total = options.list_worst > 0 ? 0 : list.total();
    context.environment.out << render_session_list({list.sessions().begin(), list.sessions().end()}, total,
                                                   context.environment.now_seconds(),
                                                   context.environment.style);
  }
  return kExitOk;
}

int session_show(const CommandContext& context) {
  const std::string& id = context.options.session_ids.front();
  const auto answer = context.client.get(id);
  if (answer.error) {
    return context.fail(*answer.error, "session show " + id);
  }
  const auto load = context.json() ? std::nullopt : load_of(context.client, answer.value.state().worker());
  print_session(context, answer.value, load);
  return kExitOk;
}

int session_create(const CommandContext& context) {
  const auto request = make_create_request(context.options, context.environment.in);
  if (!request.ok()) {
    for (const auto& problem : request.problems) {
      context.environment.err << "polluxctl: " << problem << "\n";
    }
    context.environment.err << "polluxctl session create --help tells how a leg is written.\n";
    return kExitUsage;
  }
  const auto answer = context.client.create(request.value);
  if (answer.error) {
    return context.fail(*answer.error, "session create " + request.value.session_id());
  }
  print_session(context, answer.value, std::nullopt);
  return kExitOk;
}

// Goes on after a session that can't be deleted, so that one stale id doesn't keep the others alive.
int session_delete(const CommandContext& context) {
  v1::ListResponse deleted;
  int exit_code = kExitOk;
  for (const auto& id : context.options.session_ids) {
    const auto answer = context.client.remove(id);
    if (answer.error) {
      exit_code = context.fail(*answer.error, "session delete " + id);
      if (answer.error->unreachable) {
        break;
      }
      continue;
    }
    *deleted.add_sessions() = answer.value;
    if (!context.json()) {
      context.environment.out << "Session " << id << " ended.\n";
    }
  }
  if (context.json()) {
    deleted.set_total(static_cast<std::uint64_t>(deleted.sessions_size()));
    context.environment.out << to_json(deleted);
  }
  return exit_code;
}

}  // namespace pollux::cli
