// The nodes, in which order a call asks them, and which one a call is known to be on.
#pragma once

#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "controlplane/ng/node.hpp"

namespace pollux::ng {

using NodePtr = std::shared_ptr<Node>;

// Any thread.
class NodePool {
 public:
  static Expected<std::unique_ptr<NodePool>> open(const GatewayConfig& config);
  ~NodePool();
  NodePool(const NodePool&) = delete;
  NodePool& operator=(const NodePool&) = delete;

  std::vector<NodePtr> nodes() const;
  // All nodes, the one that a new call with this Call-ID belongs to first: rendezvous hashing, so that a node
  // more or less moves only its own share, and two gateways choose alike.
  std::vector<NodePtr> order(std::string_view call_id) const;

  // Null: not known, or its node is gone.
  NodePtr remembered(const std::string& call_id);
  void remember(const std::string& call_id, const NodePtr& node);
  void forget(const std::string& call_id);

  // Nodes that stay keep their connections; calls of those that leave are looked for anew. On error nothing
  // has changed.
  Expected<void> reload(const std::vector<NodeEntry>& entries);

  // Asks every node how it is, at once and then each `interval`, from threads of its own.
  void watch_health(std::chrono::milliseconds interval);
  // Asks all of them once, one after the other.
  void check_all(std::chrono::milliseconds patience);

 private:
  struct Remembered {
    std::string call_id;
    std::weak_ptr<Node> node;
  };

  struct Watcher {
    NodePtr node;
    std::thread thread;
    bool stop = false;
  };

  explicit NodePool(const GatewayConfig& config) : most_calls_(config.remembered_calls) {}
  void start_watcher(const NodePtr& node);
  void stop_watchers(const std::vector<NodePtr>& kept);
  void watch(Watcher& watcher);

  const std::size_t most_calls_;
  mutable std::mutex mutex_;
  std::vector<NodePtr> nodes_;
  std::list<Remembered> calls_;                                                  // the latest used first
  std::unordered_map<std::string_view, std::list<Remembered>::iterator> by_id_;  // keys are in `calls_`

  std::mutex watch_mutex_;
  std::condition_variable watch_changed_;
  std::chrono::milliseconds interval_{0};  // 0: not watching
  std::vector<std::unique_ptr<Watcher>> watchers_;
};

// The place of a node in the order of a call: the largest is first.
double rendezvous_score(std::string_view call_id, std::string_view address, std::uint32_t weight);

}  // namespace pollux::ng
