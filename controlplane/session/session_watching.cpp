// The session manager's eye on the quality of the sessions that run, and what it says of them.
#include <algorithm>

#include "controlplane/session/dtmf_rules.hpp"
#include "controlplane/session/session_manager.hpp"
#include "controlplane/session/stream_quality.hpp"

namespace pollux::control {

namespace {

constexpr std::chrono::milliseconds kLongestInterval{5000};
constexpr std::chrono::milliseconds kShortestInterval{500};
constexpr std::size_t kLooksPerPoll = 32;  // so that commands never wait long

// Two looks at least fall into the time after which silence is suspicious.
std::chrono::milliseconds interval_for(std::chrono::milliseconds one_way_audio) {
  return one_way_audio.count() == 0 ? kLongestInterval
                                    : std::clamp(one_way_audio / 2, kShortestInterval, kLongestInterval);
}

const LegStats* find_stats(const SessionStats& stats, std::uint16_t number) {
  const auto found = std::find_if(stats.legs.begin(), stats.legs.end(),
                                  [number](const LegStats& leg) { return leg.id == number; });
  return found == stats.legs.end() ? nullptr : &*found;
}

const LegWatch* find_watch(const std::vector<LegWatch>& watches, std::uint16_t number) {
  const auto found = std::find_if(watches.begin(), watches.end(),
                                  [number](const LegWatch& watch) { return watch.number == number; });
  return found == watches.end() ? nullptr : &*found;
}

}  // namespace

void SessionManager::watch_sessions() {
  const auto now = options_.steady_now();
  for (std::size_t looks = 0; looks < kLooksPerPoll; ++looks) {
    const auto handle = watch_schedule_.take(now);
    if (!handle) {
      return;
    }
    if (Session* session = store_.find(*handle)) {
      if (session->phase == Phase::kRunning) {
        watch(*session);
      }
      watch_schedule_.add(*handle, now + interval_for(one_way_audio_));
    }
  }
}

void SessionManager::begin_watch(Session& session) {
  session.started = options_.steady_now();
  watch_schedule_.add(session.handle, session.started + interval_for(one_way_audio_));
  watch(session);
}

void SessionManager::watch(Session& session) {
  const auto stats = dataplane_.session_stats(session.handle);
  if (!stats) {
    return;
  }
  std::vector<WatchedLeg> legs;
  for (std::size_t i = 0; i < session.legs.size(); ++i) {
    if (const LegStats* leg = find_stats(*stats, session.legs[i].number)) {
      legs.push_back({&session.request->legs[i], leg, session.legs[i].number});
    }
  }
  const auto changes = look_at(session.watches, legs, options_.steady_now(), one_way_audio_);
  for (const OneWayChange& change : changes) {
    const WatchedLeg& leg = legs[change.leg];
    LoggedEvent event;
    event.time = options_.system_now();
    event.type = change.cause == OneWayCause::kNone ? LogEventType::kOneWayAudioEnded
                                                    : LogEventType::kOneWayAudioSuspected;
    event.session_id = session.id;
    event.leg_id = leg.request->id;
    event.to = leg.stats->rtp.destination;
    event.one_way_cause = change.cause;
    events_.append(std::move(event));
  }
}

LegView SessionManager::view_leg(const Session& session, std::size_t leg, const SessionStats& stats) const {
  const PlacedLeg& placed = session.legs[leg];
  const LegRequest& request = session.request->legs[leg];
  LegView view;
  view.id = request.id;
  view.local_rtp = {placed.lease.address, placed.lease.rtp_port};
  view.local_rtcp = {placed.lease.address, rtcp_port(request, placed)};
  if (!request.codecs.empty()) {
    view.dtmf = dtmf_ways(*session.request, request);
  }
  const LegWatch* const watch = find_watch(session.watches, placed.number);
  if (watch != nullptr) {
    view.one_way = watch->one_way;
  }
  if (const LegStats* const found = find_stats(stats, placed.number)) {
    view.stats = *found;
    view.quality =
        quality_of(request, *found, watch != nullptr ? std::optional(watch->lowest_r) : std::nullopt);
    if (found->port < options_.port_names.size()) {
      view.port = options_.port_names[found->port];
    }
    for (const MediaPathStats& path : found->paths) {
      view.path_sources.push_back(session.leg_name(path.from_leg));
    }
  }
  return view;
}

void SessionManager::log_end(const Session& session, const SessionView& last) {
  LoggedEvent event;
  event.time = options_.system_now();
  event.type = LogEventType::kSessionEnded;
  event.session_id = session.id;
  event.end_reason = session.end_reason;
  event.duration =
      std::chrono::duration_cast<std::chrono::milliseconds>(options_.steady_now() - session.started);
  for (const LegView& leg : last.legs) {
    event.quality.push_back({leg.id, leg.stats.rtp.rx_packets, leg.stats.rtp.tx_packets, leg.quality});
  }
  if (options_.on_session_ended) {
    options_.on_session_ended(event);
  }
  for (const auto& listener : end_listeners_) {
    listener(event);
  }
  events_.append(std::move(event));
}

}  // namespace pollux::control
