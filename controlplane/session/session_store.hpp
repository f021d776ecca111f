// The sessions that exist, by id and by handle.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "controlplane/session/port_allocator.hpp"
#include "controlplane/session/rare_list.hpp"
#include "controlplane/session/session_types.hpp"
#include "controlplane/session/session_watch.hpp"

namespace pollux::control {

// Called on the control thread, exactly once.
using SessionCallback = std::function<void(SessionResult)>;

struct InjectedDtmf {
  bool believed = true;  // false: the party's presses by SIP INFO are ignored on this leg
};
// Called on the control thread, exactly once.
using InjectCallback = std::function<void(tl::expected<InjectedDtmf, Failure>)>;

// Which command is under way in the data plane. Commands to one session run one after another.
enum class Phase : std::uint8_t { kLinking, kRunning, kUpdating, kUnlinking };

struct PlacedLeg {
  std::uint16_t number = 0;  // the leg's id in the data plane; kept over updates
  PortLease lease;           // likewise: its RTCP port also while rtcp-mux does without
};

// Where RTCP is received.
inline std::uint16_t rtcp_port(const LegRequest& request, const PlacedLeg& leg) {
  return request.rtcp_mux ? leg.lease.rtp_port : leg.lease.rtcp_port;
}

// What an update that is under way will make of the session, or what it has to give back.
struct PendingUpdate {
  std::shared_ptr<const SessionRequest> request;
  std::vector<PlacedLeg> legs;
  std::vector<PortLease> added;    // given back when the update fails
  std::vector<PortLease> removed;  // given back when it has taken effect
  double media_cost = 0;           // of what the session will be
  std::uint16_t media_worker = 0;
  double media_added = 0;  // committed to it beforehand; given back when the update fails
};

// Presses that are on their way to the data plane.
struct PendingInjection {
  std::uint64_t token = 0;
  std::string leg_id;
  std::size_t presses = 0;
  bool by_party = false;
  InjectedDtmf result;
  InjectCallback callback;
};

struct Session {
  std::string id;
  std::shared_ptr<const SessionRequest> request;
  std::vector<PlacedLeg> legs;  // in the order of request->legs
  std::uint16_t worker = 0;
  double media_cost = 0;  // committed to media_worker
  std::uint16_t media_worker = 0;
  std::uint16_t last_leg_number = 0;
  Phase phase = Phase::kLinking;
  EndReason end_reason = EndReason::kNone;
  bool timed_out = false;      // while updating: to be ended afterwards
  bool running_queue = false;  // what waited is being run: see SessionManager::run_queue()
  SessionHandle handle = 0;
  std::uint64_t token = 0;                        // of the command under way
  std::chrono::steady_clock::time_point give_up;  // when a command that the data plane can't take yet fails
  std::chrono::system_clock::time_point create_time;
  std::chrono::steady_clock::time_point started;
  std::vector<LegWatch> watches;
  std::unique_ptr<PendingUpdate> update;
  RareList<SessionCallback> waiters;       // get the answer of the command under way
  RareList<std::function<void()>> queued;  // commands that came while one was under way
  RareList<PendingInjection> injections;

  bool busy() const { return phase != Phase::kRunning; }
  // Id of the leg with this number; empty: it has been removed meanwhile.
  std::string leg_name(std::uint16_t number) const;
  // Ids of the legs that were made with rtcp-mux and so have no port for RTCP alone.
  std::vector<std::string> legs_with_one_port() const;
};

// Owns the sessions. Not thread-safe; a Session keeps its address until erased.
class SessionStore {
 public:
  Session* find(std::string_view id);
  const Session* find(std::string_view id) const;
  Session* find(SessionHandle handle);
  // Pre: no session has this id.
  Session& add(std::string id);
  void set_handle(Session& session, SessionHandle handle);
  void erase(Session& session);

  std::size_t size() const { return by_id_.size(); }
  // Calls `visit` for sessions in order of id, those after `after` only, until it returns false.
  void visit(std::string_view after, const std::function<bool(Session&)>& visit);

 private:
  struct ById {
    using is_transparent = void;
    static std::string_view id_of(std::string_view id) { return id; }
    static std::string_view id_of(const std::unique_ptr<Session>& session) { return session->id; }
    bool operator()(const auto& one, const auto& other) const { return id_of(one) < id_of(other); }
  };
  std::set<std::unique_ptr<Session>, ById> by_id_;
  std::unordered_map<SessionHandle, Session*> by_handle_;
};

}  // namespace pollux::control
