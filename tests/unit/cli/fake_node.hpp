// A gRPC server with canned answers, in this process, on a unix socket of its own.
#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "controlplane/cli/commands.hpp"
#include "pollux/v1/media_service.grpc.pb.h"
#include "pollux/v1/node.grpc.pb.h"
#include "pollux/v1/session.grpc.pb.h"

namespace pollux::cli {

class FakeNode : public v1::SessionService::Service,
                 public v1::MediaService::Service,
                 public v1::NodeService::Service {
 public:
  // `credentials`: of a TCP port of the loopback; without them a unix socket.
  explicit FakeNode(std::shared_ptr<grpc::ServerCredentials> credentials = nullptr);
  ~FakeNode() override;

  const std::string& target() const { return target_; }

  // Set before the call; `error` goes for every unary call.
  grpc::Status error;
  std::vector<v1::Session> sessions;  // in order of session_id
  v1::InfoResponse info;
  v1::StatsResponse stats;
  // Runs WatchEvents; `call` counts from 0.
  std::function<grpc::Status(int call, const v1::WatchEventsRequest&,
                             grpc::ServerWriter<v1::WatchEventsResponse>&, grpc::ServerContext&)>
      watch;

  // Stats gives these one after the other, the last again and again; empty: `stats`.
  std::vector<v1::StatsResponse> stats_in_turn;
  v1::ReloadResponse reloaded;
  v1::PortsResponse ports;
  // What Drain and Capture do: without them they end at once.
  std::function<grpc::Status(const v1::DrainRequest&, grpc::ServerWriter<v1::DrainResponse>&,
                             grpc::ServerContext&)>
      drain;
  std::function<grpc::Status(const v1::CaptureRequest&, grpc::ServerWriter<v1::CaptureResponse>&,
                             grpc::ServerContext&)>
      capture;

  std::vector<v1::CreateRequest> created;
  std::vector<std::string> deleted;
  std::vector<std::uint32_t> page_sizes;
  std::vector<v1::WatchEventsRequest> watched;
  std::vector<v1::ReloadRequest> reloads;
  int undrained = 0;
  bool believes_sip_info = true;  // InjectDtmf takes what pressed_by_party brings
  std::vector<v1::InjectDtmfRequest> injected;
  std::vector<v1::BlockDtmfRequest> blocked;
  std::vector<v1::UnblockDtmfRequest> unblocked;

  grpc::Status Create(grpc::ServerContext*, const v1::CreateRequest*, v1::Session*) override;
  grpc::Status Get(grpc::ServerContext*, const v1::GetRequest*, v1::Session*) override;
  grpc::Status Delete(grpc::ServerContext*, const v1::DeleteRequest*, v1::Session*) override;
  grpc::Status List(grpc::ServerContext*, const v1::ListRequest*, v1::ListResponse*) override;
  grpc::Status WatchEvents(grpc::ServerContext*, const v1::WatchEventsRequest*,
                           grpc::ServerWriter<v1::WatchEventsResponse>*) override;
  grpc::Status InjectDtmf(grpc::ServerContext*, const v1::InjectDtmfRequest*,
                          v1::InjectDtmfResponse*) override;
  grpc::Status BlockDtmf(grpc::ServerContext*, const v1::BlockDtmfRequest*, v1::BlockDtmfResponse*) override;
  grpc::Status UnblockDtmf(grpc::ServerContext*, const v1::UnblockDtmfRequest*,
                           v1::UnblockDtmfResponse*) override;
  grpc::Status Info(grpc::ServerContext*, const v1::InfoRequest*, v1::InfoResponse*) override;
  grpc::Status Stats(grpc::ServerContext*, const v1::StatsRequest*, v1::StatsResponse*) override;
  grpc::Status Drain(grpc::ServerContext*, const v1::DrainRequest*,
                     grpc::ServerWriter<v1::DrainResponse>*) override;
  grpc::Status Undrain(grpc::ServerContext*, const v1::UndrainRequest*, v1::UndrainResponse*) override;
  grpc::Status Reload(grpc::ServerContext*, const v1::ReloadRequest*, v1::ReloadResponse*) override;
  grpc::Status Ports(grpc::ServerContext*, const v1::PortsRequest*, v1::PortsResponse*) override;
  grpc::Status Capture(grpc::ServerContext*, const v1::CaptureRequest*,
                       grpc::ServerWriter<v1::CaptureResponse>*) override;

 private:
  std::size_t stats_calls_ = 0;
  std::string directory_;
  std::string target_;
  std::unique_ptr<grpc::Server> server_;
};

struct Outcome {
  int exit_code = -1;
  std::string out;
  std::string err;
};

// polluxctl with these arguments. The clock stands at 2024-05-01 03:00:00Z and each pause moves it on; the
// run ends at pause number `pauses` + 1.
Outcome run_against(const std::string& target, const std::vector<std::string>& arguments, int pauses = 0,
                    const std::string& input = "",
                    std::chrono::milliseconds quiet_time = std::chrono::minutes(1),
                    const std::function<bool()>& interrupted = {});

}  // namespace pollux::cli
