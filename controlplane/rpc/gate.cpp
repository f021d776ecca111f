#include "controlplane/rpc/gate.hpp"

#include <grpc/grpc_security.h>
#include <grpc/support/alloc.h>

#include <algorithm>
#include <array>
#include <memory>

#include "controlplane/rpc/status.hpp"

namespace pollux::rpc {

namespace {

using config::Role;

constexpr std::array<std::string_view, 8> kOpenToReaders = {
    "SessionService/Get",
    "SessionService/List",
    "SessionService/WatchEvents",
    "NodeService/Info",
    "NodeService/Stats",
    "NodeService/Ports",
    "OfferAnswerService/QueryCall",
    "OfferAnswerService/ListCalls",
};

struct ContextRelease {
  void operator()(grpc_auth_context* context) const { grpc_auth_context_release(context); }
};
using AuthContext = std::unique_ptr<grpc_auth_context, ContextRelease>;

// What a certificate's names look like in a message.
std::string shown(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    text += (text.empty() ? "'" : ", '") + name.substr(0, 64) + "'";
    if (text.size() > 200) {
      return text + " ...";
    }
  }
  return text.empty() ? "without a name" : text;
}

// "ipv4:192.0.2.1:40000" without the port, which changes with each connection.
std::string host_of(grpc_call* call) {
  const std::unique_ptr<char, void (*)(void*)> peer(grpc_call_get_peer(call), gpr_free);
  const std::string text = peer == nullptr ? "" : peer.get();
  return text.substr(0, text.rfind(':'));
}

// Common name and alternative names of the certificate that gRPC has verified; none without one.
std::vector<std::string> certificate_names(const grpc_auth_context& context) {
  std::vector<std::string> names;
  for (const char* property : {GRPC_X509_CN_PROPERTY_NAME, GRPC_X509_SAN_PROPERTY_NAME}) {
    auto at = grpc_auth_context_find_properties_by_name(&context, property);
    while (const grpc_auth_property* found = grpc_auth_property_iterator_next(&at)) {
      names.emplace_back(found->value, found->value_length);
    }
  }
  return names;
}

}  // namespace

bool open_to_readers(std::string_view method) {
  return std::find(kOpenToReaders.begin(), kOpenToReaders.end(), method) != kOpenToReaders.end();
}

Role role_of(const std::vector<std::string>& names, const config::TlsConfig& tls) {
  const auto any_in = [&names](const std::vector<std::string>& list) {
    return std::any_of(names.begin(), names.end(), [&list](const std::string& name) {
      return std::find(list.begin(), list.end(), name) != list.end();
    });
  };
  return any_in(tls.admins) ? Role::kAdmin : any_in(tls.readers) ? Role::kReadOnly : Role::kNone;
}

Gate::Gate(Options options) : options_(std::move(options)), limiter_(options_.max_requests_per_second) {}

std::optional<grpc::Status> Gate::refusal(std::string_view method, grpc_call* call) {
  auto refused = role_refusal(method, call);
  return refused ? refused : rate_refusal(call);
}

std::optional<grpc::Status> Gate::role_refusal(std::string_view method, grpc_call* call) const {
  Role role = options_.role;
  std::vector<std::string> names;
  if (options_.certificates) {
    const AuthContext context(grpc_call_auth_context(call));
    names = context == nullptr ? names : certificate_names(*context);
    role = role_of(names, *options_.certificates);
  }
  if (role == Role::kAdmin || (role == Role::kReadOnly && open_to_readers(method))) {
    return std::nullopt;
  }
  const std::string who = options_.door + " gives " +
                          (options_.certificates ? "the certificate " + shown(names) : "every caller");
  if (role == Role::kNone) {
    return refusal_status(grpc::StatusCode::PERMISSION_DENIED, "ROLE_NONE",
                          who + " no role: one of its names must be in grpc.tls.admins or grpc.tls.readers");
  }
  return refusal_status(grpc::StatusCode::PERMISSION_DENIED, "ROLE_READ_ONLY",
                        who + " the role read_only, and " + std::string(method) +
                            " needs the role admin: call by another door, or as somebody else");
}

std::optional<grpc::Status> Gate::rate_refusal(grpc_call* call) {
  if (!limiter_.limits()) {
    return std::nullopt;
  }
  const auto wait = limiter_.take(options_.one_peer ? std::string() : host_of(call), options_.now());
  if (!wait) {
    return std::nullopt;
  }
  return refusal_status(grpc::StatusCode::RESOURCE_EXHAUSTED, "RATE_LIMITED",
                        "more than " + std::to_string(options_.max_requests_per_second) +
                            " calls per second (grpc.max_requests_per_second) by " + options_.door,
                        *wait);
}

}  // namespace pollux::rpc
