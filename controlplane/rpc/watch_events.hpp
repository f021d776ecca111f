// One WatchEvents stream.
#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <memory>
#include <vector>

#include "controlplane/rpc/slots.hpp"
#include "controlplane/session/control_thread.hpp"
#include "pollux/v1/session.grpc.pb.h"

namespace pollux::rpc {

// Reads the event log in batches on the control thread and writes them one by one on gRPC's threads, so that
// a slow client holds up nobody: it finds itself behind the log and is told how much it missed.
//
// Ownership: holds itself until gRPC is done with the call and no posted task refers to it. At any time
// either the control thread or a write under way is at work on the stream, never both.
class EventWatcher final : public grpc::ServerWriteReactor<v1::WatchEventsResponse>,
                           public std::enable_shared_from_this<EventWatcher> {
 public:
  // Without a slot left the call fails with WATCHERS_EXHAUSTED.
  static EventWatcher* start(control::ControlThread& control, const v1::WatchEventsRequest& request,
                             const Slots& slots);

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override { self_.reset(); }

 private:
  EventWatcher(control::ControlThread& control, const v1::WatchEventsRequest& request);
  void open();        // control thread: where to start, and the first response
  void advance();     // control thread: the next batch, or wait for one
  void write_next();  // one response of the batch
  void post_advance();
  void finish(const grpc::Status& status);

  control::ControlThread& control_;
  const v1::WatchEventsRequest request_;
  std::shared_ptr<EventWatcher> self_;
  std::shared_ptr<void> slot_;
  std::atomic<bool> cancelled_ = false;     // written by: gRPC; read by: control
  std::atomic<bool> finished_ = false;      // Finish may be called once only
  control::EventLog::WaiterId waiter_ = 0;  // control thread only
  std::uint64_t cursor_ = 0;
  std::uint64_t missed_ = 0;  // not told yet
  std::vector<std::shared_ptr<const control::LoggedEvent>> batch_;
  std::size_t written_ = 0;  // of batch_
  std::string node_run_;
  v1::WatchEventsResponse response_;
};

}  // namespace pollux::rpc
