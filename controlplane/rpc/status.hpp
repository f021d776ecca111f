// Failures as gRPC statuses with google.rpc details.
#pragma once

#include <grpcpp/support/status.h>

#include <chrono>
#include <optional>
#include <string>

#include "controlplane/session/session_types.hpp"

namespace pollux::rpc {

inline constexpr const char* kErrorDomain = "pollux";

// ErrorInfo with the failure's cause, and BadRequest where fields are wrong. The details are kept below what
// clients accept as trailing metadata (8 KiB): of very many violations the last are only counted.
grpc::Status to_status(const control::Failure& failure);

// Of a call that was never handled: ErrorInfo with `reason`, and RetryInfo where trying again will help.
grpc::Status refusal_status(grpc::StatusCode code, const std::string& reason, const std::string& message,
                            std::optional<std::chrono::nanoseconds> retry = std::nullopt);

grpc::Status invalid_status(control::Violations violations);
grpc::Status draining_status();
grpc::Status stopping_status();

}  // namespace pollux::rpc
