// A way from one leg to another on which media is re-packetized or transcoded.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "dataplane/api/session_spec.hpp"
#include "dataplane/base/counter.hpp"
#include "dataplane/media/path.hpp"
#include "dataplane/session/endpoint.hpp"
#include "dataplane/session/timing_wheel.hpp"

namespace pollux::session {

struct SessionPlan;

// Lives as long as its session's plans say. While it is open the path belongs to one thread: the session's
// worker where `in_line`, the media worker otherwise. The session's worker gives it away with packets and
// with the order to close, and may let go of it when it comes back closed.
struct MediaRoute {
  // set by control before the worker sees it
  std::unique_ptr<media::Path> path;
  Endpoint* source = nullptr;  // RTP ports of the two legs
  Endpoint* sink = nullptr;
  std::uint16_t worker = 0;        // the session's
  std::uint16_t media_worker = 0;  // that runs the path
  bool in_line = true;             // the session's worker runs it itself, packet by packet
  std::uint8_t clock = 0;          // of what it sends: index into kClockRates
  std::uint32_t ssrc = 0;          // tells its packets from those of the source in the sink's stream

  // Of the thread that runs the path.
  Timer timer{.kind = TimerKind::kMediaRoute};

  // Of the session's worker. Packets that come while the path is being closed wait here for what follows it.
  static constexpr std::size_t kMostHeld = 64;
  SessionPlan* closing_for = nullptr;  // set: no packet may go to the path any more
  bool closed = false;
  std::uint16_t held_count = 0;
  std::array<void*, kMostHeld> held;  // mbufs, RTP at their start
  MediaRoute* next = nullptr;         // in a list of those whose ring was full

  // written by: the thread that runs the path; read by: control
  Counter busy_cycles;
};

// The route that a timer of kind kMediaRoute lies in.
inline MediaRoute& media_route_of(Timer& timer) {
  return *reinterpret_cast<MediaRoute*>(reinterpret_cast<std::byte*>(&timer) - offsetof(MediaRoute, timer));
}

}  // namespace pollux::session
