// How polluxctl makes sure of a node, and the node of polluxctl: TLS.
#pragma once

#include <grpcpp/security/credentials.h>

#include <memory>
#include <string>

#include "controlplane/cli/parsed.hpp"

namespace pollux::cli {

// Files in PEM; all empty: no TLS.
struct TlsOptions {
  std::string ca;           // whom to trust; empty with `cert` or `server_name`: the system's authorities
  std::string cert;         // who we are, for mutual TLS
  std::string key;          // of `cert`
  std::string server_name;  // name in the node's certificate, where the target has another

  bool wanted() const { return !ca.empty() || !cert.empty() || !key.empty() || !server_name.empty(); }
};

struct Credentials {
  std::shared_ptr<grpc::ChannelCredentials> channel;
  std::string server_name;  // empty: the target's
};

// A unix socket never takes TLS: its permissions are its protection.
Parsed<Credentials> make_credentials(const TlsOptions& options, const std::string& target);

}  // namespace pollux::cli
