// Follows the events of one node and tells the sinks of its key presses.
#pragma once

#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "controlplane/ng/call_cache.hpp"
#include "controlplane/ng/node_pool.hpp"
#include "controlplane/ng/press_sink.hpp"
#include "controlplane/ng/value.hpp"

namespace pollux::ng {

struct Sinks {
  struct Entry {
    bool outgoing = false;
    std::unique_ptr<PressSink> sink;
  };
  std::vector<Entry> entries;

  // `outgoing`: only to those that want such.
  void tell(const Dict& message, bool outgoing) const;
};

// Has a thread of its own. After a break it asks for the events it has missed.
class PressWatcher {
 public:
  PressWatcher(NodePtr node, const Sinks& sinks);
  ~PressWatcher();
  PressWatcher(const PressWatcher&) = delete;
  PressWatcher& operator=(const PressWatcher&) = delete;

  const NodePtr& node() const { return node_; }

 private:
  void work();
  void follow();
  void take(const v1::WatchEventsResponse& response);
  void tell(const v1::Event& event);

  const NodePtr node_;
  const Sinks& sinks_;
  std::string node_run_;
  std::uint64_t next_sequence_ = 0;
  CallCache calls_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  grpc::ClientContext* stream_ = nullptr;  // that is open; guarded by mutex_
  std::thread thread_;
};

// One watcher for each node of the pool, as the nodes come and go. Nothing without sinks.
class PressNotifier {
 public:
  PressNotifier(const GatewayConfig& config, Counters& counters);
  // To be called at the start and after each reload.
  void follow(const std::vector<NodePtr>& nodes);

 private:
  Sinks sinks_;
  std::list<std::unique_ptr<PressWatcher>> watchers_;
};

}  // namespace pollux::ng
