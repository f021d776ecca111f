// From a session's wish and its place to what the data plane is told.
#pragma once

#include <span>

#include "controlplane/session/session_store.hpp"
#include "dataplane/api/session_spec.hpp"

namespace pollux::control {

struct SessionWorkers {
  std::uint16_t relay = 0;
  std::uint16_t media = 0;
};

// Pre: `request` passed check_session(); `legs` are its legs' places, in order.
SessionSpec build_spec(const SessionRequest& request, std::span<const PlacedLeg> legs,
                       SessionWorkers workers);

}  // namespace pollux::control
