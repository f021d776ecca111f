#include "controlplane/cli/event_stream.hpp"

namespace pollux::cli {

EventStream::EventStream(v1::SessionService::Stub& stub, const v1::WatchEventsRequest& request)
    : reader_(stub.PrepareAsyncWatchEvents(&context_, request, &queue_)) {
  reader_->StartCall(this);
}

EventStream::~EventStream() {
  finish();
  queue_.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue_.Next(&tag, &ok)) {
  }
}

EventStream::Next EventStream::next(v1::WatchEventsResponse& response,
                                    std::optional<std::chrono::milliseconds> patience) {
  const auto deadline =
      patience ? std::chrono::system_clock::now() + *patience : std::chrono::system_clock::time_point::max();
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

grpc::Status EventStream::finish() {
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

}  // namespace pollux::cli
