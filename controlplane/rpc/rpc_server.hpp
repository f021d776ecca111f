// The gRPC server: services, health, reflection and the doors they are reached by.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "controlplane/config/node_config.hpp"
#include "controlplane/rpc/node_service.hpp"
#include "controlplane/rpc/session_service.hpp"
#include "dataplane/base/expected.hpp"

namespace pollux::rpc {

inline constexpr int kMaxRequestBytes = 1 << 20;

class RpcServer {
 public:
  // Listens on all doors of `config.grpc`. gRPC's threads inherit the CPU set of the caller. On error, which
  // names the door, nothing listens. Pre: all that is given outlives the server.
  static Expected<std::unique_ptr<RpcServer>> start(control::ControlThread& control,
                                                    const Dataplane& dataplane,
                                                    const config::NodeConfig& config,
                                                    const NodeIdentity& identity,
                                                    ops::ConfigReloader& reloader);
  ~RpcServer() { shutdown(); }
  RpcServer(const RpcServer&) = delete;
  RpcServer& operator=(const RpcServer&) = delete;

  // As clients name them: "unix:/run/pollux/pollux.sock", "127.0.0.1:7711" (with the port really taken).
  const std::vector<std::string>& doors() const { return doors_; }

  // Health says NOT_SERVING from now on; calls are still taken.
  void stop_serving();

  // Ends WatchEvents streams after the last event, closes the doors, waits for calls under way (at most a
  // second) and cancels the rest. The control thread must still run. May be called again.
  void shutdown();

 private:
  RpcServer(control::ControlThread& control, const Dataplane& dataplane, const config::NodeConfig& config,
            const NodeIdentity& identity, ops::ConfigReloader& reloader);
  Expected<void> open(const config::DoorConfig& doors);
  void set_serving(bool serving);

  control::ControlThread& control_;
  SessionService sessions_;
  NodeService node_;
  std::unique_ptr<grpc::Server> server_;
  std::vector<std::string> doors_;
  std::mutex serving_mutex_;
  bool stopped_serving_ = false;  // guarded by serving_mutex_; for good
};

}  // namespace pollux::rpc
