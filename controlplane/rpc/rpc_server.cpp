#include "controlplane/rpc/rpc_server.hpp"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <sys/stat.h>

#include <chrono>
#include <list>
#include <mutex>

#include "controlplane/rpc/doors.hpp"

namespace pollux::rpc {

namespace {

constexpr std::chrono::seconds kShutdownLimit{1};
constexpr int kKeepaliveMs = 30000;  // a client that vanished frees its streams after this and the time-out
constexpr int kKeepaliveTimeoutMs = 10000;

// Both are registered for the whole process, once.
void enable_plugins() {
  static std::once_flag once;
  std::call_once(once, [] {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  });
}

struct Door {
  std::string name;
  int port = 0;  // what gRPC made of it: 0 is failure, 1 a unix socket
};

}  // namespace

RpcServer::RpcServer(control::ControlThread& control, const Dataplane& dataplane,
                     const config::NodeConfig& config, const NodeIdentity& identity,
                     ops::ConfigReloader& reloader)
    : control_(control),
      sessions_(control),
      node_(control, dataplane, config, identity, reloader, [this](bool serving) { set_serving(serving); }) {}

Expected<std::unique_ptr<RpcServer>> RpcServer::start(control::ControlThread& control,
                                                      const Dataplane& dataplane,
                                                      const config::NodeConfig& config,
                                                      const NodeIdentity& identity,
                                                      ops::ConfigReloader& reloader) {
  enable_plugins();
  std::unique_ptr<RpcServer> server(new RpcServer(control, dataplane, config, identity, reloader));
  if (auto opened = server->open(config.grpc); !opened) {
    return tl::unexpected<Error>(std::move(opened.error()));
  }
  return server;
}

Expected<void> RpcServer::open(const config::DoorConfig& config) {
  grpc::ServerBuilder builder;
  builder.SetMaxReceiveMessageSize(kMaxRequestBytes);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);  // two nodes must not share a door unnoticed
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  builder.RegisterService(&sessions_);
  builder.RegisterService(&node_);
  std::list<Door> doors;  // gRPC writes the ports into them: they must not move
  const auto add = [&](const std::string& name) {
    Door& door = doors.emplace_back(Door{name});
    builder.AddListeningPort(name, grpc::InsecureServerCredentials(), &door.port);
  };
  if (auto ready = prepare_doors(config); !ready) {
    return ready;
  }
  if (!config.unix_socket.empty()) {
    add("unix:" + config.unix_socket);
  }
  for (const SocketAddress& address : config.tcp) {
    add(address.to_string());
  }
  // The socket must not be open to all even for the moment before its mode is set.
  const mode_t old_mask = umask(0777 & ~static_cast<mode_t>(config.unix_socket_mode));
  server_ = builder.BuildAndStart();
  umask(old_mask);
  if (server_ == nullptr) {
    for (const Door& door : doors) {
      if (door.port == 0) {
        return fail(ErrorCode::kUnavailable, "DOOR_UNAVAILABLE", "grpc",
                    "gRPC door " + door.name + ": can't listen there");
      }
    }
    return fail(ErrorCode::kInternal, "INTERNAL", "grpc", "the gRPC server doesn't start");
  }
  const std::string& path = config.unix_socket;
  if (!path.empty() && chmod(path.c_str(), static_cast<mode_t>(config.unix_socket_mode)) != 0) {
    return fail(ErrorCode::kUnavailable, "DOOR_UNAVAILABLE", "grpc.unix_socket_mode",
                "gRPC door " + path + ": can't set its mode");
  }
  auto address = config.tcp.begin();
  for (const Door& door : doors) {
    if (door.name.starts_with("unix:")) {
      doors_.push_back(door.name);
    } else {
      doors_.push_back(SocketAddress{(address++)->ip, static_cast<std::uint16_t>(door.port)}.to_string());
    }
  }
  auto* health = server_->GetHealthCheckService();
  health->SetServingStatus(v1::SessionService::service_full_name(), true);
  health->SetServingStatus(v1::NodeService::service_full_name(), true);
  return {};
}

void RpcServer::set_serving(bool serving) {
  const std::lock_guard lock(serving_mutex_);
  if (!stopped_serving_) {
    server_->GetHealthCheckService()->SetServingStatus(serving);
  }
}

void RpcServer::stop_serving() {
  if (server_ != nullptr) {
    set_serving(false);
    const std::lock_guard lock(serving_mutex_);
    stopped_serving_ = true;
  }
}

void RpcServer::shutdown() {
  if (server_ == nullptr) {
    return;
  }
  // The task may run when this server is gone already: it knows the control thread only.
  control_.post([&control = control_] {
    control.manager().events().close();
    control.manager().captures().close();
  });
  stop_serving();
  server_->Shutdown(std::chrono::system_clock::now() + kShutdownLimit);
  server_->Wait();
  server_.reset();  // removes the unix socket
}

}  // namespace pollux::rpc
