// A failed call: what the node said about it, and what to do.
#pragma once

#include <grpcpp/support/status.h>

#include <map>
#include <string>
#include <vector>

namespace pollux::cli {

struct CallError {
  struct Violation {
    std::string field;
    std::string description;
  };

  grpc::StatusCode code = grpc::StatusCode::UNKNOWN;
  bool unreachable = false;  // nobody answered: no word of the node's own is in here
  std::string message;
  std::string cause;                            // google.rpc.ErrorInfo's reason; empty: none was sent
  std::map<std::string, std::string> metadata;  // ErrorInfo's
  std::vector<Violation> violations;            // google.rpc.BadRequest's

  int exit_code() const;
};

// Decodes the details of google.rpc.Status. `connected`: the channel had reached the node.
// Pre: !status.ok()
CallError decode_error(const grpc::Status& status, bool connected);

// Several lines; `doing` names the call ("session create"), `target` the door.
std::string render_error(const CallError& error, const std::string& doing, const std::string& target);

}  // namespace pollux::cli
