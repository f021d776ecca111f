// What an encrypted door is opened with.
#pragma once

#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "controlplane/config/node_config.hpp"

namespace pollux::rpc {

// TLS 1.2 or 1.3 with the files of `tls`, which are looked at once a second and read again when they have
// changed: new connections then get the new ones. With client_ca, clients without a certificate from there
// don't get through the handshake; those whose certificate gives no role may call nothing, not even health or
// reflection. Pre: config::check_certificates() found no problem.
std::shared_ptr<grpc::ServerCredentials> tls_credentials(const config::TlsConfig& tls);

}  // namespace pollux::rpc
