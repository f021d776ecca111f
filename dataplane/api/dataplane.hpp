// The only door between control plane and data plane.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "dataplane/api/dataplane_config.hpp"
#include "dataplane/api/event.hpp"
#include "dataplane/api/session_spec.hpp"
#include "dataplane/api/stats.hpp"
#include "dataplane/base/expected.hpp"

namespace pollux {

struct WorkerInfo {
  std::uint16_t index = 0;
  unsigned cpu = 0;
  WorkerRoles roles;
};

// The running data plane: EAL, ports, workers and the host thread.
//
// Threads: add_session, update_session, remove_session, poll_events and session_stats belong to one thread,
// the control thread. port_owner, workers and stats may be called from any thread. At most one Dataplane
// lives in a process at a time, and EAL can be initialised only once: a second start() in the same process
// reuses it.
class Dataplane {
 public:
  // Initialises EAL, opens the ports, starts host thread and workers. Takes up to some seconds. On error
  // nothing is left running. Errors name the field of the config ("ports[1].device") where there is one.
  static Expected<std::unique_ptr<Dataplane>> start(const DataplaneConfig& config);

  // Stops workers, closes devices. Sessions that still exist are discarded without a BYE: remove them first.
  virtual ~Dataplane() = default;
  Dataplane(const Dataplane&) = delete;
  Dataplane& operator=(const Dataplane&) = delete;

  // Builds the session and posts it to its worker. It takes effect when kSessionLinked with `token` is
  // polled. Errors: kInvalidArgument (field names the leg), kAlreadyExists (a local port is taken),
  // kExhausted.
  virtual Expected<SessionHandle> add_session(const SessionSpec& spec, std::uint64_t token) = 0;

  // Makes the session what `spec` says; legs are matched by id: same id and local ports = changed in place,
  // with counters and learned source kept (unless remote_rtp changes), missing = removed, new = added.
  // `worker` can't change. Takes effect, all at once, when kSessionUpdated with `token` is polled; at most
  // one update per session may be under way (kUnavailable otherwise).
  virtual Expected<void> update_session(SessionHandle session, const SessionSpec& spec,
                                        std::uint64_t token) = 0;

  // Unlinks the session; its last statistics stay readable until kSessionUnlinked with `token` has been
  // polled and poll_events has been called again.
  virtual Expected<void> remove_session(SessionHandle session, std::uint64_t token) = 0;

  // Fills `events` with what has happened, oldest first per worker, and says how many. Never blocks.
  virtual std::size_t poll_events(std::span<Event> events) = 0;

  virtual Expected<SessionStats> session_stats(SessionHandle session) const = 0;

  // Index of the worker to which packets for this local UDP port are delivered. Cost: one table look-up.
  virtual std::uint16_t port_owner(std::uint16_t udp_port) const = 0;
  virtual std::span<const WorkerInfo> workers() const = 0;
  virtual NodeStats stats() const = 0;

 protected:
  Dataplane() = default;
};

}  // namespace pollux
