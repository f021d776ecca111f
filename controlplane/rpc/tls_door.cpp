#include "controlplane/rpc/tls_door.hpp"

#include <grpc/grpc_security.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/security/auth_metadata_processor.h>
#include <grpcpp/security/tls_credentials_options.h>

#include "controlplane/rpc/gate.hpp"

namespace pollux::rpc {

namespace {

constexpr unsigned kLookAtFilesSeconds = 1;
constexpr const char* kGatedPaths = "/pollux.v1.";

// The services of gRPC itself aren't behind the gate: here their strangers are turned away. Those of the
// gated services get to the gate, which can say more.
class StrangerRefusal final : public grpc::AuthMetadataProcessor {
 public:
  explicit StrangerRefusal(const config::TlsConfig& tls) : tls_(tls) {}

  bool IsBlocking() const override { return false; }

  grpc::Status Process(const InputMetadata& metadata, grpc::AuthContext* context,
                       OutputMetadata* /*consumed*/, OutputMetadata* /*response*/) override {
    const auto path = metadata.find(":path");
    if (path != metadata.end() && path->second.starts_with(kGatedPaths)) {
      return grpc::Status::OK;
    }
    std::vector<std::string> names;
    for (const char* property : {GRPC_X509_CN_PROPERTY_NAME, GRPC_X509_SAN_PROPERTY_NAME}) {
      for (const grpc::string_ref& name : context->FindPropertyValues(property)) {
        names.emplace_back(name.data(), name.size());
      }
    }
    if (role_of(names, tls_) != config::Role::kNone) {
      return grpc::Status::OK;
    }
    return {grpc::StatusCode::PERMISSION_DENIED, "the client's certificate has no role at this node"};
  }

 private:
  const config::TlsConfig tls_;
};

}  // namespace

std::shared_ptr<grpc::ServerCredentials> tls_credentials(const config::TlsConfig& tls) {
  const bool mutual = !tls.client_ca.empty();
  grpc::experimental::TlsServerCredentialsOptions options(
      std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
          tls.key, tls.certificate, tls.client_ca, kLookAtFilesSeconds));
  options.watch_identity_key_cert_pairs();
  if (mutual) {
    options.watch_root_certs();
    options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  }
  auto credentials = grpc::experimental::TlsServerCredentials(options);
  if (mutual) {
    credentials->SetAuthMetadataProcessor(std::make_shared<StrangerRefusal>(tls));
  }
  return credentials;
}

}  // namespace pollux::rpc
