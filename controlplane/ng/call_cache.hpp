// The calls of one node that keys are being pressed in.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "controlplane/ng/node_pool.hpp"
#include "pollux/v1/offer_answer.pb.h"

namespace pollux::ng {

// Spares a question for each key of a number. Only for so long as a number takes: a leg may get another
// party, when another fork answers than the one that rang first. One thread.
class CallCache {
 public:
  using Clock = std::chrono::steady_clock;
  using CallPtr = std::shared_ptr<const v1::Call>;  // null: nobody knows it

  static constexpr std::chrono::seconds kKeep{2};

  explicit CallCache(
      NodePtr node, std::function<Clock::time_point()> now = [] { return Clock::now(); })
      : node_(std::move(node)), now_(std::move(now)) {}

  // Asks the node where the call isn't known, or not any more, or not with the legs of the event.
  CallPtr call_of(const v1::Event& event);
  void forget(const std::string& session_id) { calls_.erase(session_id); }
  void clear() { calls_.clear(); }

 private:
  struct Known {
    CallPtr call;
    Clock::time_point asked;
  };

  const NodePtr node_;
  const std::function<Clock::time_point()> now_;
  std::unordered_map<std::string, Known> calls_;  // by session id
};

}  // namespace pollux::ng
