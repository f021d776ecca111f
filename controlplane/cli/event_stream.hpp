// WatchEvents with patience: reading may give up waiting without ending the stream.
#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <optional>

#include "pollux/v1/session.grpc.pb.h"

namespace pollux::cli {

// One WatchEvents call. One thread.
class EventStream {
 public:
  enum class Next {
    kResponse,  // `response` is the next one
    kQuiet,     // none came within the time; the stream goes on
    kEnded,     // finish() says why
  };

  EventStream(v1::SessionService::Stub& stub, const v1::WatchEventsRequest& request);
  ~EventStream();
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  // Waits at most `patience`; without one as long as it takes.
  Next next(v1::WatchEventsResponse& response, std::optional<std::chrono::milliseconds> patience);

  // Ends the stream if it hasn't ended and gives its status.
  grpc::Status finish();

 private:
  enum class Pending { kNothing, kStart, kRead };

  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::ClientAsyncReader<v1::WatchEventsResponse>> reader_;
  v1::WatchEventsResponse incoming_;
  Pending pending_ = Pending::kStart;
  bool ended_ = false;
  bool finished_ = false;
  grpc::Status status_;
};

}  // namespace pollux::cli
