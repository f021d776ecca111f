// pollux.v1.NodeService on gRPC's callback API.
#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "controlplane/config/node_config.hpp"
#include "controlplane/ops/config_reloader.hpp"
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
  // `set_serving` tells whether the node takes new sessions; called on the control thread. Pre: all that is
  // given outlives the service.
  NodeService(control::ControlThread& control, const Dataplane& dataplane, const config::NodeConfig& config,
              const NodeIdentity& identity, ops::ConfigReloader& reloader,
              std::function<void(bool)> set_serving)
      : control_(control),
        dataplane_(dataplane),
        config_(config),
        identity_(identity),
        reloader_(reloader),
        set_serving_(std::move(set_serving)) {}

  grpc::ServerUnaryReactor* Info(grpc::CallbackServerContext* context, const v1::InfoRequest* request,
                                 v1::InfoResponse* response) override;
  grpc::ServerUnaryReactor* Stats(grpc::CallbackServerContext* context, const v1::StatsRequest* request,
                                  v1::StatsResponse* response) override;
  grpc::ServerWriteReactor<v1::CaptureResponse>* Capture(grpc::CallbackServerContext* context,
                                                         const v1::CaptureRequest* request) override;
  grpc::ServerUnaryReactor* Ports(grpc::CallbackServerContext* context, const v1::PortsRequest* request,
                                  v1::PortsResponse* response) override;
  // node_changes.cpp
  grpc::ServerWriteReactor<v1::DrainResponse>* Drain(grpc::CallbackServerContext* context,
                                                     const v1::DrainRequest* request) override;
  grpc::ServerUnaryReactor* Undrain(grpc::CallbackServerContext* context, const v1::UndrainRequest* request,
                                    v1::UndrainResponse* response) override;
  // Reads and applies the file on gRPC's thread, which waits for it.
  grpc::ServerUnaryReactor* Reload(grpc::CallbackServerContext* context, const v1::ReloadRequest* request,
                                   v1::ReloadResponse* response) override;

 private:
  void write_workers(v1::InfoResponse& response) const;
  void write_ports(const NodeStats& stats, v1::InfoResponse& response) const;
  void write_networks(v1::InfoResponse& response) const;

  control::ControlThread& control_;
  const Dataplane& dataplane_;
  const config::NodeConfig& config_;  // as the node was started
  const NodeIdentity& identity_;
  ops::ConfigReloader& reloader_;
  const std::function<void(bool)> set_serving_;
};

}  // namespace pollux::rpc
