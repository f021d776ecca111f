#include "controlplane/cli/client.hpp"

namespace pollux::cli {

namespace {

std::shared_ptr<grpc::Channel> open_channel(const std::string& target, const Credentials& credentials,
                                            std::chrono::milliseconds timeout) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);           // a page of many-legged sessions passes gRPC's 4 MiB
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);  // a node is never behind the machine's web proxy
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // `events --follow` tries again each second; the default would let gRPC itself wait up to two minutes.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 200);
  // In spite of its name, how long one attempt may take: a busy machine, or TLS from far away, needs its
  // time.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, static_cast<int>(timeout.count()));
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  // Notices a dead peer under a silent event stream; no more often than servers allow by default (5 min).
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 310'000);
  if (!credentials.server_name.empty()) {
    arguments.SetSslTargetNameOverride(credentials.server_name);
  }
  return grpc::CreateCustomChannel(target, credentials.channel, arguments);
}

}  // namespace

Client::Client(const std::string& target, const Credentials& credentials, std::chrono::milliseconds timeout)
    : channel_(open_channel(target, credentials, timeout)),
      sessions_(channel_),
      media_(channel_),
      node_(channel_),
      timeout_(timeout) {}

template <typename Response, typename Stub, typename Request>
Answer<Response> Client::call(Stub& stub,
                              grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                              const Request& request) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + timeout_);
  Answer<Response> answer;
  const grpc::Status status = (stub.*method)(&context, request, &answer.value);
  if (!status.ok()) {
    answer.error = error_of(status);
  }
  return answer;
}

Answer<v1::Session> Client::create(const v1::CreateRequest& request) {
  return call(sessions_, &v1::SessionService::Stub::Create, request);
}

Answer<v1::Session> Client::get(const std::string& session_id) {
  v1::GetRequest request;
  request.set_session_id(session_id);
  return call(sessions_, &v1::SessionService::Stub::Get, request);
}

Answer<v1::Session> Client::remove(const std::string& session_id) {
  v1::DeleteRequest request;
  request.set_session_id(session_id);
  return call(sessions_, &v1::SessionService::Stub::Delete, request);
}

Answer<v1::ListResponse> Client::list(std::uint32_t page_size, const std::string& page_token) {
  v1::ListRequest request;
  request.set_page_size(page_size);
  request.set_page_token(page_token);
  return call(sessions_, &v1::SessionService::Stub::List, request);
}

Answer<v1::InjectDtmfResponse> Client::inject_dtmf(const v1::InjectDtmfRequest& request) {
  return call(media_, &v1::MediaService::Stub::InjectDtmf, request);
}

Answer<v1::BlockDtmfResponse> Client::block_dtmf(const v1::BlockDtmfRequest& request) {
  return call(media_, &v1::MediaService::Stub::BlockDtmf, request);
}

Answer<v1::UnblockDtmfResponse> Client::unblock_dtmf(const v1::UnblockDtmfRequest& request) {
  return call(media_, &v1::MediaService::Stub::UnblockDtmf, request);
}

Answer<v1::InfoResponse> Client::info() {
  return call(node_, &v1::NodeService::Stub::Info, v1::InfoRequest());
}

Answer<v1::StatsResponse> Client::stats() {
  return call(node_, &v1::NodeService::Stub::Stats, v1::StatsRequest());
}

Answer<v1::UndrainResponse> Client::undrain() {
  return call(node_, &v1::NodeService::Stub::Undrain, v1::UndrainRequest());
}

Answer<v1::ReloadResponse> Client::reload(bool dry_run) {
  v1::ReloadRequest request;
  request.set_dry_run(dry_run);
  return call(node_, &v1::NodeService::Stub::Reload, request);
}

Answer<v1::PortsResponse> Client::ports() {
  return call(node_, &v1::NodeService::Stub::Ports, v1::PortsRequest());
}

std::unique_ptr<EventStream> Client::watch(const v1::WatchEventsRequest& request) {
  return std::make_unique<EventStream>(sessions_, &v1::SessionService::Stub::PrepareAsyncWatchEvents,
                                       request);
}

std::unique_ptr<DrainStream> Client::drain(const v1::DrainRequest& request) {
  return std::make_unique<DrainStream>(node_, &v1::NodeService::Stub::PrepareAsyncDrain, request);
}

std::unique_ptr<CaptureStream> Client::capture(const v1::CaptureRequest& request) {
  return std::make_unique<CaptureStream>(node_, &v1::NodeService::Stub::PrepareAsyncCapture, request);
}

CallError Client::error_of(const grpc::Status& status) const {
  return decode_error(status, channel_->GetState(false) == GRPC_CHANNEL_READY);
}

}  // namespace pollux::cli
