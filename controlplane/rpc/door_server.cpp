#include "controlplane/rpc/door_server.hpp"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <sys/stat.h>

#include <list>
#include <mutex>

namespace pollux::rpc {

namespace {

constexpr int kKeepaliveMs = 30000;  // a client that vanished frees its streams after this and the time-out
constexpr int kKeepaliveTimeoutMs = 10000;
constexpr int kLeastPingIntervalMs = 10000;  // more pings than that without a call end the connection ...
constexpr int kPingStrikes = 2;              // ... after so many
constexpr int kHandshakeTimeoutMs = 5000;    // connections that say nothing don't stay
constexpr int kMaxMetadataBytes = 8192;

// Both are registered for the whole process, once.
void enable_plugins() {
  static std::once_flag once;
  std::call_once(once, [] {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  });
}

void set_limits(const config::DoorConfig& limits, grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(static_cast<int>(limits.max_request_kib * 1024));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                             static_cast<int>(limits.max_calls_per_connection));
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);  // two nodes must not share a door unnoticed
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kLeastPingIntervalMs);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, kPingStrikes);
}

struct Port {
  std::string name;
  int number = 0;  // what gRPC made of it: 0 is failure, 1 a unix socket
};

}  // namespace

Expected<std::unique_ptr<DoorServer>> DoorServer::open(Plan plan, const config::DoorConfig& limits,
                                                       const std::vector<Entry>& services, CallCounter& calls,
                                                       const CallObserver& observer) {
  enable_plugins();
  std::unique_ptr<DoorServer> door(new DoorServer(plan.gate));
  grpc::ServerBuilder builder;
  set_limits(limits, builder);
  builder.SetContextAllocator(std::make_unique<CallContexts>());
  std::vector<std::string> methods;
  for (const auto& [name, service] : services) {
    auto& gated =
        *door->services_.emplace_back(std::make_unique<GatedService>(*service, name, door->gate_, calls));
    builder.RegisterService(&gated);
    const auto more = gated.methods();
    methods.insert(methods.end(), more.begin(), more.end());
    door->service_names_.push_back(name);
  }
  if (observer) {
    std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> observers;
    observers.push_back(observe_calls(observer, methods));
    builder.experimental().SetInterceptorCreators(std::move(observers));
  }
  if (auto listening = door->listen(plan, builder); !listening) {
    return tl::unexpected<Error>(std::move(listening.error()));
  }
  door->set_serving(true);
  return door;
}

Expected<void> DoorServer::listen(const Plan& plan, grpc::ServerBuilder& builder) {
  std::list<Port> ports;  // gRPC writes the numbers into them: they must not move
  const auto add = [&](const std::string& name) {
    Port& port = ports.emplace_back(Port{name});
    builder.AddListeningPort(name, plan.credentials, &port.number);
  };
  if (!plan.unix_path.empty()) {
    add("unix:" + plan.unix_path);
  }
  for (const SocketAddress& address : plan.addresses) {
    add(address.to_string());
  }
  // The socket must not be open to all even for the moment before its mode is set.
  const mode_t old_mask = umask(0777 & ~static_cast<mode_t>(plan.mode));
  server_ = builder.BuildAndStart();
  umask(old_mask);
  if (server_ == nullptr) {
    for (const Port& port : ports) {
      if (port.number == 0) {
        return fail(ErrorCode::kUnavailable, "DOOR_UNAVAILABLE", "grpc",
                    "gRPC door " + port.name + ": can't listen there");
      }
    }
    return fail(ErrorCode::kInternal, "INTERNAL", "grpc", "the gRPC server doesn't start");
  }
  const std::string& path = plan.unix_path;
  if (!path.empty() && chmod(path.c_str(), static_cast<mode_t>(plan.mode)) != 0) {
    return fail(ErrorCode::kUnavailable, "DOOR_UNAVAILABLE", "grpc",
                "gRPC door " + path + ": can't set its mode");
  }
  auto address = plan.addresses.begin();
  for (const Port& port : ports) {
    if (port.name.starts_with("unix:")) {
      doors_.push_back(port.name);
    } else {
      doors_.push_back(SocketAddress{(address++)->ip, static_cast<std::uint16_t>(port.number)}.to_string());
    }
  }
  return {};
}

void DoorServer::set_serving(bool serving) {
  auto* health = server_->GetHealthCheckService();
  health->SetServingStatus(serving);
  for (const std::string& name : service_names_) {
    health->SetServingStatus(name, serving);
  }
}

void DoorServer::shutdown() {
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
}

}  // namespace pollux::rpc
