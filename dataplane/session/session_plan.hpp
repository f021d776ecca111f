// A change of a session, made ready by control and carried out by the session's worker.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "dataplane/api/dtmf_injection.hpp"
#include "dataplane/base/static_vector.hpp"
#include "dataplane/session/dtmf_leg.hpp"
#include "dataplane/session/endpoint_table.hpp"
#include "dataplane/session/media_route.hpp"
#include "dataplane/session/session.hpp"

namespace pollux::session {

// What one leg is to become.
struct LegPlan {
  Leg* leg = nullptr;
  const LegSpec* spec = nullptr;     // what the leg is to be; control keeps it as long as the leg has it
  std::unique_ptr<Routing> routing;  // after apply(): the former one, for control to free
  Protection protection = Protection::kNone;
  // Contexts that the leg is to have; 0: no key.
  crypto::ContextId srtp_in = 0;
  crypto::ContextId srtp_out = 0;
  bool keeps_former_in = false;  // the key received with until now stays good beside srtp_in
  bool added = false;
  bool rewrites = false;     // a media path leads to it
  bool owns_stream = false;  // a leg that is listened to, and no other, leads to it
  // Key presses; of legs with codecs.
  std::unique_ptr<DtmfLeg> dtmf;              // for a leg that had none
  std::unique_ptr<DtmfHold> dtmf_hold;        // for one that had no room to hold packets back
  std::optional<DtmfSettings> dtmf_settings;  // nullopt: without codecs
  bool changes_listener = false;
  bool changes_tones = false;
  std::unique_ptr<media::ToneListener> listener;  // after apply(): the former one, for control to free
  std::unique_ptr<media::ToneSource> tones;       // likewise
  // After apply(): contexts that the leg has no more, for control to release.
  StaticVector<crypto::ContextId, 3> retired_in;
  crypto::ContextId retired_out = 0;
};

// kDtmf: key presses for a leg. kForgetKeys: the former keys of the plan's legs stop being good.
enum class PlanKind : std::uint8_t { kAdd, kUpdate, kRemove, kCapture, kForgetKeys, kDtmf };

// Built by control with all the memory it needs; apply() only writes and swaps. Travels to the worker and
// back as a pointer: whoever holds it may touch it, nobody else. Adding, changing, capturing and removing a
// session are the same thing.
struct SessionPlan {
  PlanKind kind = PlanKind::kAdd;
  Session* session = nullptr;
  std::uint64_t token = 0;
  std::uint64_t events_before = 0;  // events that the worker had raised when it had carried the plan out
  std::uint32_t media_timeout_ms = 0;
  std::vector<LegPlan>
      legs;  // of the session as it is to be, for kAdd and kUpdate; some of it for kForgetKeys
  std::vector<Leg*> session_legs;  // the same legs, to become Session::legs; after apply(): the former list
  CaptureOrder capture;            // for kCapture
  DtmfInjection injection;         // for kDtmf
  bool refused = false;            // for kDtmf, set by the worker: the leg's queue had no room
  // Media routes that the session will no longer have: the plan is carried out when they are closed.
  std::vector<MediaRoute*> closing;
  std::size_t open_routes = 0;                      // of them
  std::vector<std::unique_ptr<MediaRoute>> closed;  // those of `closing` that control is to free (kUpdate)
  std::vector<std::unique_ptr<Leg>> removed;        // no longer reachable after apply(); for control to free
  std::shared_ptr<const SessionSpec> former_spec;   // that the legs have until apply()
};

// Makes the session what the plan says, between two batches of packets. Thread: the session's worker. Bounded
// by kMaxLegs; no heap.
void apply(SessionPlan& plan, EndpointTable& table, crypto::Engine& srtp, std::uint64_t now_tsc,
           std::uint64_t now_ms);

}  // namespace pollux::session
