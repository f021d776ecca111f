#include "controlplane/call/call_manager.hpp"

#include <algorithm>
#include <utility>

#include "controlplane/call/call_failures.hpp"
#include "controlplane/call/call_legs.hpp"
#include "controlplane/call/call_parties.hpp"
#include "controlplane/call/call_view.hpp"
#include "controlplane/session/session_rules.hpp"

namespace pollux::call {

CallManager::CallManager(control::SessionManager& sessions,
                         std::function<std::chrono::steady_clock::time_point()> steady_now,
                         std::function<std::chrono::system_clock::time_point()> system_now)
    : sessions_(sessions), steady_now_(std::move(steady_now)), system_now_(std::move(system_now)) {
  sessions.on_session_ended([this](const control::LoggedEvent& event) { session_ended(event.session_id); });
}

CallManager::Entry* CallManager::find(std::string_view call_id) {
  const auto found = calls_.find(call_id);
  return found == calls_.end() ? nullptr : &found->second;
}

CallManager::Entry* CallManager::add(const std::string& call_id) {
  const std::string session_id = session_id_of(call_id);
  if (!by_session_.emplace(session_id, call_id).second) {
    return nullptr;
  }
  Entry& entry = calls_[call_id];
  entry.call.id = call_id;
  entry.call.session_id = session_id;
  return &entry;
}

bool CallManager::begin(Entry& entry, std::function<void()> again,
                        const std::function<void(control::Failure)>& refused) {
  if (!entry.busy) {
    entry.busy = true;
    return true;
  }
  if (entry.queued.size() >= kMostWaiting) {
    refused(busy_call(entry.call.id));
  } else {
    entry.queued.push_back(std::move(again));
  }
  return false;
}

// What waited goes on: with the call, or, when that has ended, as with one that never was.
void CallManager::finish(const std::string& call_id) {
  Entry* entry = find(call_id);
  entry->busy = false;
  if (entry->ended || !entry->has_session) {
    const std::deque<std::function<void()>> waiting = std::move(entry->queued);
    by_session_.erase(entry->call.session_id);
    calls_.erase(call_id);
    for (const auto& command : waiting) {
      command();
    }
    return;
  }
  while (entry != nullptr && !entry->busy && !entry->queued.empty()) {
    const auto command = std::move(entry->queued.front());
    entry->queued.pop_front();
    command();
    entry = find(call_id);
  }
}

void CallManager::offer(Offer offer, const ExchangeCallback& callback) {
  const auto request = std::make_shared<const Offer>(std::move(offer));
  const std::string& call_id = request->name.call_id;
  const auto refused = [&](control::Failure failure) { callback(tl::unexpected(std::move(failure))); };
  Entry* entry = find(call_id);
  if (entry == nullptr) {
    entry = add(call_id);
    if (entry == nullptr) {
      return refused(id_conflict(call_id, session_id_of(call_id)));
    }
  }
  if (!begin(
          *entry, [this, request, callback] { this->offer(*request, callback); }, refused)) {
    return;
  }
  if (comes_from(entry->call, request->sdp)) {
    callback(passed_on(*entry, request->sdp));
    return finish(call_id);
  }
  const auto changed = std::make_shared<Call>(entry->call);
  std::size_t branch = 0;
  std::vector<std::string> warnings;
  const auto side = take_offer(*changed, *request, branch, warnings);
  if (!side) {
    callback(tl::unexpected(side.error()));
    return finish(call_id);
  }
  entry->end_at.reset();
  apply(*entry, changed, [=, this](tl::expected<Entry*, control::Failure> result) {
    if (!result) {
      return callback(tl::unexpected(std::move(result.error())));
    }
    callback(exchanged((*result)->call, request->sdp, *side, branch, warnings));
  });
}

void CallManager::answer(Answer answer, const ExchangeCallback& callback) {
  const auto request = std::make_shared<const Answer>(std::move(answer));
  const std::string& call_id = request->name.call_id;
  const auto refused = [&](control::Failure failure) { callback(tl::unexpected(std::move(failure))); };
  Entry* entry = find(call_id);
  if (entry == nullptr) {
    return refused(unknown_call(call_id));
  }
  if (!begin(
          *entry, [this, request, callback] { this->answer(*request, callback); }, refused)) {
    return;
  }
  if (comes_from(entry->call, request->sdp)) {
    callback(passed_on(*entry, request->sdp));
    return finish(call_id);
  }
  entry->end_at.reset();
  const auto changed = std::make_shared<Call>(entry->call);
  std::size_t branch = 0;
  std::vector<std::string> warnings;
  const auto side = take_answer(*changed, *request, branch, warnings);
  if (!side) {
    callback(tl::unexpected(side.error()));
    return finish(call_id);
  }
  apply(*entry, changed, [=, this](tl::expected<Entry*, control::Failure> result) {
    if (!result) {
      return callback(tl::unexpected(std::move(result.error())));
    }
    callback(exchanged((*result)->call, request->sdp, *side, branch, warnings));
  });
}

// A call that comes through twice (a spiral) is relayed once.
Exchanged CallManager::passed_on(const Entry& entry, const sdp::Document& body) {
  return {sdp::print_document(body),
          entry.call.session_id,
          {"the body names this call's own ports: it is passed on as it came"}};
}

// The text for the other party, made of the body that came.
Exchanged CallManager::exchanged(Call& call, const sdp::Document& body, sdp::Side from, std::size_t branch,
                                 std::vector<std::string> warnings) {
  Branch& spoken = call.branches[branch];
  const std::vector<sdp::SectionPorts> ports = ports_of(call, spoken);
  return {sdp::print_document(spoken.dialog.write(from, body, ports)), call.session_id, std::move(warnings)};
}

void CallManager::remove(const DialogName& name, std::chrono::milliseconds delay,
                         const CallCallback& callback) {
  const auto refused = [&](control::Failure failure) { callback(tl::unexpected(std::move(failure))); };
  Entry* const entry = find(name.call_id);
  if (entry == nullptr) {
    return refused(unknown_call(name.call_id));
  }
  if (!begin(
          *entry, [=, this] { remove(name, delay, callback); }, refused)) {
    return;
  }
  const std::vector<std::size_t> named = find_named(entry->call, name);
  if (named.empty()) {
    refused(unknown_party(name));
    return finish(name.call_id);
  }
  if (named.size() < entry->call.branches.size()) {
    return end_branches(*entry, named, callback);
  }
  if (delay.count() > 0) {
    entry->end_at = steady_now_() + delay;
    ends_.emplace(*entry->end_at, name.call_id);
    query(name.call_id, callback);
    return finish(name.call_id);
  }
  end(*entry, callback);
}

void CallManager::end_branches(Entry& entry, const std::vector<std::size_t>& branches,
                               const CallCallback& callback) {
  const auto changed = std::make_shared<Call>(entry.call);
  for (auto index = branches.rbegin(); index != branches.rend(); ++index) {
    const Branch gone = changed->branches[*index];
    changed->branches.erase(changed->branches.begin() + static_cast<std::ptrdiff_t>(*index));
    const auto sibling = std::ranges::find(changed->branches, gone.caller, &Branch::caller);
    if (gone.active && sibling != changed->branches.end()) {
      sibling->active = true;
    }
  }
  apply(entry, changed, [this, callback](tl::expected<Entry*, control::Failure> result) {
    if (!result) {
      return callback(tl::unexpected(std::move(result.error())));
    }
    sessions_.get((*result)->call.session_id,
                  [call = (*result)->call, callback](const control::SessionResult& session) {
                    if (!session) {
                      return callback(tl::unexpected(unknown_call(call.id)));
                    }
                    callback(view_of(call, *session));
                  });
  });
}

void CallManager::end(Entry& entry, const CallCallback& callback) {
  sessions_.remove(entry.call.session_id,
                   [this, id = entry.call.id, callback](const control::SessionResult& result) {
                     Entry& ended = *find(id);
                     ended.ended = result || result.error().error.cause == "SESSION_UNKNOWN";
                     if (result) {
                       callback(view_of(ended.call, *result));
                     } else {
                       callback(tl::unexpected(ended.ended ? unknown_call(id) : result.error()));
                     }
                     finish_soon(id);
                   });
}

void CallManager::query(const std::string& call_id, const CallCallback& callback) {
  Entry* const entry = find(call_id);
  const auto refused = [&](control::Failure failure) { callback(tl::unexpected(std::move(failure))); };
  if (entry == nullptr) {
    return refused(unknown_call(call_id));
  }
  if (!entry->has_session) {  // its first offer is under way
    begin(
        *entry, [=, this] { query(call_id, callback); }, refused);
    return;
  }
  sessions_.get(entry->call.session_id,
                [call = entry->call, callback](const control::SessionResult& session) {
                  if (!session) {
                    return callback(tl::unexpected(unknown_call(call.id)));
                  }
                  callback(view_of(call, *session));
                });
}

void CallManager::query_session(const std::string& session_id, const CallCallback& callback) {
  const auto found = by_session_.find(session_id);
  if (found == by_session_.end()) {
    return callback(tl::unexpected(
        control::make_failure(ErrorCode::kNotFound, "CALL_UNKNOWN",
                              "session " + control::shown(session_id) + " is no call by offer and answer")));
  }
  query(std::string(found->second), callback);
}

CallIds CallManager::list(std::string_view after, std::size_t max) const {
  CallIds page;
  page.total = calls_.size();
  for (auto call = calls_.upper_bound(after); call != calls_.end(); ++call) {
    if (page.ids.size() == max) {
      page.more = true;
      break;
    }
    page.ids.push_back(call->first);
  }
  return page;
}

bool CallManager::poll() {
  const std::vector<std::string> finished = std::exchange(finished_, {});
  for (const std::string& call_id : finished) {
    finish(call_id);
  }
  bool any = !finished.empty();
  const auto now = steady_now_();
  while (!ends_.empty() && ends_.begin()->first <= now) {
    const std::string call_id = ends_.begin()->second;
    ends_.erase(ends_.begin());
    Entry* const entry = find(call_id);
    if (entry != nullptr && entry->end_at && *entry->end_at <= now) {
      entry->end_at.reset();
      remove({call_id, {}, {}, {}}, std::chrono::milliseconds{0}, [](const auto& /*result*/) {});
      any = true;
    }
  }
  return any;
}

void CallManager::session_ended(const std::string& session_id) {
  const auto found = by_session_.find(session_id);
  if (found == by_session_.end()) {
    return;
  }
  const std::string call_id = found->second;
  Entry& entry = *find(call_id);
  entry.ended = entry.has_session;
  if (entry.ended && !entry.busy) {
    entry.busy = true;  // nothing more may begin with it
    finish_soon(call_id);
  }
}

}  // namespace pollux::call
