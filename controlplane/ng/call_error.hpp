// A failed call to a node: what the node said about it.
#pragma once

#include <grpcpp/support/status.h>

#include <map>
#include <optional>
#include <string>

namespace pollux::ng {

struct CallError {
  grpc::StatusCode code = grpc::StatusCode::UNKNOWN;
  std::string cause;  // google.rpc.ErrorInfo's reason; empty: the node itself said nothing
  std::string message;
  std::map<std::string, std::string> metadata;  // ErrorInfo's

  // Nobody answered, or not in time: another node may.
  bool unreachable() const;
};

// Pre: !status.ok()
CallError decode_error(const grpc::Status& status);

template <typename T>
struct Answer {
  T value;
  std::optional<CallError> error;  // set: `value` means nothing
};

}  // namespace pollux::ng
