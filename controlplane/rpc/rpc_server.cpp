#include "controlplane/rpc/rpc_server.hpp"

#include <chrono>

#include "controlplane/rpc/doors.hpp"
#include "controlplane/rpc/tls_door.hpp"

namespace pollux::rpc {

namespace {

constexpr std::chrono::seconds kShutdownLimit{1};

DoorServer::Plan socket_plan(const std::string& path, std::uint32_t mode, config::Role role) {
  DoorServer::Plan plan;
  plan.gate.door = "the unix socket " + path;
  plan.gate.role = role;
  plan.gate.one_peer = true;
  plan.unix_path = path;
  plan.mode = mode;
  plan.credentials = grpc::InsecureServerCredentials();
  return plan;
}

std::vector<DoorServer::Plan> plans_of(const config::DoorConfig& doors) {
  std::vector<DoorServer::Plan> plans;
  if (!doors.unix_socket.empty()) {
    plans.push_back(socket_plan(doors.unix_socket, doors.unix_socket_mode, config::Role::kAdmin));
  }
  if (!doors.read_only_socket.empty()) {
    plans.push_back(
        socket_plan(doors.read_only_socket, doors.read_only_socket_mode, config::Role::kReadOnly));
  }
  if (!doors.tcp.empty()) {
    DoorServer::Plan& plan = plans.emplace_back();
    plan.gate.door = "the TCP door (grpc.tcp_role)";
    plan.gate.role = doors.tcp_role;
    plan.addresses = doors.tcp;
    plan.credentials = grpc::InsecureServerCredentials();
  }
  if (!doors.tls.listen.empty()) {
    DoorServer::Plan& plan = plans.emplace_back();
    plan.gate.door = "the TLS door";
    plan.gate.role = doors.tls.anonymous_role;
    if (!doors.tls.client_ca.empty()) {
      plan.gate.certificates = doors.tls;
    }
    plan.addresses = doors.tls.listen;
    plan.credentials = tls_credentials(doors.tls);
  }
  for (DoorServer::Plan& plan : plans) {
    plan.gate.max_requests_per_second = doors.max_requests_per_second;
  }
  return plans;
}

}  // namespace

RpcServer::RpcServer(control::ControlThread& control, call::CallManager& calls, const Dataplane& dataplane,
                     const config::NodeConfig& config, const NodeIdentity& identity,
                     ops::ConfigReloader& reloader)
    : control_(control),
      sessions_(control, config.grpc.max_watchers),
      media_(control),
      offer_answer_(control, calls),
      node_(control, dataplane, config, identity, reloader, [this](bool serving) { set_serving(serving); }) {}

Expected<std::unique_ptr<RpcServer>> RpcServer::start(control::ControlThread& control,
                                                      call::CallManager& calls, const Dataplane& dataplane,
                                                      const config::NodeConfig& config,
                                                      const NodeIdentity& identity,
                                                      ops::ConfigReloader& reloader, CallObserver observer) {
  std::unique_ptr<RpcServer> server(new RpcServer(control, calls, dataplane, config, identity, reloader));
  if (auto opened = server->open(config.grpc, observer); !opened) {
    return tl::unexpected<Error>(std::move(opened.error()));
  }
  return server;
}

Expected<void> RpcServer::open(const config::DoorConfig& config, const CallObserver& observer) {
  if (auto ready = prepare_doors(config); !ready) {
    return ready;
  }
  const std::vector<DoorServer::Entry> services = {
      {v1::SessionService::service_full_name(), &sessions_},
      {v1::MediaService::service_full_name(), &media_},
      {v1::OfferAnswerService::service_full_name(), &offer_answer_},
      {v1::NodeService::service_full_name(), &node_},
  };
  for (DoorServer::Plan& plan : plans_of(config)) {
    auto door = DoorServer::open(std::move(plan), config, services, under_way_, observer);
    if (!door) {
      return tl::unexpected<Error>(std::move(door.error()));
    }
    // A Drain may come by a door that is open already.
    const std::lock_guard lock(serving_mutex_);
    (*door)->set_serving(serving_);
    servers_.push_back(std::move(*door));
  }
  return {};
}

std::vector<std::string> RpcServer::doors() const {
  std::vector<std::string> names;
  for (const auto& server : servers_) {
    names.insert(names.end(), server->doors().begin(), server->doors().end());
  }
  return names;
}

void RpcServer::set_serving(bool serving) {
  const std::lock_guard lock(serving_mutex_);
  if (!stopped_serving_) {
    serving_ = serving;
    for (const auto& server : servers_) {
      server->set_serving(serving);
    }
  }
}

void RpcServer::stop_serving() {
  set_serving(false);
  const std::lock_guard lock(serving_mutex_);
  stopped_serving_ = true;
}

void RpcServer::shutdown() {
  if (servers_.empty()) {
    return;
  }
  // The task may run when this server is gone already: it knows the control thread only.
  control_.post([&control = control_] {
    control.manager().events().close();
    control.manager().captures().close();
  });
  stop_serving();
  under_way_.wait_for_none(std::chrono::steady_clock::now() + kShutdownLimit);
  for (const auto& server : servers_) {
    server->shutdown();
  }
  servers_.clear();  // removes the unix sockets
}

}  // namespace pollux::rpc
