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

  // The call is, or may be, on a node that hasn't answered in time: it isn't to be made on another one.
  bool stays = false;

  // Nobody answered, or not in time: another node may.
  bool unreachable() const;
  // Nobody is there. Else an unreachable node may still do what it was asked.
  bool refused() const;
};

// Pre: !status.ok()
CallError decode_error(const grpc::Status& status);

template <typename T>
struct Answer {
  T value;
  std::optional<CallError> error;  // set: `value` means nothing
};

}  // namespace pollux::ng
