// What a call asks of its session, and how the two become the same.
#include <algorithm>
#include <utility>

#include "controlplane/call/call_failures.hpp"
#include "controlplane/call/call_legs.hpp"
#include "controlplane/call/call_manager.hpp"
#include "controlplane/session/session_rules.hpp"

namespace pollux::call {

namespace {

// The session knows whose it is, for events, captures and people.
std::map<std::string, std::string> labels_of(const Call& call) {
  std::map<std::string, std::string> labels = call.labels;
  labels["call_id"] = call.id;
  for (const Branch& branch : call.branches) {
    if (branch.active) {
      labels.emplace("from_tag", branch.caller_tag);
      labels.emplace("to_tag", branch.callee_tag);
    }
  }
  return labels;
}

// While it rings, or is on hold on both sides, a call may be silent for longer than one that talks.
constexpr std::chrono::hours kQuietTimeout{1};

// Unset: the node's.
std::optional<std::chrono::milliseconds> media_timeout_of(const Call& call) {
  if (call.media_timeout) {
    return call.media_timeout;
  }
  const bool talks = std::ranges::any_of(
      call.branches, [](const Branch& branch) { return branch.active && !branch.dialog.silent(); });
  return talks ? std::nullopt : std::optional<std::chrono::milliseconds>(kQuietTimeout);
}

std::string leg_path(const std::vector<control::LegRequest>& legs, std::size_t leg) {
  return "legs." + legs[leg].id;
}

control::SessionPatch patch_of(const Call& call) {
  control::SessionPatch patch;
  patch.all_legs = true;
  for (std::size_t i = 0; i < call.legs.size(); ++i) {
    patch.legs.push_back({call.legs[i].id, leg_path(call.legs, i), true, {}, call.legs[i]});
  }
  patch.set_labels = true;
  patch.labels = labels_of(call);
  patch.set_media_timeout = true;
  patch.media_timeout = media_timeout_of(call);
  return patch;
}

bool same_session(const Call& a, const Call& b) {
  return a.legs == b.legs && media_timeout_of(a) == media_timeout_of(b) && labels_of(a) == labels_of(b);
}

}  // namespace

void CallManager::apply(Entry& entry, const std::shared_ptr<Call>& changed, const Then& then) {
  changed->last_signal = system_now_();
  changed->legs = make_legs(*changed);
  if (changed->legs.empty()) {
    const auto networks = sessions_.defaults().networks;
    changed->legs = {make_idle_leg(networks.empty() ? std::string() : networks.front().name)};
  }
  if (changed->legs.size() > kMaxLegs) {
    return applied(changed, tl::unexpected(too_many_legs(changed->id, changed->legs.size())), then);
  }
  if (!entry.has_session) {
    return create_session(changed, then);
  }
  if (same_session(entry.call, *changed)) {
    entry.call = std::move(*changed);
    then(&entry);
    return finish_soon(entry.call.id);
  }
  sessions_.update(
      changed->session_id, patch_of(*changed),
      [this, changed, then](const control::SessionResult& result) { applied(changed, result, then); });
}

void CallManager::create_session(const std::shared_ptr<Call>& changed, const Then& then) {
  control::SessionRequest request;
  request.legs = changed->legs;
  request.labels = labels_of(*changed);
  request.media_timeout = media_timeout_of(*changed);
  const control::NodeDefaults defaults = sessions_.defaults();
  control::resolve_defaults(request, defaults, control::SinkDefault::kLeaveEmpty);
  control::Violations violations;
  control::check_session(
      request, defaults, [&](std::size_t leg) { return leg_path(changed->legs, leg); }, violations);
  if (!violations.empty()) {
    return applied(changed, tl::unexpected(control::invalid_fields(std::move(violations))), then);
  }
  sessions_.create(changed->session_id, request, [this, changed, then](const control::SessionResult& result) {
    applied(changed, result, then);
  });
}

void CallManager::applied(const std::shared_ptr<Call>& changed, const control::SessionResult& result,
                          const Then& then) {
  Entry& entry = *find(changed->id);
  if (result) {
    note_ports(*changed, *result);
    entry.call = std::move(*changed);
    entry.has_session = true;
    then(&entry);
  } else if (result.error().error.cause == "SESSION_UNKNOWN") {
    entry.ended = true;  // it timed out, or was deleted, while this was on its way
    then(tl::unexpected(unknown_call(changed->id)));
  } else {
    then(tl::unexpected(result.error()));
  }
  finish_soon(entry.call.id);
}

}  // namespace pollux::call
