#include "controlplane/ng/call_router.hpp"

#include <algorithm>
#include <array>

namespace pollux::ng {

namespace {

void to_front(std::vector<NodePtr>& nodes, const NodePtr& node) {
  if (const auto found = std::find(nodes.begin(), nodes.end(), node); found != nodes.end()) {
    std::rotate(nodes.begin(), found, found + 1);
  }
}

}  // namespace

Deadline share_of(Deadline whole, bool others) {
  const Deadline now = std::chrono::system_clock::now();
  return others && whole > now ? now + (whole - now) / 2 : whole;
}

bool call_unknown(const CallError& error) {
  return error.cause == "CALL_UNKNOWN" || error.cause == "SESSION_UNKNOWN";
}

bool worth_another_node(const CallError& error) {
  static constexpr std::array<std::string_view, 10> kCauses = {
      "NODE_DRAINING",      "NODE_STOPPING",          "NODE_BUSY",          "PORTS_EXHAUSTED",
      "SESSIONS_EXHAUSTED", "MEDIA_EXHAUSTED",        "WORKERS_OVERLOADED", "MEMORY_EXHAUSTED",
      "RATE_LIMITED",       "SRTP_CONTEXTS_EXHAUSTED"};
  return error.unreachable() || std::find(kCauses.begin(), kCauses.end(), error.cause) != kCauses.end();
}

CallError all_drained() {
  return {grpc::StatusCode::UNAVAILABLE,
          "NODE_DRAINING",
          "every node is drained by the configuration",
          {},
          false};
}

std::vector<NodePtr> CallRouter::for_call(const std::string& call_id) {
  std::vector<NodePtr> nodes = pool_.order(call_id);
  std::stable_partition(nodes.begin(), nodes.end(), [](const NodePtr& node) { return node->reachable(); });
  to_front(nodes, pool_.remembered(call_id));
  return nodes;
}

NodePtr CallRouter::locate(const std::string& call_id, const std::vector<NodePtr>& asked, bool in_dialog,
                           Deadline deadline) {
  v1::QueryCallRequest request;
  request.set_call_id(call_id);
  NodePtr silent;
  for (const NodePtr& node : asked) {
    const auto answer = node->call(node->calls(), &v1::OfferAnswerService::Stub::QueryCall, request,
                                   share_of(deadline, true));
    if (!answer.error) {
      return node;
    }
    if (answer.error->unreachable() && !answer.error->refused()) {
      silent = node;
    }
  }
  return in_dialog ? silent : nullptr;
}

CallRouter::Candidates CallRouter::for_offer(const std::string& call_id, bool in_dialog, Deadline deadline) {
  const std::vector<NodePtr> all = pool_.order(call_id);
  const auto takes_new = [](const NodePtr& node) { return node->takes_new_calls(); };
  NodePtr home = pool_.remembered(call_id);
  if (home == nullptr && all.size() > 1) {
    // A call within a dialog is anywhere. Another one is where it would be made, or on a node that would have
    // got it and takes no new ones any more.
    std::vector<NodePtr> asked;
    for (const NodePtr& node : all) {
      if (!in_dialog && takes_new(node)) {
        break;
      }
      if (node->reachable()) {
        asked.push_back(node);
      }
    }
    home = locate(call_id, asked, in_dialog, deadline);
  }
  std::vector<NodePtr> nodes = all;
  std::erase_if(nodes, [&](const NodePtr& node) { return node != home && node->drained(); });
  std::stable_partition(nodes.begin(), nodes.end(), takes_new);
  if (home != nullptr) {
    to_front(nodes, home);  // also where it is thought to be lost: it knows best
  }
  return {std::move(nodes), std::move(home)};
}

}  // namespace pollux::ng
