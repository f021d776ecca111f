#include "controlplane/ng/node_pool.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>

namespace pollux::ng {

namespace {

// FNV-1a with a finish (splitmix64) that spreads its low bits. Part of the gateway's outside: all gateways
// before the same nodes have to choose alike, in every version.
std::uint64_t hash_of(std::string_view call_id, std::string_view address) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  const auto take = [&hash](char letter) {
    hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001b3U;
  };
  std::for_each(call_id.begin(), call_id.end(), take);
  take('\0');
  std::for_each(address.begin(), address.end(), take);
  hash = (hash ^ hash >> 30) * 0xbf58476d1ce4e5b9U;
  hash = (hash ^ hash >> 27) * 0x94d049bb133111ebU;
  return hash ^ hash >> 31;
}

// A busy machine needs its time, however often it is asked.
constexpr std::chrono::milliseconds kLeastPatience{500};

const char* word_of(Health health) {
  switch (health) {
    case Health::kServing:
      return "serving";
    case Health::kDraining:
      return "draining: no new calls for it";
    case Health::kUnreachable:
      return "unreachable";
    case Health::kUnknown:
      break;
  }
  return "unknown";
}

}  // namespace

double rendezvous_score(std::string_view call_id, std::string_view address, std::uint32_t weight) {
  // A number in (0, 1): the 53 bits that a double keeps.
  const double share = (static_cast<double>(hash_of(call_id, address) >> 11) + 0.5) / 9007199254740992.0;
  return -static_cast<double>(weight) / std::log(share);
}

Expected<std::unique_ptr<NodePool>> NodePool::open(const GatewayConfig& config) {
  std::unique_ptr<NodePool> pool(new NodePool(config));
  if (auto loaded = pool->reload(config.nodes); !loaded) {
    return tl::unexpected(std::move(loaded.error()));
  }
  return pool;
}

NodePool::~NodePool() {
  stop_watchers({});
}

std::vector<NodePtr> NodePool::nodes() const {
  const std::lock_guard lock(mutex_);
  return nodes_;
}

std::vector<NodePtr> NodePool::order(std::string_view call_id) const {
  std::vector<std::pair<double, NodePtr>> scored;
  for (const NodePtr& node : nodes()) {
    scored.emplace_back(rendezvous_score(call_id, node->address(), node->weight()), node);
  }
  std::stable_sort(scored.begin(), scored.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<NodePtr> ordered;
  for (auto& [score, node] : scored) {
    ordered.push_back(std::move(node));
  }
  return ordered;
}

NodePtr NodePool::remembered(const std::string& call_id) {
  const std::lock_guard lock(mutex_);
  const auto found = by_id_.find(call_id);
  if (found == by_id_.end()) {
    return nullptr;
  }
  calls_.splice(calls_.begin(), calls_, found->second);
  return found->second->node.lock();
}

void NodePool::remember(const std::string& call_id, const NodePtr& node) {
  const std::lock_guard lock(mutex_);
  if (const auto found = by_id_.find(call_id); found != by_id_.end()) {
    found->second->node = node;
    calls_.splice(calls_.begin(), calls_, found->second);
    return;
  }
  if (calls_.size() >= most_calls_) {
    by_id_.erase(calls_.back().call_id);
    calls_.pop_back();
  }
  calls_.push_front({call_id, node});
  by_id_.emplace(calls_.front().call_id, calls_.begin());
}

void NodePool::forget(const std::string& call_id) {
  const std::lock_guard lock(mutex_);
  if (const auto found = by_id_.find(call_id); found != by_id_.end()) {
    const auto entry = found->second;
    by_id_.erase(found);
    calls_.erase(entry);
  }
}

Expected<void> NodePool::reload(const std::vector<NodeEntry>& entries) {
  const std::vector<NodePtr> before = nodes();
  std::vector<NodePtr> after;
  for (const NodeEntry& entry : entries) {
    const auto same = std::find_if(before.begin(), before.end(), [&entry](const NodePtr& node) {
      return node->address() == entry.address && node->entry().tls == entry.tls;
    });
    if (same != before.end()) {
      after.push_back(*same);
      continue;
    }
    auto node = Node::open(entry);
    if (!node) {
      node.error().field = "nodes (" + entry.address + ")." + node.error().field;
      return tl::unexpected(std::move(node.error()));
    }
    after.push_back(std::move(*node));
  }
  for (std::size_t i = 0; i < after.size(); ++i) {
    after[i]->set_drain(entries[i].drain);
    after[i]->set_weight(entries[i].weight);
  }
  {
    const std::lock_guard lock(mutex_);
    nodes_ = after;
  }
  if (interval_.count() > 0) {
    stop_watchers(after);
    for (const NodePtr& node : after) {
      if (std::find(before.begin(), before.end(), node) == before.end()) {
        start_watcher(node);
      }
    }
  }
  return {};
}

void NodePool::watch_health(std::chrono::milliseconds interval) {
  interval_ = interval;
  for (const NodePtr& node : nodes()) {
    start_watcher(node);
  }
}

void NodePool::check_all(std::chrono::milliseconds patience) {
  for (const NodePtr& node : nodes()) {
    node->check(std::chrono::system_clock::now() + patience);
  }
}

void NodePool::start_watcher(const NodePtr& node) {
  auto& watcher = *watchers_.emplace_back(std::make_unique<Watcher>());
  watcher.node = node;
  watcher.thread = std::thread([this, &watcher] { watch(watcher); });
}

void NodePool::watch(Watcher& watcher) {
  Node& node = *watcher.node;
  Health told = Health::kUnknown;
  std::unique_lock lock(watch_mutex_);
  while (!watcher.stop) {
    lock.unlock();
    const Health found = node.check(std::chrono::system_clock::now() + std::max(interval_, kLeastPatience));
    if (found != told) {
      spdlog::log(found == Health::kUnreachable ? spdlog::level::warn : spdlog::level::info, "node {}: {}",
                  node.address(), word_of(found));
      told = found;
    }
    lock.lock();
    watch_changed_.wait_for(lock, interval_, [&watcher] { return watcher.stop; });
  }
}

void NodePool::stop_watchers(const std::vector<NodePtr>& kept) {
  std::vector<std::unique_ptr<Watcher>> leaving;
  {
    const std::lock_guard lock(watch_mutex_);
    std::erase_if(watchers_, [&](std::unique_ptr<Watcher>& watcher) {
      const bool goes = std::find(kept.begin(), kept.end(), watcher->node) == kept.end();
      if (goes) {
        watcher->stop = true;
        leaving.push_back(std::move(watcher));
      }
      return goes;
    });
  }
  watch_changed_.notify_all();
  for (const auto& watcher : leaving) {
    watcher->thread.join();
  }
}

}  // namespace pollux::ng
