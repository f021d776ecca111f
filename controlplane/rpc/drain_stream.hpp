// One Drain stream.
#pragma once

#include <grpcpp/alarm.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>

#include "controlplane/session/control_thread.hpp"
#include "pollux/v1/node.grpc.pb.h"

namespace pollux::rpc {

// Begins the drain on the control thread, looks there a few times a second and tells once a second. Its end,
// of whatever cause, leaves the drain as it is.
//
// Ownership: holds itself until gRPC is done with the call, no posted task refers to it and no alarm is set.
// At any time one of control thread, write and alarm is at work on the stream.
class DrainStream final : public grpc::ServerWriteReactor<v1::DrainResponse>,
                          public std::enable_shared_from_this<DrainStream> {
 public:
  // `on_begin` is called on the control thread when the node drains.
  static DrainStream* start(control::ControlThread& control, const v1::DrainRequest& request,
                            const std::function<void()>& on_begin);

  void OnWriteDone(bool ok) override;
  void OnCancel() override { cancelled_ = true; }  // the next look sees it
  void OnDone() override { self_.reset(); }

 private:
  explicit DrainStream(control::ControlThread& control) : control_(control) {}
  void post(control::ControlThread::Task task);
  void look();  // control thread
  void look_later();
  void finish(const grpc::Status& status);

  control::ControlThread& control_;
  std::shared_ptr<DrainStream> self_;
  std::shared_ptr<DrainStream> self_of_alarm_;
  grpc::Alarm alarm_;
  std::atomic<bool> cancelled_ = false;  // written by: gRPC; read by: control
  std::atomic<bool> finished_ = false;   // Finish may be called once only
  std::chrono::steady_clock::time_point next_response_;
  v1::DrainResponse response_;
};

}  // namespace pollux::rpc
