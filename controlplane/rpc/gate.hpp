// Who may call what by a door, and how often: every call is asked about here before it is read.
#pragma once

#include <grpc/grpc.h>
#include <grpcpp/support/status.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/config/node_config.hpp"
#include "controlplane/rpc/rate_limiter.hpp"

namespace pollux::rpc {

// Whether Role::kReadOnly suffices for a method ("SessionService/Get"). What isn't listed takes Role::kAdmin.
bool open_to_readers(std::string_view method);

// The role that the names in a client's certificate give: the highest that any of them has.
config::Role role_of(const std::vector<std::string>& names, const config::TlsConfig& tls);

class Gate {
 public:
  struct Options {
    std::string door;                          // for messages: "the unix socket /run/pollux/pollux.sock"
    config::Role role = config::Role::kAdmin;  // of everybody, unless certificates tell
    std::optional<config::TlsConfig> certificates;
    bool one_peer = false;  // callers can't be told apart (unix sockets): one bucket for all
    std::uint32_t max_requests_per_second = 0;
    std::function<std::chrono::steady_clock::time_point()> now = std::chrono::steady_clock::now;
  };

  explicit Gate(Options options);

  // Why the call must not be handled; nothing when it may. `method` is "SessionService/Create". Any thread.
  std::optional<grpc::Status> refusal(std::string_view method, grpc_call* call);

 private:
  std::optional<grpc::Status> role_refusal(std::string_view method, grpc_call* call) const;
  std::optional<grpc::Status> rate_refusal(grpc_call* call);

  const Options options_;
  RateLimiter limiter_;
};

}  // namespace pollux::rpc
