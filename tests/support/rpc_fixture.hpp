// A whole control plane behind a real gRPC server on a unix socket, over a fake data plane.
#pragma once

#include <grpcpp/grpcpp.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "controlplane/rpc/rpc_server.hpp"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "pollux/v1/node.grpc.pb.h"
#include "pollux/v1/session.grpc.pb.h"
#include "tests/support/control_fixture.hpp"

namespace pollux::test {

// A directory that goes with its contents.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = std::filesystem::temp_directory_path() / "pollux-test-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) {
      throw std::runtime_error("mkdtemp");
    }
    path_ = name;
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  std::string file(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

inline config::NodeConfig node_config(const std::string& unix_socket) {
  config::NodeConfig config;
  config.networks = two_networks();
  PortConfig lan;
  lan.name = "lan";
  lan.device = "net_ring0";
  lan.interfaces = {{0, {IpPrefix::parse("10.0.0.1/24").value()}, {}}};
  PortConfig wan = lan;
  wan.name = "wan";
  config.dataplane.ports = {lan, wan};
  config.dataplane.workers = {{2, {true, true}, IdleMode::kPoll, 0}, {3, {true, false}, IdleMode::kPause, 0}};
  config.dataplane.max_sessions = 5000;
  config.event_log_size = 128;
  config.grpc.unix_socket = unix_socket;
  return config;
}

struct RpcFixture {
  using Change = std::function<void(config::NodeConfig&)>;

  explicit RpcFixture(const Change& change = {})
      : config(changed(node_config(directory.file("pollux.sock")), change)),
        dataplane(2),
        manager(dataplane, control::make_manager_options(config, "run-1")),
        calls(manager),
        control(manager, [this] { calls.poll(); }) {
    server = rpc::RpcServer::start(control, calls, dataplane, config, identity, reloader).value();
    channel = grpc::CreateChannel("unix:" + config.grpc.unix_socket, grpc::InsecureChannelCredentials());
    sessions = v1::SessionService::NewStub(channel);
    node = v1::NodeService::NewStub(channel);
  }
  static config::NodeConfig changed(config::NodeConfig config, const Change& change) {
    if (change) {
      change(config);
    }
    return config;
  }

  static v1::CreateRequest create_request(const std::string& id) {
    v1::CreateRequest request;
    request.set_session_id(id);
    auto* a = request.mutable_spec()->add_legs();
    a->set_leg_id("a");
    a->set_network("inside");
    a->mutable_remote_rtp()->set_address("10.0.0.100");
    a->mutable_remote_rtp()->set_port(4000);
    auto* b = request.mutable_spec()->add_legs();
    b->set_leg_id("b");
    b->set_network("outside");
    return request;
  }

  struct Reply {
    grpc::Status status;
    v1::Session session;
  };
  Reply create(const v1::CreateRequest& request) {
    return call([&](auto* context, auto* out) { return sessions->Create(context, request, out); });
  }
  Reply create(const std::string& id) { return create(create_request(id)); }
  Reply update(const v1::UpdateRequest& request) {
    return call([&](auto* context, auto* out) { return sessions->Update(context, request, out); });
  }
  Reply get(const std::string& id) {
    v1::GetRequest request;
    request.set_session_id(id);
    return call([&](auto* context, auto* out) { return sessions->Get(context, request, out); });
  }
  Reply remove(const std::string& id) {
    v1::DeleteRequest request;
    request.set_session_id(id);
    return call([&](auto* context, auto* out) { return sessions->Delete(context, request, out); });
  }

  // No call of a test takes as long: a hang becomes a failure.
  static void set_deadline(grpc::ClientContext& context) {
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  }
  template <typename Function>
  Reply call(Function function) {
    grpc::ClientContext context;
    set_deadline(context);
    Reply reply;
    reply.status = function(&context, &reply.session);
    return reply;
  }

  TemporaryDirectory directory;
  const config::NodeConfig config;
  const rpc::NodeIdentity identity{
      "1.2.3", "run-1", std::chrono::system_clock::now(), {{"grpc", "1.51"}}, {"avx2", "aes"}};
  FakeDataplane dataplane;
  control::SessionManager manager;
  call::CallManager calls;
  control::ControlThread control;
  config::ConfigResult file{config, {}, {}, "pollux.yaml", {{"log.level", 3}}};  // what Reload reads
  std::vector<config::NodeConfig> reloaded;                                      // what it applied
  ops::ConfigReloader reloader{config, [this] { return file; },
                               [this](const config::NodeConfig& changed) -> Expected<void> {
                                 reloaded.push_back(changed);
                                 return {};
                               }};
  std::unique_ptr<rpc::RpcServer> server;
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::SessionService::Stub> sessions;
  std::unique_ptr<v1::NodeService::Stub> node;
};

// What a failed call carries, unpacked from its binary details.
struct ErrorDetails {
  std::string reason;
  std::string domain;
  std::map<std::string, std::string> violations;  // field -> description
  std::optional<std::chrono::nanoseconds> retry;
};

inline ErrorDetails details_of(const grpc::Status& status) {
  ErrorDetails result;
  google::rpc::Status rich;
  rich.ParseFromString(status.error_details());
  for (const auto& any : rich.details()) {
    google::rpc::ErrorInfo info;
    google::rpc::BadRequest bad_request;
    google::rpc::RetryInfo retry;
    if (any.UnpackTo(&info)) {
      result.reason = info.reason();
      result.domain = info.domain();
    } else if (any.UnpackTo(&retry)) {
      result.retry = std::chrono::seconds(retry.retry_delay().seconds()) +
                     std::chrono::nanoseconds(retry.retry_delay().nanos());
    } else if (any.UnpackTo(&bad_request)) {
      for (const auto& violation : bad_request.field_violations()) {
        result.violations[violation.field()] = violation.description();
      }
    }
  }
  return result;
}

}  // namespace pollux::test
