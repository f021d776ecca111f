// What the control thread knows of a leg's SRTP keys, and the contexts it makes for them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "dataplane/api/session_spec.hpp"
#include "dataplane/api/stats.hpp"
#include "dataplane/base/expected.hpp"
#include "dataplane/crypto/backend.hpp"
#include "dataplane/session/session_plan.hpp"

namespace pollux::worker {

// A key with its context.
struct KeyInUse {
  crypto::ContextId context = 0;
  SrtpParamsRef params;
};

// A key that a leg of the session had, and how far it got: it may come back (a re-INVITE that was refused, a
// leg that is made anew), and must then neither send an index twice nor take a packet twice.
struct RetiredKey {
  SrtpParamsRef params;
  crypto::ContextState state;
};

// Of a session, by direction.
struct RetiredKeys {
  std::vector<RetiredKey> in;
  std::vector<RetiredKey> out;
};

// One direction of a leg.
struct KeysOfDirection {
  KeyInUse present;
  KeyInUse former;                // receiving: still good
  std::vector<KeyInUse> leaving;  // the worker is about to give them back
};

struct LegKeys {
  KeysOfDirection in;
  KeysOfDirection out;
  std::uint64_t former_until_ms = 0;  // when in.former stops being good; 0: there is none

  bool none() const {
    return in.present.context == 0 && in.former.context == 0 && in.leaving.empty() &&
           out.present.context == 0 && out.leaving.empty();
  }
};

// Thread: control. Contexts that workers have given back are released here, and nowhere else.
class KeyMaker {
 public:
  KeyMaker(crypto::Backend& backend, std::uint32_t overlap_ms) : backend_(backend), overlap_ms_(overlap_ms) {}

  // Puts into `plan` the contexts that the leg is to have. On error nothing has changed. `legs`: the keys of
  // all legs of the session as it is. `path` names the leg.
  Expected<void> plan(const LegKeys& keys, std::span<const LegKeys> legs, const RetiredKeys& retired,
                      const LegSpec& wanted, const std::string& path, session::LegPlan& plan);
  // Undoes plan().
  void discard(const LegKeys& keys, const session::LegPlan& plan);
  // `keys` are from now on those of `plan`, which goes to the worker.
  void commit(LegKeys& keys, const LegSpec& wanted, const session::LegPlan& plan, std::uint64_t now_ms);

  // The worker has carried `plan` out: what it has no more is remembered and released.
  void retire(LegKeys& keys, const session::LegPlan& plan, RetiredKeys& retired);
  // No worker knows the leg any more, but the session goes on.
  void retire_all(LegKeys& keys, RetiredKeys& retired);
  // No worker knows the session any more.
  void release(LegKeys& keys);

  void fill(const LegKeys& keys, LegStats& stats) const;

 private:
  Expected<crypto::ContextId> plan_in(const LegKeys& keys, const RetiredKeys& retired,
                                      const SrtpParamsRef& wanted, const std::string& path);
  Expected<crypto::ContextId> plan_out(const LegKeys& keys, std::span<const LegKeys> legs,
                                       const RetiredKeys& retired, const SrtpParamsRef& wanted,
                                       const std::string& path);
  void remember(const KeyInUse& key, std::vector<RetiredKey>& retired) const;
  void retire_one(KeysOfDirection& keys, crypto::ContextId context, std::vector<RetiredKey>& retired);
  SrtpDirectionStats stats_of(const KeyInUse& key) const;

  crypto::Backend& backend_;
  const std::uint32_t overlap_ms_;
};

}  // namespace pollux::worker
