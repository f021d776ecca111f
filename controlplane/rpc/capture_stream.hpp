// One Capture stream.
#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "controlplane/session/control_thread.hpp"
#include "pollux/v1/node.grpc.pb.h"

namespace pollux::rpc {

// Takes copies from the capture hub and writes them in batches, as fast as the client takes them: what it is
// too slow for is left out and counted.
//
// Ownership: holds itself until gRPC is done with the call; the hub and posted tasks hold it as well.
class CaptureStream final : public grpc::ServerWriteReactor<v1::CaptureResponse>,
                            public control::CaptureSink,
                            public std::enable_shared_from_this<CaptureStream> {
 public:
  static CaptureStream* start(control::ControlThread& control, const v1::CaptureRequest& request);

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override { self_.reset(); }

  void on_packets(std::vector<CapturedPacket> packets) override;
  void on_tick(std::uint64_t lost) override;
  void on_close() override;

 private:
  // What the request asks for, with its defaults.
  struct Limits {
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;
    std::chrono::nanoseconds time{0};
  };

  CaptureStream(control::ControlThread& control, const v1::CaptureRequest& request);
  control::Violations read_request();
  void open();             // control thread
  void look_at_session();  // control thread: is it still there, and who are its legs?
  // The rest: mutex_ is held.
  void take(CapturedPacket&& packet);
  void end(v1::CaptureEnd reason);
  void write_next();
  void write_packet(const CapturedPacket& packet, v1::CapturedPacket& message) const;
  void finish(const grpc::Status& status);

  control::ControlThread& control_;
  const v1::CaptureRequest request_;
  CaptureSpec spec_;
  Limits limits_;
  std::shared_ptr<CaptureStream> self_;

  std::mutex mutex_;  // guards all below
  CaptureId capture_ = 0;
  std::chrono::steady_clock::time_point deadline_;
  std::map<std::uint16_t, std::string> leg_names_;
  std::vector<std::string> port_names_;
  std::deque<CapturedPacket> waiting_;
  std::uint64_t waiting_bytes_ = 0;
  std::uint64_t packets_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t left_out_ = 0;
  std::uint64_t lost_before_ = 0;  // by the node, of all captures
  std::uint64_t lost_ = 0;
  bool lost_known_ = false;
  v1::CaptureEnd ended_ = v1::CAPTURE_END_UNSPECIFIED;
  bool writing_ = false;
  bool end_written_ = false;
  bool finished_ = false;
  v1::CaptureResponse response_;
};

}  // namespace pollux::rpc
