// The gRPC server: services, health, reflection and the doors they are reached by.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "controlplane/config/node_config.hpp"
#include "controlplane/rpc/call_observer.hpp"
#include "controlplane/rpc/door_server.hpp"
#include "controlplane/rpc/media_service.hpp"
#include "controlplane/rpc/node_service.hpp"
#include "controlplane/rpc/offer_answer_service.hpp"
#include "controlplane/rpc/session_service.hpp"
#include "dataplane/base/expected.hpp"

namespace pollux::rpc {

class RpcServer {
 public:
  // Listens on all doors of `config.grpc`. gRPC's threads inherit the CPU set of the caller. On error, which
  // names the door, nothing listens. Pre: all that is given outlives the server; `observer` may be empty.
  static Expected<std::unique_ptr<RpcServer>> start(control::ControlThread& control, call::CallManager& calls,
                                                    const Dataplane& dataplane,
                                                    const config::NodeConfig& config,
                                                    const NodeIdentity& identity,
                                                    ops::ConfigReloader& reloader,
                                                    CallObserver observer = {});
  ~RpcServer() { shutdown(); }
  RpcServer(const RpcServer&) = delete;
  RpcServer& operator=(const RpcServer&) = delete;

  // As clients name them, with the port really taken: "unix:/run/pollux/pollux.sock", "127.0.0.1:7711". First
  // the unix socket, then the read-only one, then those of grpc.tcp, then those of grpc.tls.
  std::vector<std::string> doors() const;

  // Health says NOT_SERVING from now on; calls are still taken.
  void stop_serving();

  // Ends WatchEvents streams after the last event, waits for calls under way (at most a second), cancels the
  // rest and closes the doors: clients that are connected and do nothing hold up nothing. The control thread
  // must still run. May be called again.
  void shutdown();

 private:
  RpcServer(control::ControlThread& control, call::CallManager& calls, const Dataplane& dataplane,
            const config::NodeConfig& config, const NodeIdentity& identity, ops::ConfigReloader& reloader);
  Expected<void> open(const config::DoorConfig& doors, const CallObserver& observer);
  void set_serving(bool serving);

  control::ControlThread& control_;
  SessionService sessions_;
  MediaService media_;
  OfferAnswerService offer_answer_;
  NodeService node_;
  CallCounter under_way_;
  std::vector<std::unique_ptr<DoorServer>> servers_;  // empty: shut down
  std::mutex serving_mutex_;
  bool serving_ = true;           // guarded by serving_mutex_
  bool stopped_serving_ = false;  // guarded by serving_mutex_; for good
};

}  // namespace pollux::rpc
