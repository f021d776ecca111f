// A session whose parties both talk, and ways to break it.
#pragma once

#include <string>
#include <vector>

#include "controlplane/cli/verdict.hpp"
#include "tests/unit/cli/messages.hpp"

namespace pollux::cli {

inline v1::Session talking() {
  return message<v1::Session>(R"(
    session_id: "call-1"
    spec { legs { leg_id: "a" remote_rtp { address: "192.0.2.7" port: 40000 } }
           legs { leg_id: "b" remote_rtp { address: "198.51.100.7" port: 5004 } } }
    state {
      legs { leg_id: "a" port: "p0" link_up: true quality { expected: 100 }
             rtp { local { address: "192.0.2.1" port: 20000 }
                   destination { address: "192.0.2.7" port: 40000 } source_confirmed: true
                   rx_packets: 100 tx_packets: 99 last_rx_age { nanos: 20000000 }
                   next_hop: NEXT_HOP_RESOLVED }
             rtcp { local { address: "192.0.2.1" port: 20001 } } }
      legs { leg_id: "b" port: "p1" link_up: true quality { expected: 99 }
             rtp { local { address: "10.0.0.1" port: 20002 }
                   destination { address: "198.51.100.7" port: 5004 } source_confirmed: true
                   rx_packets: 99 tx_packets: 100 last_rx_age { nanos: 10000000 }
                   next_hop: NEXT_HOP_RESOLVED }
             rtcp { local { address: "10.0.0.1" port: 20003 } } }
    })");
}

inline v1::LegState& state(v1::Session& session, int leg) {
  return *session.mutable_state()->mutable_legs(leg);
}

inline v1::StreamState& rtp(v1::Session& session, int leg) {
  return *state(session, leg).mutable_rtp();
}

inline v1::StreamQuality& quality(v1::Session& session, int leg) {
  return *state(session, leg).mutable_quality();
}

inline void drop(v1::Session& session, int leg, const std::string& reason, std::uint64_t packets) {
  auto* counter = state(session, leg).add_drops();
  counter->set_reason(reason);
  counter->set_packets(packets);
  counter->set_help("help of " + reason);
}

// The leg's party has never sent anything that was believed.
inline void never_heard(v1::Session& session, int leg) {
  rtp(session, leg).clear_rx_packets();
  rtp(session, leg).clear_last_rx_age();
  rtp(session, leg).set_source_confirmed(false);
  state(session, leg).clear_quality();
}

inline std::vector<std::string> lines(const v1::Session& session) {
  std::vector<std::string> result;
  for (const auto& verdict : verdicts(session)) {
    result.push_back(verdict.line());
  }
  return result;
}

}  // namespace pollux::cli
