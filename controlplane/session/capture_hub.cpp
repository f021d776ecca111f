#include "controlplane/session/capture_hub.hpp"

#include <pthread.h>

#include <iterator>
#include <utility>

namespace pollux::control {

namespace {
constexpr std::size_t kBatch = 256;
constexpr std::chrono::milliseconds kWait{5};  // a worker's ring holds 2,048 copies: 400,000 packets/s
constexpr std::chrono::milliseconds kTick{250};
}  // namespace

CaptureHub::CaptureHub(Dataplane& dataplane) : dataplane_(dataplane), thread_([this] { run(); }) {}

void CaptureHub::close() {
  if (!thread_.joinable()) {
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  wake_.notify_one();
  thread_.join();
  for (const auto& [id, sink] : std::exchange(sinks_, {})) {
    dataplane_.stop_capture(id);
    sink->on_close();
  }
}

Expected<CaptureId> CaptureHub::start(const CaptureSpec& spec, std::shared_ptr<CaptureSink> sink) {
  if (!thread_.joinable()) {
    return fail(ErrorCode::kUnavailable, "NODE_DRAINING", "", "this node is stopping");
  }
  const auto capture = dataplane_.start_capture(spec);
  if (capture) {
    {
      const std::lock_guard lock(mutex_);
      sinks_.emplace(*capture, std::move(sink));
    }
    wake_.notify_one();
  }
  return capture;
}

void CaptureHub::stop(CaptureId capture) {
  dataplane_.stop_capture(capture);
  const std::lock_guard lock(mutex_);
  sinks_.erase(capture);
}

void CaptureHub::run() {
  pthread_setname_np(pthread_self(), "pollux-capture");
  auto next_tick = std::chrono::steady_clock::now();
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    if (sinks_.empty()) {
      wake_.wait(lock, [this] { return stopped_ || !sinks_.empty(); });
      continue;
    }
    lock.unlock();
    std::vector<CapturedPacket> packets;
    const bool more = dataplane_.take_captured(packets, kBatch) == kBatch;
    deliver(std::move(packets));
    const auto now = std::chrono::steady_clock::now();
    if (now >= next_tick) {
      next_tick = now + kTick;
      std::uint64_t lost = 0;
      for (const WorkerStats& worker : dataplane_.stats().workers) {
        lost += worker.capture_lost;
      }
      lock.lock();
      const auto sinks = sinks_;
      lock.unlock();
      for (const auto& [id, sink] : sinks) {
        sink->on_tick(lost);
      }
    }
    lock.lock();
    if (!more && !stopped_) {
      wake_.wait_for(lock, kWait, [this] { return stopped_; });
    }
  }
}

void CaptureHub::deliver(std::vector<CapturedPacket> packets) {
  std::map<CaptureId, std::vector<CapturedPacket>> by_capture;
  for (CapturedPacket& packet : packets) {
    by_capture[packet.capture].push_back(std::move(packet));
  }
  for (auto& [id, share] : by_capture) {
    std::shared_ptr<CaptureSink> sink;
    {
      const std::lock_guard lock(mutex_);
      if (const auto found = sinks_.find(id); found != sinks_.end()) {
        sink = found->second;
      }
    }
    if (sink != nullptr) {
      sink->on_packets(std::move(share));
    }
  }
}

}  // namespace pollux::control
