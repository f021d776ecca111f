// Brings copies of packets from the data plane to those who asked for them.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "dataplane/api/dataplane.hpp"

namespace pollux::control {

// Whoever asked. Calls come one at a time, on the hub's thread or, the last one, on the control thread.
class CaptureSink {
 public:
  virtual ~CaptureSink() = default;
  virtual void on_packets(std::vector<CapturedPacket> packets) = 0;
  // Several times a second, whether or not packets came. `lost`: copies of all captures together that found
  // no room since the node started.
  virtual void on_tick(std::uint64_t lost) = 0;
  // The hub closes: nothing is called any more.
  virtual void on_close() = 0;
};

// Threads: start and stop belong to the control thread, as the data plane's do. The hub's own thread sleeps
// while nothing is captured.
class CaptureHub {
 public:
  // Pre: `dataplane` outlives the hub.
  explicit CaptureHub(Dataplane& dataplane);
  ~CaptureHub() { close(); }
  CaptureHub(const CaptureHub&) = delete;
  CaptureHub& operator=(const CaptureHub&) = delete;

  // Errors: those of Dataplane::start_capture(), and kUnavailable (NODE_DRAINING) when closed.
  Expected<CaptureId> start(const CaptureSpec& spec, std::shared_ptr<CaptureSink> sink);
  // The sink may be called once more; then never again.
  void stop(CaptureId capture);
  // Ends all captures and the thread. May be called again.
  void close();

 private:
  void run();
  void deliver(std::vector<CapturedPacket> packets);

  Dataplane& dataplane_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::map<CaptureId, std::shared_ptr<CaptureSink>> sinks_;  // guarded by mutex_
  bool stopped_ = false;                                     // guarded by mutex_
  std::thread thread_;
};

}  // namespace pollux::control
