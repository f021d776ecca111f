// The node as polluxctl sees it: its gRPC services behind plain calls.
#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "controlplane/cli/call_error.hpp"
#include "controlplane/cli/event_stream.hpp"
#include "pollux/v1/node.grpc.pb.h"
#include "pollux/v1/session.grpc.pb.h"

namespace pollux::cli {

template <typename T>
struct Answer {
  T value;
  std::optional<CallError> error;  // set: `value` means nothing
};

// One connection, opened by the first call. Calls block for at most `timeout` each. One thread.
class Client {
 public:
  Client(const std::string& target, std::chrono::milliseconds timeout);

  Answer<v1::Session> create(const v1::CreateRequest& request);
  Answer<v1::Session> get(const std::string& session_id);
  Answer<v1::Session> remove(const std::string& session_id);
  Answer<v1::ListResponse> list(std::uint32_t page_size, const std::string& page_token);
  Answer<v1::InfoResponse> info();
  Answer<v1::StatsResponse> stats();
  // Has no deadline of its own; must not outlive the client.
  std::unique_ptr<EventStream> watch(const v1::WatchEventsRequest& request);

  // Pre: !status.ok()
  CallError error_of(const grpc::Status& status) const;
  std::chrono::milliseconds timeout() const { return timeout_; }

 private:
  template <typename Response, typename Stub, typename Request>
  Answer<Response> call(Stub& stub,
                        grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                        const Request& request);

  std::shared_ptr<grpc::Channel> channel_;
  v1::SessionService::Stub sessions_;
  v1::NodeService::Stub node_;
  std::chrono::milliseconds timeout_;
};

}  // namespace pollux::cli
