// Changing a session: ports for legs that are new, then the data plane, then ports of legs that are gone.
#include <algorithm>
#include <set>

#include "controlplane/session/session_manager.hpp"
#include "controlplane/session/spec_builder.hpp"

namespace pollux::control {

namespace {

const PlacedLeg* placed_leg(const Session& session, const std::string& leg_id) {
  for (std::size_t i = 0; i < session.legs.size(); ++i) {
    if (session.request->legs[i].id == leg_id) {
      return &session.legs[i];
    }
  }
  return nullptr;
}

// A number that no leg has, past the last one given, so that a number isn't soon used again.
std::uint16_t next_leg_number(const Session& session, const PendingUpdate& update, std::uint16_t last) {
  std::set<std::uint16_t> used;
  for (const PlacedLeg& leg : session.legs) {
    used.insert(leg.number);
  }
  for (const PlacedLeg& leg : update.legs) {
    used.insert(leg.number);
  }
  do {
    ++last;
  } while (last == 0 || used.contains(last));
  return last;
}

}  // namespace

void SessionManager::start_update(Session& session, SessionRequest merged, const SessionCallback& callback) {
  auto update = std::make_unique<PendingUpdate>();
  update->request = request_lists_.keep(std::move(merged));
  if (const auto placed = place_added_legs(session, *update); !placed) {
    for (const PortLease& lease : update->added) {
      placement_.release(lease);
    }
    return callback(tl::unexpected(Failure{placed.error(), {}}));
  }
  if (auto committed = commit_media(session, *update); !committed) {
    for (const PortLease& lease : update->added) {
      placement_.release(lease);
    }
    return callback(tl::unexpected(Failure{std::move(committed.error()), {}}));
  }
  for (const PlacedLeg& old : session.legs) {
    const auto stays = [&old](const PlacedLeg& leg) { return leg.number == old.number; };
    if (std::none_of(update->legs.begin(), update->legs.end(), stays)) {
      update->removed.push_back(old.lease);
    }
  }
  for (const PlacedLeg& leg : update->legs) {
    session.last_leg_number = std::max(session.last_leg_number, leg.number);
  }
  session.update = std::move(update);
  session.waiters.push_back(callback);
  set_phase(session, Phase::kUpdating);
  submit(session);
}

// What the session will cost more than it does is committed before, what it will cost less given back after.
// A session that has media paths keeps its media worker.
Expected<void> SessionManager::commit_media(const Session& session, PendingUpdate& update) {
  update.media_worker = session.media_worker;
  update.media_cost = media_cost(*update.request, update.legs);
  if (update.media_cost <= session.media_cost) {
    return {};
  }
  const double more = update.media_cost - session.media_cost;
  if (session.media_cost == 0) {
    const auto worker = media_budget_.choose(more, session.worker);
    if (!worker) {
      return tl::unexpected<Error>(worker.error());
    }
    update.media_worker = *worker;
  } else if (auto refused = media_budget_.refuse(more, session.media_worker)) {
    return tl::unexpected<Error>(std::move(*refused));
  }
  update.media_added = more;
  media_budget_.commit(more, update.media_worker);
  return {};
}

double SessionManager::media_cost(const SessionRequest& request, std::span<const PlacedLeg> legs) const {
  return dataplane_.media_cost(build_spec(request, legs, {}));
}

Expected<void> SessionManager::place_added_legs(const Session& session, PendingUpdate& update) {
  std::uint16_t last = session.last_leg_number;
  for (const LegRequest& leg : update.request->legs) {
    if (const PlacedLeg* existing = placed_leg(session, leg.id)) {
      update.legs.push_back(*existing);
      continue;
    }
    if (auto refused = admission_.refuse_leg(session.worker)) {
      return tl::unexpected<Error>(std::move(*refused));
    }
    auto lease = placement_.place_leg(session.worker, leg);
    if (!lease) {
      return tl::unexpected<Error>(std::move(lease.error()));
    }
    update.added.push_back(*lease);
    last = next_leg_number(session, update, last);
    update.legs.push_back({last, *lease});
  }
  return {};
}

}  // namespace pollux::control
