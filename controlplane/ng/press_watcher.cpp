#include "controlplane/ng/press_watcher.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "controlplane/ng/json_text.hpp"
#include "controlplane/ng/press_message.hpp"

namespace pollux::ng {

namespace {

constexpr std::chrono::milliseconds kPause{300};  // between two tries to reach the node

}  // namespace

void Sinks::tell(const Dict& message, bool outgoing) const {
  const std::string json = print_json(Value(message));
  for (const Entry& entry : entries) {
    if (entry.outgoing || !outgoing) {
      entry.sink->tell(json);
    }
  }
}

PressWatcher::PressWatcher(NodePtr node, const Sinks& sinks)
    : node_(std::move(node)), sinks_(sinks), calls_(node_), thread_([this] { work(); }) {}

PressWatcher::~PressWatcher() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    if (stream_ != nullptr) {
      stream_->TryCancel();
    }
  }
  changed_.notify_all();
  thread_.join();
}

void PressWatcher::work() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    follow();
    lock.lock();
    changed_.wait_for(lock, kPause, [this] { return stopping_; });
  }
}

void PressWatcher::follow() {
  grpc::ClientContext context;
  context.set_wait_for_ready(false);
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      return;
    }
    stream_ = &context;
  }
  v1::WatchEventsRequest request;
  request.set_from_sequence(next_sequence_);
  request.set_node_run(node_run_);
  const auto reader = node_->sessions().WatchEvents(&context, request);
  v1::WatchEventsResponse response;
  while (reader->Read(&response)) {
    take(response);
  }
  const grpc::Status status = reader->Finish();
  const std::lock_guard lock(mutex_);
  stream_ = nullptr;
  if (!status.ok() && !stopping_ && status.error_code() != grpc::StatusCode::UNAVAILABLE) {
    spdlog::warn("node {}: events: {}", node_->address(), status.error_message());
  }
}

void PressWatcher::take(const v1::WatchEventsResponse& response) {
  if (!response.node_run().empty() && response.node_run() != node_run_) {
    node_run_ = response.node_run();
    next_sequence_ = 0;
    calls_.clear();
  }
  if (response.missed() > 0) {
    spdlog::warn("node {}: {} events missed; there may have been key presses", node_->address(),
                 response.missed());
  }
  if (!response.has_event()) {
    if (next_sequence_ == 0) {  // else those that were missed are on their way
      next_sequence_ = response.next_sequence();
    }
    return;
  }
  const v1::Event& event = response.event();
  next_sequence_ = event.sequence() + 1;
  if (event.type() == v1::EVENT_TYPE_DTMF && event.dtmf().phase() == v1::DTMF_PHASE_END) {
    tell(event);
  } else if (event.type() == v1::EVENT_TYPE_SESSION_ENDED) {
    calls_.forget(event.session_id());
  }
}

void PressWatcher::tell(const v1::Event& event) {
  const CallCache::CallPtr call = calls_.call_of(event);
  if (call == nullptr) {
    return;
  }
  if (!event.outgoing()) {
    if (const auto message = press_message(event, *call)) {
      sinks_.tell(*message, false);
    }
  }
  for (const std::string& leg_id : event.dtmf().info_leg_ids()) {
    if (const auto message = outgoing_message(event, *call, leg_id)) {
      sinks_.tell(*message, true);
    }
  }
}

PressNotifier::PressNotifier(const GatewayConfig& config, Counters& counters) {
  for (const SinkEntry& entry : config.dtmf_sinks) {
    sinks_.entries.push_back({entry.outgoing, make_sink(entry, counters)});
  }
}

void PressNotifier::follow(const std::vector<NodePtr>& nodes) {
  if (sinks_.entries.empty()) {
    return;
  }
  watchers_.remove_if([&nodes](const std::unique_ptr<PressWatcher>& watcher) {
    return std::find(nodes.begin(), nodes.end(), watcher->node()) == nodes.end();
  });
  for (const NodePtr& node : nodes) {
    const bool followed = std::any_of(watchers_.begin(), watchers_.end(),
                                      [&node](const auto& watcher) { return watcher->node() == node; });
    if (!followed) {
      watchers_.push_back(std::make_unique<PressWatcher>(node, sinks_));
    }
  }
}

}  // namespace pollux::ng
