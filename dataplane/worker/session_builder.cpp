#include "dataplane/worker/session_builder.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "dataplane/session/clocks.hpp"
#include "dataplane/session/payload_types.hpp"

namespace pollux::worker {

namespace {

tl::unexpected<Error> bad_leg(std::size_t index, const char* name, std::string message) {
  return fail(ErrorCode::kInvalidArgument, "INVALID_FIELD", "legs[" + std::to_string(index) + "]." + name,
              std::move(message));
}

const LegSpec* find_leg(const SessionSpec& spec, std::uint16_t id) {
  const auto found =
      std::find_if(spec.legs.begin(), spec.legs.end(), [id](const LegSpec& leg) { return leg.id == id; });
  return found == spec.legs.end() ? nullptr : &*found;
}

// Whether the leg can become what is wanted: with the ports that it has, all of them in use or not.
bool has_ports_of(const session::Leg& leg, const LegSpec& now, const LegSpec& wanted) {
  return now.local_address == wanted.local_address && now.local_rtp_port == wanted.local_rtp_port &&
         (wanted.rtcp_mux() ||
          (leg.rtcp_apart != nullptr && leg.rtcp_apart->local_port == wanted.local_rtcp_port));
}

}  // namespace

LegKeys* SessionRecord::keys_of(const session::Leg* leg) {
  if (keys == nullptr) {
    return nullptr;
  }
  for (std::size_t i = 0; i < keys->legs.size(); ++i) {
    if (legs[i].get() == leg) {
      return &keys->legs[i];
    }
  }
  for (auto& [removed, its_keys] : keys->removed) {
    if (removed == leg) {
      return &its_keys;
    }
  }
  return nullptr;
}

SessionBuilder::SessionBuilder(const io::InterfaceTable& interfaces, session::EndpointPool& pool,
                               const session::PortOwnership& ownership, KeyMaker& keys, std::uint16_t workers,
                               std::vector<bool> offload)
    : interfaces_(interfaces),
      pool_(pool),
      ownership_(ownership),
      keys_(keys),
      workers_(workers),
      offload_(std::move(offload)),
      ports_in_use_(std::size_t{interfaces.local_count()} * kPorts) {}

Expected<void> SessionBuilder::check(const SessionSpec& spec) const {
  if (spec.worker >= workers_) {
    return fail(ErrorCode::kInvalidArgument, "INVALID_FIELD", "worker", "there is no such worker");
  }
  if (spec.legs.empty() || spec.legs.size() > kMaxLegs) {
    return fail(ErrorCode::kInvalidArgument, "INVALID_FIELD", "legs",
                "a session has 1 to " + std::to_string(kMaxLegs) + " legs");
  }
  if (spec.media_worker >= workers_) {
    return fail(ErrorCode::kInvalidArgument, "INVALID_FIELD", "media_worker", "there is no such worker");
  }
  for (std::size_t i = 0; i < spec.legs.size(); ++i) {
    if (auto checked = check_leg(spec, i); !checked) {
      return checked;
    }
  }
  return {};
}

Expected<void> SessionBuilder::check_leg(const SessionSpec& spec, std::size_t index) const {
  const LegSpec& leg = spec.legs[index];
  if (find_leg(spec, leg.id) != &leg) {
    return bad_leg(index, "id", "another leg has the same id");
  }
  const std::uint16_t local = interfaces_.find_local(leg.local_address);
  if (local == io::InterfaceTable::kNone) {
    return bad_leg(index, "local_address", leg.local_address.to_string() + " is no address of this node");
  }
  const std::uint16_t device = interfaces_.interface(interfaces_.local(local).interface).port_id;
  for (const std::uint16_t port : {leg.local_rtp_port, leg.local_rtcp_port}) {
    if (port == 0 || ownership_.owner(device, !leg.local_address.is_v4(), port) != spec.worker) {
      return bad_leg(index, "local_rtp_port",
                     "port " + std::to_string(port) + " doesn't belong to the session's worker");
    }
  }
  for (const auto& remote : {leg.remote_rtp, leg.remote_rtcp}) {
    if (remote && (remote->ip.is_v4() != leg.local_address.is_v4() || remote->port == 0)) {
      return bad_leg(index, "remote_rtp",
                     remote->to_string() + " can't be reached from " + leg.local_address.to_string());
    }
  }
  for (const auto& mapping : leg.payload_types) {
    if (mapping.wire > 127 || mapping.common > 127 ||
        (mapping.clock_rate != 0 && !session::clock_index(mapping.clock_rate))) {
      return bad_leg(index, "payload_types", "payload types are 0..127, with a clock rate that RTP uses");
    }
  }
  for (const std::uint16_t sink : leg.sinks) {
    if (sink == leg.id || find_leg(spec, sink) == nullptr) {
      return bad_leg(index, "sinks", "a sink is another leg of the session");
    }
  }
  if (leg.dscp > 63) {
    return bad_leg(index, "dscp", "allowed are 0..63");
  }
  if (auto checked = check_codecs(spec, index); !checked) {
    return checked;
  }
  return check_protection(spec, index);
}

Expected<void> SessionBuilder::check_codecs(const SessionSpec& spec, std::size_t index) {
  const LegSpec& leg = spec.legs[index];
  if (!leg.codecs.empty() && (leg.srtp_passthrough || !leg.payload_types.empty())) {
    return bad_leg(index, "codecs", "goes without a payload-type map and without SRTP that passes through");
  }
  for (const CodecFormat& format : leg.codecs) {
    if (format.payload_type > 127 || !session::clock_index(format.params.clock_rate)) {
      return bad_leg(index, "codecs", "payload types are 0..127, with a clock rate that RTP uses");
    }
  }
  if (leg.ptime_ms > kMaxPtimeMs || leg.jitter_window_ms > kMaxJitterWindowMs) {
    return bad_leg(index, "ptime_ms", "packets hold at most 120 ms, and wait at most 500 ms");
  }
  for (const std::uint16_t sink : leg.sinks) {
    if (find_leg(spec, sink)->codecs.empty() != leg.codecs.empty()) {
      return bad_leg(index, "codecs", "a leg and its sinks have codec lists together, or not at all");
    }
  }
  return {};
}

// SRTP that nobody here has a key of can't be changed, and its receiver has to have the key.
Expected<void> SessionBuilder::check_protection(const SessionSpec& spec, std::size_t index) {
  const LegSpec& leg = spec.legs[index];
  if (leg.srtp_passthrough &&
      (leg.srtp() || leg.stream_mode != StreamMode::kPreserve || !leg.payload_types.empty())) {
    return bad_leg(index, "srtp_passthrough", "goes without keys, kRewrite and a payload-type map");
  }
  for (const std::uint16_t sink : leg.sinks) {
    if (find_leg(spec, sink)->srtp_passthrough != leg.srtp_passthrough) {
      return bad_leg(index, "srtp_passthrough",
                     "a leg and its sinks pass SRTP through together, or not at all");
    }
  }
  return {};
}

std::unique_ptr<session::Routing> SessionBuilder::make_routing(const LegSpec& from, const SessionSpec& spec,
                                                               const std::vector<session::Leg*>& legs,
                                                               const MediaRecords& media) {
  auto routing = std::make_unique<session::Routing>();
  for (const std::uint16_t sink : from.sinks) {
    const auto position = static_cast<std::size_t>(find_leg(spec, sink) - spec.legs.data());
    const LegSpec& to = spec.legs[position];
    const session::PayloadTypeTable* payload_types = &session::identity_payload_types();
    session::MediaRoute* route = nullptr;
    if (!from.codecs.empty()) {
      for (const auto& record : media) {
        if (record->from_leg == from.id && record->to_leg == to.id) {
          route = record->route.get();
        }
      }
      session::PayloadTypeTable table;
      session::build_codec_payload_types(media::plan_route(wishes_between(from, to)), listens(spec, from),
                                         table);
      routing->tables.push_back(tables_.share(table));
      payload_types = routing->tables.back().get();
    } else if (!from.payload_types.empty() || !to.payload_types.empty()) {
      session::PayloadTypeTable table;
      session::build_payload_types(from.payload_types.span(), to.payload_types.span(), table);
      routing->tables.push_back(tables_.share(table));
      payload_types = routing->tables.back().get();
    }
    routing->routes.push_back({legs[position], payload_types, route});
    if (routing->routes.size() > 1) {
      routing->more_sinks.push_back({legs[position]->rtp, payload_types});
    }
  }
  if (from.sinks.empty() && !from.codecs.empty()) {
    // Its presses are reported though its media goes nowhere.
    session::PayloadTypeTable table;
    session::build_codec_payload_types(media::plan_route({.from = from.codecs.span(), .to = {}}),
                                       listens(spec, from), table);
    routing->tables.push_back(tables_.share(table));
  }
  return routing;
}

Expected<std::unique_ptr<session::SessionPlan>> SessionBuilder::plan(SessionRecord& record,
                                                                     const SessionSpec& spec,
                                                                     session::PlanKind kind,
                                                                     std::uint64_t token,
                                                                     std::uint64_t now_ms) {
  auto plan = std::make_unique<session::SessionPlan>();
  plan->kind = kind;
  plan->session = &record.session;
  plan->token = token;
  plan->media_timeout_ms = spec.media_timeout_ms;

  // Legs that stay, and new ones; the record is touched only when all of them could be made.
  std::vector<std::unique_ptr<session::Leg>> added(spec.legs.size());
  std::vector<std::size_t> kept(spec.legs.size(), record.legs.size());
  for (std::size_t i = 0; i < spec.legs.size(); ++i) {
    for (std::size_t k = 0; k < record.legs.size(); ++k) {
      if (record.spec->legs[k].id == spec.legs[i].id &&
          has_ports_of(*record.legs[k], record.spec->legs[k], spec.legs[i])) {
        kept[i] = k;
      }
    }
    if (kept[i] == record.legs.size()) {
      auto leg = make_leg(record, spec.legs[i], i);
      if (!leg) {
        release_all(added);
        return tl::unexpected(std::move(leg.error()));
      }
      added[i] = std::move(*leg);
    }
  }
  std::vector<session::Leg*> all_legs;
  for (std::size_t i = 0; i < spec.legs.size(); ++i) {
    all_legs.push_back(added[i] != nullptr ? added[i].get() : record.legs[kept[i]].get());
  }
  SessionMedia no_media;
  SessionMedia& former_media = record.media != nullptr ? *record.media : no_media;
  MediaRecords media;
  std::vector<const MediaRecord*> kept_media;
  if (auto planned = media_.plan(former_media.routes, spec, all_legs, media, kept_media); !planned) {
    release_all(added);
    return tl::unexpected(std::move(planned.error()));
  }
  std::vector<session::LegPlan> leg_plans(spec.legs.size());
  std::vector<DtmfRecord> dtmf(spec.legs.size());
  for (std::size_t i = 0; i < spec.legs.size(); ++i) {
    if (added[i] == nullptr && !former_media.dtmf.empty()) {
      dtmf[i] = former_media.dtmf[kept[i]];
    }
    if (auto planned = plan_dtmf(spec, i, *all_legs[i], dtmf[i], leg_plans[i]); !planned) {
      release_all(added);
      return tl::unexpected(std::move(planned.error()));
    }
  }
  static const LegKeys kNone;
  static const RetiredKeys kNoneRetired;
  const std::span<LegKeys> former_keys = record.leg_keys();
  const auto keys_of = [&](std::size_t i) -> const LegKeys& {
    return added[i] != nullptr || former_keys.empty() ? kNone : former_keys[kept[i]];
  };
  for (std::size_t i = 0; i < spec.legs.size(); ++i) {
    const std::string path = "legs[" + std::to_string(i) + "]";
    const RetiredKeys& retired = record.keys != nullptr ? record.keys->retired : kNoneRetired;
    if (auto planned = keys_.plan(keys_of(i), former_keys, retired, spec.legs[i], path, leg_plans[i]);
        !planned) {
      for (std::size_t made = 0; made < i; ++made) {
        keys_.discard(keys_of(made), leg_plans[made]);
      }
      release_all(added);
      return tl::unexpected(std::move(planned.error()));
    }
  }
  auto shared = std::make_shared<SessionSpec>(spec);
  for (LegSpec& leg : shared->legs) {
    leg.sinks = sinks_.share(leg.sinks);
  }
  std::shared_ptr<const SessionSpec> wanted = std::move(shared);
  std::vector<std::unique_ptr<session::Leg>> legs;
  std::vector<LegKeys> keys;
  for (std::size_t i = 0; i < spec.legs.size(); ++i) {
    const bool is_new = added[i] != nullptr;
    session::LegPlan& leg_plan = leg_plans[i];
    leg_plan.added = is_new;
    legs.push_back(is_new ? std::move(added[i]) : std::move(record.legs[kept[i]]));
    keys.push_back(is_new || former_keys.empty() ? LegKeys{} : std::move(former_keys[kept[i]]));
    keys_.commit(keys.back(), spec.legs[i], leg_plan, now_ms);
    leg_plan.leg = legs.back().get();
    leg_plan.spec = &wanted->legs[i];
    plan->session_legs.push_back(leg_plan.leg);
    plan->legs.push_back(std::move(leg_plan));
  }
  for (auto& existing : former_media.routes) {
    if (std::ranges::find(kept_media, existing.get()) != kept_media.end()) {
      media.push_back(std::move(existing));
    } else {
      plan->closing.push_back(existing->route.get());
      plan->closed.push_back(std::move(existing->route));
    }
  }
  for (auto& leg_plan : plan->legs) {
    leg_plan.routing = make_routing(*leg_plan.spec, spec, plan->session_legs, media);
    leg_plan.rewrites =
        std::ranges::any_of(media, [&](const auto& route) { return route->to_leg == leg_plan.spec->id; });
    leg_plan.owns_stream = is_listened_to_only(spec, *leg_plan.spec);
  }
  for (std::size_t i = 0; i < record.legs.size(); ++i) {
    if (record.legs[i]) {
      if (!former_keys.empty()) {
        record.keys->removed.emplace_back(record.legs[i].get(), std::move(former_keys[i]));
      }
      plan->removed.push_back(std::move(record.legs[i]));
    }
  }
  record.legs = std::move(legs);
  if (std::ranges::all_of(keys, &LegKeys::none)) {
    keys.clear();
  }
  if (record.keys == nullptr && !keys.empty()) {
    record.keys = std::make_unique<SessionKeys>();
  }
  if (record.keys != nullptr) {
    record.keys->legs = std::move(keys);
  }
  if (std::ranges::all_of(dtmf, &DtmfRecord::none)) {
    dtmf.clear();
  }
  if (record.media == nullptr && !(media.empty() && dtmf.empty())) {
    record.media = std::make_unique<SessionMedia>();
  }
  if (record.media != nullptr) {
    *record.media = {std::move(media), std::move(dtmf)};
  }
  plan->former_spec = std::exchange(record.spec, std::move(wanted));
  return plan;
}

}  // namespace pollux::worker
