// A server's stream with patience: reading may give up waiting without ending the stream.
#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <optional>

namespace pollux::cli {

// One call with a stream of responses. One thread.
template <typename Response>
class ServerStream {
 public:
  enum class Next {
    kResponse,  // `response` is the next one
    kQuiet,     // none came within the time; the stream goes on
    kEnded,     // finish() says why
  };

  // `prepare` is the stub's PrepareAsync method of the call.
  template <typename Stub, typename Request>
  ServerStream(Stub& stub,
               std::unique_ptr<grpc::ClientAsyncReader<Response>> (Stub::*prepare)(grpc::ClientContext*,
                                                                                   const Request&,
                                                                                   grpc::CompletionQueue*),
               const Request& request)
      : reader_((stub.*prepare)(&context_, request, &queue_)) {
    reader_->StartCall(this);
  }
  ~ServerStream() {
    finish();
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
  }
  ServerStream(const ServerStream&) = delete;
  ServerStream& operator=(const ServerStream&) = delete;

  // Waits at most `patience`; without one as long as it takes.
  Next next(Response& response, std::optional<std::chrono::milliseconds> patience) {
    const auto deadline = patience ? std::chrono::system_clock::now() + *patience
                                   : std::chrono::system_clock::time_point::max();
    while (!ended_) {
      if (pending_ == Pending::kNothing) {
        reader_->Read(&incoming_, this);
        pending_ = Pending::kRead;
      }
      void* tag = nullptr;
      bool ok = false;
      if (queue_.AsyncNext(&tag, &ok, deadline) == grpc::CompletionQueue::TIMEOUT) {
        return Next::kQuiet;
      }
      const bool was_read = pending_ == Pending::kRead;
      pending_ = Pending::kNothing;
      ended_ = !ok;
      if (ok && was_read) {
        response.Swap(&incoming_);
        return Next::kResponse;
      }
    }
    return Next::kEnded;
  }

  // Ends the stream if it hasn't ended and gives its status.
  grpc::Status finish() {
    if (finished_) {
      return status_;
    }
    void* tag = nullptr;
    bool ok = false;
    if (!ended_) {
      context_.TryCancel();
    }
    if (pending_ != Pending::kNothing) {
      queue_.Next(&tag, &ok);
      pending_ = Pending::kNothing;
    }
    reader_->Finish(&status_, this);
    queue_.Next(&tag, &ok);
    ended_ = true;
    finished_ = true;
    return status_;
  }

 private:
  enum class Pending { kNothing, kStart, kRead };

  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::ClientAsyncReader<Response>> reader_;
  Response incoming_;
  Pending pending_ = Pending::kStart;
  bool ended_ = false;
  bool finished_ = false;
  grpc::Status status_;
};

}  // namespace pollux::cli
