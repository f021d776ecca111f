// Key presses: those that clients order, and those that the data plane reports.
#include <algorithm>

#include "controlplane/session/dtmf_rules.hpp"
#include "controlplane/session/session_failures.hpp"
#include "controlplane/session/session_manager.hpp"

namespace pollux::control {

namespace {

std::optional<std::size_t> leg_index(const Session& session, const std::string& leg_id) {
  const auto& legs = session.request->legs;
  const auto found = std::ranges::find(legs, leg_id, &LegRequest::id);
  return found == legs.end() ? std::nullopt : std::optional(static_cast<std::size_t>(found - legs.begin()));
}

Failure wrong_leg(std::string description) {
  return invalid_fields({{"leg_id", std::move(description)}});
}

Failure no_codecs(const std::string& leg_id) {
  return wrong_leg("leg " + shown(leg_id) +
                   " has no codecs, and so no key presses: Update it with what its party takes and sends");
}

// What of the presses the leg's party can't be sent; they are sent all or none.
std::optional<Failure> not_for_leg(const LegRequest& leg, const DtmfInjection& injection) {
  const DtmfSend send = resolve_send(leg.codecs, leg.dtmf.send);
  for (std::size_t i = 0; i < injection.events.size(); ++i) {
    const std::uint8_t event = injection.events[i];
    std::string why;
    if (send == DtmfSend::kInBand && !is_digit(event)) {
      why = "is no digit, and has no tones: leg " + shown(leg.id) + " gets its presses in-band";
    } else if (send == DtmfSend::kRfc4733 &&
               std::none_of(leg.codecs.begin(), leg.codecs.end(), [event](const CodecFormat& format) {
                 return format.params.id == CodecId::kTelephoneEvent && takes_event(format.params, event);
               })) {
      why = "is event " + std::to_string(event) + ", which the telephone-event of leg " + shown(leg.id) +
            " doesn't take: its fmtp says which it does";
    }
    if (!why.empty()) {
      return invalid_fields(
          {{"digits[" + std::to_string(i) + "]", std::string(1, dtmf_letter(event)) + " " + why}});
    }
  }
  return std::nullopt;
}

Failure queue_full(const std::string& leg_id, std::size_t presses, bool by_party) {
  const std::string leg =
      by_party ? "a leg that gets the presses of leg " + shown(leg_id) : "leg " + shown(leg_id);
  return make_failure(ErrorCode::kExhausted, "DTMF_QUEUE_FULL",
                      leg + " has no room for " + std::to_string(presses) + " more presses: at most " +
                          std::to_string(kMaxQueuedPresses) +
                          " wait; none of these was taken, try again when some have been sent");
}

// What the data plane itself refuses.
Failure not_taken(Error error, const std::string& id, const std::string& leg_id) {
  if (error.code == ErrorCode::kUnavailable) {
    return make_failure(error.code, "NODE_BUSY", "the worker takes no more commands now: try again");
  }
  if (error.code == ErrorCode::kNotFound) {
    return error.cause == "LEG_UNKNOWN" ? unknown_leg(id, leg_id) : unknown_session(id);
  }
  return make_failure(ErrorCode::kInternal, "INTERNAL", std::move(error.message));
}

}  // namespace

void SessionManager::inject_dtmf(const std::string& id, const std::string& leg_id,
                                 const DtmfInjection& injection, const InjectCallback& callback) {
  if (stopping_) {
    return callback(tl::unexpected(node_draining()));
  }
  Session* session = store_.find(id);
  if (session == nullptr) {
    return callback(tl::unexpected(unknown_session(id)));
  }
  if (session->queued.size() >= kMostWaiting || session->injections.size() >= kMostWaiting) {
    return callback(tl::unexpected(busy_session(id)));
  }
  if (session->busy()) {
    session->queued.push_back(
        [this, id, leg_id, injection, callback] { inject_dtmf(id, leg_id, injection, callback); });
    return;
  }
  const auto index = leg_index(*session, leg_id);
  if (!index) {
    return callback(tl::unexpected(unknown_leg(id, leg_id)));
  }
  const LegRequest& leg = session->request->legs[*index];
  if (leg.codecs.empty()) {
    return callback(tl::unexpected(no_codecs(leg_id)));
  }
  if (!injection.pressed_by_party && leg.dtmf.send == DtmfSend::kNone) {
    return callback(
        tl::unexpected(wrong_leg("leg " + shown(leg_id) + " has dtmf.send NONE: its party gets no presses")));
  }
  if (!injection.pressed_by_party) {
    if (auto failure = not_for_leg(leg, injection)) {
      return callback(tl::unexpected(std::move(*failure)));
    }
  }
  DtmfInjection placed = injection;
  placed.leg_id = session->legs[*index].number;
  const std::uint64_t token = ++last_token_;
  if (auto taken = dataplane_.inject_dtmf(session->handle, placed, token); !taken) {
    return callback(tl::unexpected(not_taken(std::move(taken.error()), id, leg_id)));
  }
  const bool believed = !injection.pressed_by_party || leg.dtmf.receive_sip_info != DtmfReceive::kOff;
  session->injections.push_back(
      {token, leg_id, injection.events.size(), injection.pressed_by_party, {believed}, callback});
  ++under_way_;
}

void SessionManager::dtmf_injected(Session& session, const Event& event) {
  const auto found = std::ranges::find(session.injections, event.token, &PendingInjection::token);
  if (found == session.injections.end()) {
    return;
  }
  const PendingInjection injection = session.injections.take(found);
  --under_way_;
  if (event.refused) {
    return injection.callback(
        tl::unexpected(queue_full(injection.leg_id, injection.presses, injection.by_party)));
  }
  injection.callback(injection.result);
}

void SessionManager::fail_injections(std::vector<PendingInjection> injections, const Failure& failure) {
  under_way_ -= injections.size();
  for (const PendingInjection& injection : injections) {
    injection.callback(tl::unexpected(failure));
  }
}

void SessionManager::block_dtmf(const std::string& id, const std::string& leg_id, DtmfBlock block,
                                const SessionCallback& callback) {
  if (stopping_) {
    return callback(tl::unexpected(node_draining()));
  }
  Session* session = store_.find(id);
  if (session == nullptr) {
    return callback(tl::unexpected(unknown_session(id)));
  }
  if (session->busy()) {
    return enqueue(*session, callback,
                   [this, id, leg_id, block, callback] { block_dtmf(id, leg_id, block, callback); });
  }
  const auto index = leg_index(*session, leg_id);
  if (!index) {
    return callback(tl::unexpected(unknown_leg(id, leg_id)));
  }
  if (session->request->legs[*index].codecs.empty()) {
    return callback(tl::unexpected(no_codecs(leg_id)));
  }
  LegPatch leg{leg_id, "leg_id", false, {}, LegRequest{}};
  leg.fields.set(LegField::kDtmfBlock);
  leg.values->dtmf.block = block;
  SessionPatch patch;
  patch.legs.push_back(std::move(leg));
  update(id, patch, callback);
}

void SessionManager::log_press(const Session& session, const Event& event) {
  const std::string leg_id = session.leg_name(event.leg_id);
  const auto index = leg_index(session, leg_id);
  LoggedEvent logged;
  logged.time = time_of(event);
  logged.type = LogEventType::kDtmf;
  logged.session_id = session.id;
  logged.leg_id = leg_id;
  logged.outgoing = event.outgoing;
  LoggedPress& press = logged.press.emplace();
  press.press = event.press;
  press.start = logged.time - std::chrono::milliseconds(event.press.began_ms_ago);
  if (index && event.press.phase == DtmfPhase::kEnd) {
    press.info_legs = info_legs(*session.request, session.request->legs[*index], event.outgoing);
  }
  events_.append(std::move(logged));
}

}  // namespace pollux::control
