#include "tests/unit/cli/fake_node.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <stdexcept>

namespace pollux::cli {

FakeNode::FakeNode(std::shared_ptr<grpc::ServerCredentials> credentials) {
  std::string pattern = (std::filesystem::temp_directory_path() / "pollux-cli-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) {
    throw std::runtime_error("no temporary directory");
  }
  directory_ = pattern;
  target_ = "unix:" + directory_ + "/node.sock";
  grpc::ServerBuilder builder;
  int port = 0;
  if (credentials == nullptr) {
    builder.AddListeningPort(target_, grpc::InsecureServerCredentials());
  } else {
    builder.AddListeningPort("127.0.0.1:0", std::move(credentials), &port);
  }
  builder.RegisterService(static_cast<v1::SessionService::Service*>(this));
  builder.RegisterService(static_cast<v1::MediaService::Service*>(this));
  builder.RegisterService(static_cast<v1::NodeService::Service*>(this));
  server_ = builder.BuildAndStart();
  if (server_ == nullptr) {
    throw std::runtime_error("the fake node can't listen at " + target_);
  }
  if (port != 0) {
    target_ = "127.0.0.1:" + std::to_string(port);
  }
}

FakeNode::~FakeNode() {
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
  std::filesystem::remove_all(directory_);
}

grpc::Status FakeNode::Create(grpc::ServerContext*, const v1::CreateRequest* request, v1::Session* response) {
  created.push_back(*request);
  response->set_session_id(request->session_id());
  *response->mutable_spec() = request->spec();
  return error;
}

grpc::Status FakeNode::Get(grpc::ServerContext*, const v1::GetRequest* request, v1::Session* response) {
  for (const auto& session : sessions) {
    if (session.session_id() == request->session_id()) {
      *response = session;
    }
  }
  return error;
}

grpc::Status FakeNode::Delete(grpc::ServerContext*, const v1::DeleteRequest* request, v1::Session* response) {
  for (const auto& session : sessions) {
    if (session.session_id() == request->session_id()) {
      deleted.push_back(request->session_id());
      *response = session;
      return error;
    }
  }
  return {grpc::StatusCode::NOT_FOUND, "no session " + request->session_id()};
}

// Page tokens are the index of the next session.
grpc::Status FakeNode::List(grpc::ServerContext*, const v1::ListRequest* request,
                            v1::ListResponse* response) {
  page_sizes.push_back(request->page_size());
  std::size_t at = request->page_token().empty() ? 0 : std::stoul(request->page_token());
  for (std::uint32_t i = 0; i < request->page_size() && at < sessions.size(); ++i, ++at) {
    *response->add_sessions() = sessions[at];
  }
  if (at < sessions.size()) {
    response->set_next_page_token(std::to_string(at));
  }
  response->set_total(sessions.size());
  return error;
}

grpc::Status FakeNode::WatchEvents(grpc::ServerContext* context, const v1::WatchEventsRequest* request,
                                   grpc::ServerWriter<v1::WatchEventsResponse>* writer) {
  watched.push_back(*request);
  return watch(static_cast<int>(watched.size()) - 1, *request, *writer, *context);
}

grpc::Status FakeNode::InjectDtmf(grpc::ServerContext*, const v1::InjectDtmfRequest* request,
                                  v1::InjectDtmfResponse* response) {
  injected.push_back(*request);
  if (believes_sip_info || !request->pressed_by_party()) {
    response->set_digits(request->digits());
    response->set_duration_ms(request->duration_ms() == 0 ? 160 : request->duration_ms());
    response->set_gap_ms(request->gap_ms() == 0 ? 40 : request->gap_ms());
  }
  return error;
}

grpc::Status FakeNode::BlockDtmf(grpc::ServerContext*, const v1::BlockDtmfRequest* request,
                                 v1::BlockDtmfResponse* response) {
  blocked.push_back(*request);
  response->set_mode(request->mode());
  return error;
}

grpc::Status FakeNode::UnblockDtmf(grpc::ServerContext*, const v1::UnblockDtmfRequest* request,
                                   v1::UnblockDtmfResponse*) {
  unblocked.push_back(*request);
  return error;
}

grpc::Status FakeNode::Info(grpc::ServerContext*, const v1::InfoRequest*, v1::InfoResponse* response) {
  *response = info;
  return error;
}

grpc::Status FakeNode::Stats(grpc::ServerContext*, const v1::StatsRequest*, v1::StatsResponse* response) {
  *response =
      stats_in_turn.empty() ? stats : stats_in_turn[std::min(stats_calls_++, stats_in_turn.size() - 1)];
  return error;
}

grpc::Status FakeNode::Drain(grpc::ServerContext* context, const v1::DrainRequest* request,
                             grpc::ServerWriter<v1::DrainResponse>* writer) {
  return drain ? drain(*request, *writer, *context) : error;
}

grpc::Status FakeNode::Undrain(grpc::ServerContext*, const v1::UndrainRequest*, v1::UndrainResponse*) {
  ++undrained;
  return error;
}

grpc::Status FakeNode::Reload(grpc::ServerContext*, const v1::ReloadRequest* request,
                              v1::ReloadResponse* response) {
  reloads.push_back(*request);
  *response = reloaded;
  return error;
}

grpc::Status FakeNode::Ports(grpc::ServerContext*, const v1::PortsRequest*, v1::PortsResponse* response) {
  *response = ports;
  return error;
}

grpc::Status FakeNode::Capture(grpc::ServerContext* context, const v1::CaptureRequest* request,
                               grpc::ServerWriter<v1::CaptureResponse>* writer) {
  return capture ? capture(*request, *writer, *context) : error;
}

Outcome run_against(const std::string& target, const std::vector<std::string>& arguments, int pauses,
                    const std::string& input, std::chrono::milliseconds quiet_time,
                    const std::function<bool()>& interrupted) {
  std::istringstream in(input);
  std::ostringstream out;
  std::ostringstream err;
  double now = 1'714'532'400;
  const Environment environment{
      .in = in,
      .out = out,
      .err = err,
      .defaults = {.target = target, .tls = {}},
      .style = {},
      .terminal = false,
      .err_terminal = false,
      .now_seconds = [&now] { return now; },
      .pause =
          [&](std::chrono::milliseconds duration) {
            now += std::chrono::duration<double>(duration).count();
            return pauses-- > 0;
          },
      .catch_interrupt = {},
      .interrupted = interrupted,
      .quiet_time = quiet_time,
  };
  Outcome outcome;
  outcome.exit_code = run(arguments, environment);
  outcome.out = out.str();
  outcome.err = err.str();
  return outcome;
}

}  // namespace pollux::cli
