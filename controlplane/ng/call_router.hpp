// Finds the node of a call, and another one where that can't: within the time that the request has.
#pragma once

#include <string>
#include <type_traits>

#include "controlplane/ng/node_pool.hpp"

namespace pollux::ng {

// Any thread. All state it needs is in the nodes; what the pool remembers only saves asking.
class CallRouter {
 public:
  explicit CallRouter(NodePool& pool) : pool_(pool) {}

  // For a call that exists: `ask(node, deadline)` is tried on the node remembered, then on the others in the
  // order of the call, until one knows the call. CALL_UNKNOWN: all were asked, and none does.
  template <typename Ask>
  auto on_call(const std::string& call_id, Deadline deadline, const Ask& ask)
      -> std::invoke_result_t<Ask, Node&, Deadline>;

  // For an offer. `in_dialog`: it has a to-tag, so the call may be on a node that isn't remembered. Where the
  // call is new, or its node is gone, the first node that takes it. A node that merely takes too long may
  // have done it: then only the offer of a call that isn't known to be anywhere goes on to another one.
  template <typename Ask>
  auto on_offer(const std::string& call_id, bool in_dialog, Deadline deadline, const Ask& ask)
      -> std::invoke_result_t<Ask, Node&, Deadline>;

 private:
  // Where an existing call may be: the node remembered first, those that don't answer last.
  std::vector<NodePtr> for_call(const std::string& call_id);
  // Null: no node has it. `in_dialog`: it must be somewhere, so a node that hasn't said no in time has it.
  NodePtr locate(const std::string& call_id, const std::vector<NodePtr>& asked, bool in_dialog,
                 Deadline deadline);
  struct Candidates {
    std::vector<NodePtr> nodes;
    NodePtr home;  // has the call already; null: none is known to
  };
  Candidates for_offer(const std::string& call_id, bool in_dialog, Deadline deadline);

  NodePool& pool_;
};

// The deadline of one try: half of what is left while there are others, else all of it.
Deadline share_of(Deadline whole, bool others);
bool call_unknown(const CallError& error);
// The node can't take the call now, or at all; another one may.
bool worth_another_node(const CallError& error);
// What is said when no node is left that may be asked.
CallError all_drained();

template <typename Ask>
auto CallRouter::on_call(const std::string& call_id, Deadline deadline, const Ask& ask)
    -> std::invoke_result_t<Ask, Node&, Deadline> {
  std::invoke_result_t<Ask, Node&, Deadline> result;
  std::optional<CallError> unreachable;
  const std::vector<NodePtr> nodes = for_call(call_id);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    result = ask(*nodes[i], share_of(deadline, i + 1 < nodes.size()));
    if (!result.error || (!call_unknown(*result.error) && !result.error->unreachable())) {
      pool_.remember(call_id, nodes[i]);
      return result;
    }
    if (result.error->unreachable()) {
      unreachable = result.error;
    }
  }
  if (unreachable) {
    result.error = unreachable;  // it may have the call
  } else {
    pool_.forget(call_id);
  }
  return result;
}

template <typename Ask>
auto CallRouter::on_offer(const std::string& call_id, bool in_dialog, Deadline deadline, const Ask& ask)
    -> std::invoke_result_t<Ask, Node&, Deadline> {
  std::invoke_result_t<Ask, Node&, Deadline> result;
  std::optional<CallError> refused;  // by a node that answered: says more than that another one didn't
  const auto [nodes, home] = for_offer(call_id, in_dialog, deadline);
  if (nodes.empty()) {
    result.error = all_drained();
  }
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    // Where the health checks are without an answer as well the node is lost, and the call with it.
    const bool stays = (nodes[i] == home && home->reachable()) || (home == nullptr && in_dialog);
    result = ask(*nodes[i], share_of(deadline, i + 1 < nodes.size() && !stays));
    if (!result.error) {
      pool_.remember(call_id, nodes[i]);
      return result;
    }
    if (stays && result.error->unreachable() && !result.error->refused()) {
      result.error->stays = true;
      return result;
    }
    // A call that runs stays where it is, whatever there is too little of; it moves when its node is lost.
    const bool runs_here = nodes[i] == home && result.error->cause != "NODE_DRAINING";
    if (!worth_another_node(*result.error) || (runs_here && !result.error->unreachable())) {
      return result;
    }
    if (!result.error->unreachable()) {
      refused = result.error;
    }
  }
  if (refused) {
    result.error = refused;
  }
  return result;
}

}  // namespace pollux::ng
