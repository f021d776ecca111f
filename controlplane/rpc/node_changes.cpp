// NodeService's calls that change how the node runs: drain, undrain, reload.
#include "controlplane/rpc/drain_stream.hpp"
#include "controlplane/rpc/node_service.hpp"
#include "controlplane/rpc/status.hpp"

namespace pollux::rpc {

namespace {

grpc::Status invalid_config(const ops::ReloadProblems& problems) {
  control::Failure failure =
      control::make_failure(ErrorCode::kInvalidArgument, "CONFIG_INVALID",
                            "nothing has changed: " + config::format_problems(problems));
  for (const config::ConfigProblem& problem : problems) {
    const std::string line = problem.line > 0 ? "line " + std::to_string(problem.line) + ": " : "";
    failure.violations.push_back({problem.key.empty() ? problem.file : problem.key, line + problem.message});
  }
  return to_status(failure);
}

void write_change(const ops::ConfigChange& change, v1::ConfigChange& to) {
  to.set_key(change.key);
  to.set_old_value(change.old_value);
  to.set_new_value(change.new_value);
}

}  // namespace

grpc::ServerWriteReactor<v1::DrainResponse>* NodeService::Drain(grpc::CallbackServerContext* /*context*/,
                                                                const v1::DrainRequest* request) {
  return DrainStream::start(control_, *request, [this] { set_serving_(false); });
}

grpc::ServerUnaryReactor* NodeService::Undrain(grpc::CallbackServerContext* context,
                                               const v1::UndrainRequest* /*request*/,
                                               v1::UndrainResponse* /*response*/) {
  auto* reactor = context->DefaultReactor();
  const bool posted = control_.post([this, reactor] {
    if (auto undrained = control_.manager().undrain(); !undrained) {
      return reactor->Finish(stopping_status());
    }
    set_serving_(true);
    reactor->Finish(grpc::Status::OK);
  });
  if (!posted) {
    reactor->Finish(stopping_status());
  }
  return reactor;
}

grpc::ServerUnaryReactor* NodeService::Reload(grpc::CallbackServerContext* context,
                                              const v1::ReloadRequest* request,
                                              v1::ReloadResponse* response) {
  auto* reactor = context->DefaultReactor();
  const auto result = reloader_.reload(request->dry_run());
  if (!result) {
    reactor->Finish(invalid_config(result.error()));
    return reactor;
  }
  for (const ops::ConfigChange& change : result->applied) {
    write_change(change, *response->add_applied());
  }
  for (const ops::ConfigChange& change : result->needs_restart) {
    write_change(change, *response->add_needs_restart());
  }
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

}  // namespace pollux::rpc
