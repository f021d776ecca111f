// pollux.v1.NodeService on gRPC's callback API.
#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "controlplane/config/node_config.hpp"
#include "controlplane/session/control_thread.hpp"
#include "dataplane/api/dataplane.hpp"
#include "pollux/v1/node.grpc.pb.h"

namespace pollux::rpc {

// What doesn't change while the node runs.
struct NodeIdentity {
  std::string version;
  std::string node_run;
  std::chrono::system_clock::time_point start_time;
  std::map<std::string, std::string> libraries;
  std::vector<std::string> cpu_features;
};

class NodeService final : public v1::NodeService::CallbackService {
 public:
  // Pre: all that is given outlives the service.
  NodeService(control::ControlThread& control, const Dataplane& dataplane, const config::NodeConfig& config,
              const NodeIdentity& identity)
      : control_(control), dataplane_(dataplane), config_(config), identity_(identity) {}

  grpc::ServerUnaryReactor* Info(grpc::CallbackServerContext* context, const v1::InfoRequest* request,
                                 v1::InfoResponse* response) override;
  grpc::ServerUnaryReactor* Stats(grpc::CallbackServerContext* context, const v1::StatsRequest* request,
                                  v1::StatsResponse* response) override;
  grpc::ServerWriteReactor<v1::CaptureResponse>* Capture(grpc::CallbackServerContext* context,
                                                         const v1::CaptureRequest* request) override;

 private:
  void write_workers(v1::InfoResponse& response) const;
  void write_ports(const NodeStats& stats, v1::InfoResponse& response) const;
  void write_networks(v1::InfoResponse& response) const;

  control::ControlThread& control_;
  const Dataplane& dataplane_;
  const config::NodeConfig& config_;
  const NodeIdentity& identity_;
};

}  // namespace pollux::rpc
