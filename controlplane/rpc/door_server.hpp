// One gRPC server: the doors that treat their callers alike.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/rpc/call_observer.hpp"
#include "controlplane/rpc/gated_service.hpp"
#include "dataplane/base/expected.hpp"

namespace pollux::rpc {

// gRPC doesn't tell a handler by which of a server's sockets a call came. So there is a server for each kind
// of door, with its own gate, and the same services behind all of them.
class DoorServer {
 public:
  // A service by its full name.
  struct Entry {
    std::string name;
    grpc::Service* service;
  };
  struct Plan {
    Gate::Options gate;
    std::string unix_path;  // a unix socket with this mode, or
    std::uint32_t mode = 0660;
    std::vector<SocketAddress> addresses;  // TCP addresses
    std::shared_ptr<grpc::ServerCredentials> credentials;
  };

  // Listens. Errors name the door. Pre: services and `calls` outlive the server; what is needed for it has
  // been looked at by prepare_doors().
  static Expected<std::unique_ptr<DoorServer>> open(Plan plan, const config::DoorConfig& limits,
                                                    const std::vector<Entry>& services, CallCounter& calls,
                                                    const CallObserver& observer);
  DoorServer(const DoorServer&) = delete;
  DoorServer& operator=(const DoorServer&) = delete;

  // As clients name them, TCP doors with the port really taken.
  const std::vector<std::string>& doors() const { return doors_; }
  void set_serving(bool serving);
  // Closes the doors and all connections, cancels calls under way, and returns when they are done.
  void shutdown();

 private:
  explicit DoorServer(Gate::Options gate) : gate_(std::move(gate)) {}
  Expected<void> listen(const Plan& plan, grpc::ServerBuilder& builder);

  Gate gate_;
  std::vector<std::unique_ptr<GatedService>> services_;
  std::vector<std::string> service_names_;
  std::vector<std::string> doors_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace pollux::rpc
