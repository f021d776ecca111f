// The node as polluxctl sees it: its gRPC services behind plain calls.
#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "controlplane/cli/call_error.hpp"
#include "controlplane/cli/credentials.hpp"
#include "controlplane/cli/server_stream.hpp"
#include "pollux/v1/media_service.grpc.pb.h"
#include "pollux/v1/node.grpc.pb.h"
#include "pollux/v1/session.grpc.pb.h"

namespace pollux::cli {

template <typename T>
struct Answer {
  T value;
  std::optional<CallError> error;  // set: `value` means nothing
};

using EventStream = ServerStream<v1::WatchEventsResponse>;
using DrainStream = ServerStream<v1::DrainResponse>;
using CaptureStream = ServerStream<v1::CaptureResponse>;

// One connection, opened by the first call. Calls block for at most `timeout` each. One thread.
class Client {
 public:
  Client(const std::string& target, const Credentials& credentials, std::chrono::milliseconds timeout);

  Answer<v1::Session> create(const v1::CreateRequest& request);
  Answer<v1::Session> get(const std::string& session_id);
  Answer<v1::Session> remove(const std::string& session_id);
  Answer<v1::ListResponse> list(std::uint32_t page_size, const std::string& page_token);
  Answer<v1::InjectDtmfResponse> inject_dtmf(const v1::InjectDtmfRequest& request);
  Answer<v1::BlockDtmfResponse> block_dtmf(const v1::BlockDtmfRequest& request);
  Answer<v1::UnblockDtmfResponse> unblock_dtmf(const v1::UnblockDtmfRequest& request);
  Answer<v1::InfoResponse> info();
  Answer<v1::StatsResponse> stats();
  Answer<v1::UndrainResponse> undrain();
  Answer<v1::ReloadResponse> reload(bool dry_run);
  Answer<v1::PortsResponse> ports();
  // Streams have no deadline of their own and must not outlive the client.
  std::unique_ptr<EventStream> watch(const v1::WatchEventsRequest& request);
  std::unique_ptr<DrainStream> drain(const v1::DrainRequest& request);
  std::unique_ptr<CaptureStream> capture(const v1::CaptureRequest& request);

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
  v1::MediaService::Stub media_;
  v1::NodeService::Stub node_;
  std::chrono::milliseconds timeout_;
};

}  // namespace pollux::cli
