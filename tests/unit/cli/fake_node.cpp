#include "tests/unit/cli/fake_node.hpp"

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <stdexcept>

namespace pollux::cli {

FakeNode::FakeNode() {
  std::string pattern = (std::filesystem::temp_directory_path() / "pollux-cli-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) {
    throw std::runtime_error("no temporary directory");
  }
  directory_ = pattern;
  target_ = "unix:" + directory_ + "/node.sock";
  grpc::ServerBuilder builder;
  builder.AddListeningPort(target_, grpc::InsecureServerCredentials());
  builder.RegisterService(static_cast<v1::SessionService::Service*>(this));
  builder.RegisterService(static_cast<v1::NodeService::Service*>(this));
  server_ = builder.BuildAndStart();
  if (server_ == nullptr) {
    throw std::runtime_error("the fake node can't listen at " + target_);
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

grpc::Status FakeNode::Info(grpc::ServerContext*, const v1::InfoRequest*, v1::InfoResponse* response) {
  *response = info;
  return error;
}

grpc::Status FakeNode::Stats(grpc::ServerContext*, const v1::StatsRequest*, v1::StatsResponse* response) {
  *response = stats;
  return error;
}

Outcome run_against(const std::string& target, const std::vector<std::string>& arguments, int pauses,
                    const std::string& input, std::chrono::milliseconds quiet_time) {
  std::istringstream in(input);
  std::ostringstream out;
  std::ostringstream err;
  double now = 1'714'532'400;
  const Environment environment{
      .in = in,
      .out = out,
      .err = err,
      .target = target,
      .style = {},
      .terminal = false,
      .now_seconds = [&now] { return now; },
      .pause =
          [&](std::chrono::milliseconds duration) {
            now += std::chrono::duration<double>(duration).count();
            return pauses-- > 0;
          },
      .quiet_time = quiet_time,
  };
  Outcome outcome;
  outcome.exit_code = run(arguments, environment);
  outcome.out = out.str();
  outcome.err = err.str();
  return outcome;
}

}  // namespace pollux::cli
