// Builds sessions and plans of change from what the control plane asks for.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "dataplane/api/session_spec.hpp"
#include "dataplane/base/expected.hpp"
#include "dataplane/base/random_source.hpp"
#include "dataplane/base/shared_lists.hpp"
#include "dataplane/io/interface_table.hpp"
#include "dataplane/session/endpoint_pool.hpp"
#include "dataplane/session/port_ownership.hpp"
#include "dataplane/session/session_plan.hpp"
#include "dataplane/worker/dtmf_planner.hpp"
#include "dataplane/worker/leg_keys.hpp"
#include "dataplane/worker/media_planner.hpp"
#include "dataplane/worker/shared_tables.hpp"

namespace pollux::worker {

// What only sessions with SRTP have.
struct SessionKeys {
  std::vector<LegKeys> legs;  // in the order of SessionRecord::legs; empty: no leg has any now
  RetiredKeys retired;
  std::vector<std::pair<const session::Leg*, LegKeys>> removed;  // of legs that the plan under way removes
};

// What only sessions with codecs have.
struct SessionMedia {
  MediaRecords routes;
  std::vector<DtmfRecord> dtmf;  // in the order of SessionRecord::legs; empty: no leg has codecs now
};

// A session with everything it owns, as control keeps it. The legs belong to the worker while the session is
// linked.
struct SessionRecord {
  session::Session session;
  std::vector<std::unique_ptr<session::Leg>> legs;  // in the order of spec.legs
  std::unique_ptr<SessionKeys> keys;                // nullptr: no leg has had any
  std::unique_ptr<SessionMedia> media;              // nullptr: no leg has had codecs
  std::shared_ptr<const SessionSpec> spec;          // last asked for; nullptr: nothing yet
  bool busy = false;                                // a plan is under way, other than for a capture
  bool removing = false;                            // that plan is its last

  std::span<const std::unique_ptr<MediaRecord>> routes() const {
    return media != nullptr ? std::span<const std::unique_ptr<MediaRecord>>(media->routes)
                            : std::span<const std::unique_ptr<MediaRecord>>();
  }
  std::span<LegKeys> leg_keys() const {
    return keys != nullptr ? std::span(keys->legs) : std::span<LegKeys>();
  }
  // Also of a leg that is being removed; nullptr: it is gone, or no leg has any.
  LegKeys* keys_of(const session::Leg* leg);
};

// Thread: control. Owns no sessions; hands out endpoints and takes them back.
class SessionBuilder {
 public:
  // All references outlive the builder. `offload` tells by DPDK port id whether the device makes UDP check
  // sums.
  SessionBuilder(const io::InterfaceTable& interfaces, session::EndpointPool& pool,
                 const session::PortOwnership& ownership, KeyMaker& keys, std::uint16_t workers,
                 std::vector<bool> offload);

  // What is wrong with `spec`, whatever sessions exist.
  Expected<void> check(const SessionSpec& spec) const;

  // The plan that turns `record` into `spec`; new legs are in record.legs already when it succeeds, removed
  // ones in the plan. On error nothing has changed. Pre: check(spec) passed.
  Expected<std::unique_ptr<session::SessionPlan>> plan(SessionRecord& record, const SessionSpec& spec,
                                                       session::PlanKind kind, std::uint64_t token,
                                                       std::uint64_t now_ms);

  // Gives local ports and endpoints of a leg back. Pre: no worker knows it any more. The endpoints, which
  // hold the statistics, may go later than the ports.
  void release(session::Leg& leg);
  void release_ports(const session::Leg& leg);
  void release_endpoints(session::Leg& leg);
  KeyMaker& keys() { return keys_; }

 private:
  static constexpr std::size_t kPorts = 65536;
  Expected<void> check_leg(const SessionSpec& spec, std::size_t index) const;
  static Expected<void> check_protection(const SessionSpec& spec, std::size_t index);
  Expected<std::unique_ptr<session::Leg>> make_leg(SessionRecord& record, const LegSpec& spec,
                                                   std::size_t index);
  std::array<char, 16> make_cname();
  session::Endpoint* make_endpoint(std::uint16_t local_address, std::uint16_t port);
  static Expected<void> check_codecs(const SessionSpec& spec, std::size_t index);
  std::unique_ptr<session::Routing> make_routing(const LegSpec& from, const SessionSpec& spec,
                                                 const std::vector<session::Leg*>& legs,
                                                 const MediaRecords& media);
  void release_all(std::vector<std::unique_ptr<session::Leg>>& legs);
  bool taken(std::uint16_t local_address, std::uint16_t port) const;
  void mark(std::uint16_t local_address, std::uint16_t port, bool used);

  const io::InterfaceTable& interfaces_;
  session::EndpointPool& pool_;
  const session::PortOwnership& ownership_;
  KeyMaker& keys_;
  const std::uint16_t workers_;
  const std::vector<bool> offload_;
  MediaPlanner media_;
  SharedTables tables_;
  SharedLists<std::uint16_t> sinks_;
  std::vector<bool> ports_in_use_;  // [local address][port]
  RandomSource random_;             // SSRCs and first sequence numbers must not be guessable (RFC 3550 §5.1)
};

}  // namespace pollux::worker
