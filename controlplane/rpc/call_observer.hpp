// Tells somebody how each call went and how long it took.
#pragma once

#include <grpcpp/support/server_interceptor.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pollux::rpc {

// `method` is one of the API's ("SessionService/Create"): their number is bounded. `code` is gRPC's. `took`
// is the time from the call's arrival to its status, or, where a stream opens, to its first message: then
// `code` is OK. Called once a call, on gRPC's threads, several at a time.
using CallObserver = std::function<void(std::string_view method, int code, std::chrono::nanoseconds took)>;

// For ServerBuilder. Calls of other methods than `methods` (health, reflection) are left alone.
std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> observe_calls(
    CallObserver observer, const std::vector<std::string>& methods);

}  // namespace pollux::rpc
