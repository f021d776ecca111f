// The only door between control plane and data plane.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "dataplane/api/capture.hpp"
#include "dataplane/api/dataplane_config.hpp"
#include "dataplane/api/dtmf_injection.hpp"
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
// Threads: add_session, update_session, remove_session, poll_events, inject_dtmf, session_stats,
// set_learning, set_max_packets_per_second, start_capture and stop_capture belong to one thread, the control
// thread; take_captured to one thread at a time. port_owner, workers and stats may be called from any thread.
// At most one Dataplane lives in a process at a time, and EAL can be initialised only once: a second start()
// in the same process reuses it.
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

  // Queues presses, all or none; takes effect when kDtmfInjected with `token` is polled, which says whether
  // the queue had room. Errors: kNotFound (SESSION_UNKNOWN, LEG_UNKNOWN), kInvalidArgument (DTMF_NO_CODECS:
  // the leg has no codec list), kUnavailable (WORKER_BUSY).
  virtual Expected<void> inject_dtmf(SessionHandle session, const DtmfInjection& injection,
                                     std::uint64_t token) = 0;

  // Fills `events` with what has happened, oldest first per worker, and says how many. Never blocks.
  virtual std::size_t poll_events(std::span<Event> events) = 0;

  virtual Expected<SessionStats> session_stats(SessionHandle session) const = 0;

  // What endpoint learning does from now on, with running sessions too.
  virtual void set_learning(const LearningConfig& learning) = 0;
  // DataplaneConfig::max_packets_per_second from now on, likewise. Pre: at most kMostPacketsPerSecond.
  virtual void set_max_packets_per_second(std::uint32_t packets) = 0;

  // Begins to copy packets; copies are taken with take_captured(). Errors: kNotFound (SESSION_UNKNOWN),
  // kAlreadyExists (CAPTURE_EXISTS: the session is being captured), kExhausted (CAPTURES_EXHAUSTED),
  // kUnavailable (WORKER_BUSY). A capture of a session ends with it, but has to be stopped all the same.
  virtual Expected<CaptureId> start_capture(const CaptureSpec& spec) = 0;
  // Ends it; copies made already may still come. Unknown ids are ignored.
  virtual void stop_capture(CaptureId capture) = 0;
  // Appends at most `most` copies to `packets`, those of one worker in order, and says how many. Never
  // blocks. Copies that found no room before anybody took them are counted in WorkerStats::capture_lost.
  virtual std::size_t take_captured(std::vector<CapturedPacket>& packets, std::size_t most) = 0;

  // What the session's media paths will cost their media worker, as shares of one core: by the codecs' costs.
  // 0: nothing has to be decoded or encoded. Any thread.
  virtual double media_cost(const SessionSpec& spec) const = 0;
  // By codec that this build has, in the order of CodecId; without comfort noise and events. Any thread.
  virtual std::span<const CodecCost> codec_costs() const = 0;

  // Index of the worker that owns this UDP port of a local address: whom the address's device delivers its
  // packets to, where it can be steered. Cost: two table look-ups.
  virtual std::uint16_t port_owner(const IpAddress& local, std::uint16_t udp_port) const = 0;
  virtual std::span<const WorkerInfo> workers() const = 0;
  virtual NodeStats stats() const = 0;

 protected:
  Dataplane() = default;
};

}  // namespace pollux
