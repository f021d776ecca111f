#include "controlplane/ng/node.hpp"

#include <grpcpp/generic/generic_stub.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>

namespace pollux::ng {

namespace {

Expected<std::string> read_pem(const std::string& key, const std::string& path) {
  if (path.empty()) {
    return "";
  }
  errno = 0;
  std::ifstream file(path);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file.is_open() || file.bad()) {
    return fail(ErrorCode::kInvalidArgument, "TLS_FILE", key,
                path + ": " + std::generic_category().message(errno != 0 ? errno : EIO));
  }
  if (text.find("-----BEGIN ") == std::string::npos) {
    return fail(ErrorCode::kInvalidArgument, "TLS_FILE", key, path + " holds nothing in PEM");
  }
  return text;
}

Expected<std::shared_ptr<grpc::ChannelCredentials>> make_credentials(const NodeEntry& entry) {
  if (!entry.tls.wanted()) {
    return grpc::InsecureChannelCredentials();
  }
  const auto ca = read_pem("tls.ca", entry.tls.ca);
  const auto cert = read_pem("tls.cert", entry.tls.cert);
  const auto key = read_pem("tls.key", entry.tls.key);
  for (const auto* file : {&ca, &cert, &key}) {
    if (!*file) {
      return tl::unexpected(file->error());
    }
  }
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = *ca;
  options.pem_cert_chain = *cert;
  options.pem_private_key = *key;
  return grpc::SslCredentials(options);
}

// HealthCheckResponse has one field, `status` = 1. No generated code of it comes with the gRPC library.
Health read_health(const grpc::ByteBuffer& response) {
  constexpr char kServing[] = {0x08, 0x01};
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (response.Dump(&slices).ok()) {
    for (const grpc::Slice& slice : slices) {
      bytes.append(static_cast<const char*>(static_cast<const void*>(slice.begin())), slice.size());
    }
  }
  return bytes == std::string_view(kServing, sizeof kServing) ? Health::kServing : Health::kDraining;
}

}  // namespace

Node::Node(const NodeEntry& entry, std::shared_ptr<grpc::Channel> channel)
    : entry_(entry),
      channel_(std::move(channel)),
      calls_(channel_),
      media_(channel_),
      node_(channel_),
      sessions_(channel_),
      drain_(entry.drain),
      weight_(entry.weight) {}

Expected<std::shared_ptr<Node>> Node::open(const NodeEntry& entry) {
  auto credentials = make_credentials(entry);
  if (!credentials) {
    return tl::unexpected(std::move(credentials.error()));
  }
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);  // a node is never behind the machine's web proxy
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);  // who repeats what is decided here
  // A node that comes back is found at once: a call waits for nothing longer than its proxy does.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 500);
  if (!entry.tls.server_name.empty()) {
    arguments.SetSslTargetNameOverride(entry.tls.server_name);
  }
  return std::shared_ptr<Node>(
      new Node(entry, grpc::CreateCustomChannel(entry.address, *credentials, arguments)));
}

bool Node::takes_new_calls() const {
  return !drained() && (health() == Health::kServing || health() == Health::kUnknown);
}

void Node::learn_from(const CallError& error) {
  if (error.cause == "NODE_DRAINING" || error.cause == "NODE_STOPPING") {
    believe(++questions_, Health::kDraining);
  } else if (error.cause.empty() && error.code == grpc::StatusCode::UNAVAILABLE) {
    believe(++questions_, Health::kUnreachable);  // a time-out isn't taken for that: the next check will tell
  }
}

void Node::believe(std::uint64_t question, Health health) {
  const std::lock_guard lock(believing_);
  if (question > believed_) {
    believed_ = question;
    health_.store(health, std::memory_order_relaxed);
  }
}

Health Node::check(Deadline deadline) {
  const std::uint64_t question = ++questions_;
  grpc::GenericStub stub(channel_);
  grpc::ClientContext context;
  context.set_deadline(deadline);
  grpc::CompletionQueue queue;
  const grpc::Slice nothing;
  const grpc::ByteBuffer request(&nothing, 1);  // HealthCheckRequest of the whole server: no field is set
  grpc::ByteBuffer response;
  grpc::Status status;
  auto call = stub.PrepareUnaryCall(&context, "/grpc.health.v1.Health/Check", request, &queue);
  call->StartCall();
  call->Finish(&response, &status, this);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  Health found = Health::kUnreachable;
  if (status.ok()) {
    found = read_health(response);
  } else if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED) {
    found = Health::kServing;  // it is there, and says nothing of its health
  }
  believe(question, found);
  return found;
}

}  // namespace pollux::ng
