// A gRPC server with canned answers, in this process, on a unix socket of its own.
#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "controlplane/cli/commands.hpp"
#include "pollux/v1/node.grpc.pb.h"
#include "pollux/v1/session.grpc.pb.h"

namespace pollux::cli {

class FakeNode : public v1::SessionService::Service, public v1::NodeService::Service {
 public:
  FakeNode();
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

  std::vector<v1::CreateRequest> created;
  std::vector<std::string> deleted;
  std::vector<std::uint32_t> page_sizes;
  std::vector<v1::WatchEventsRequest> watched;

  grpc::Status Create(grpc::ServerContext*, const v1::CreateRequest*, v1::Session*) override;
  grpc::Status Get(grpc::ServerContext*, const v1::GetRequest*, v1::Session*) override;
  grpc::Status Delete(grpc::ServerContext*, const v1::DeleteRequest*, v1::Session*) override;
  grpc::Status List(grpc::ServerContext*, const v1::ListRequest*, v1::ListResponse*) override;
  grpc::Status WatchEvents(grpc::ServerContext*, const v1::WatchEventsRequest*,
                           grpc::ServerWriter<v1::WatchEventsResponse>*) override;
  grpc::Status Info(grpc::ServerContext*, const v1::InfoRequest*, v1::InfoResponse*) override;
  grpc::Status Stats(grpc::ServerContext*, const v1::StatsRequest*, v1::StatsResponse*) override;

 private:
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
                    std::chrono::milliseconds quiet_time = std::chrono::minutes(1));

}  // namespace pollux::cli
