#include "controlplane/ng/call_error.hpp"

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace pollux::ng {

bool CallError::unreachable() const {
  return cause.empty() &&
         (code == grpc::StatusCode::UNAVAILABLE || code == grpc::StatusCode::DEADLINE_EXCEEDED ||
          code == grpc::StatusCode::CANCELLED);
}

bool CallError::refused() const {
  return cause.empty() && code == grpc::StatusCode::UNAVAILABLE;
}

CallError decode_error(const grpc::Status& status) {
  CallError error{status.error_code(), "", status.error_message(), {}, false};
  google::rpc::Status details;
  // Bytes from the network: what doesn't parse is left out, the plain status stays.
  if (!status.error_details().empty() && details.ParseFromString(status.error_details())) {
    for (const auto& detail : details.details()) {
      google::rpc::ErrorInfo info;
      if (detail.Is<google::rpc::ErrorInfo>() && detail.UnpackTo(&info)) {
        error.cause = info.reason();
        error.metadata.insert(info.metadata().begin(), info.metadata().end());
      }
    }
  }
  return error;
}

}  // namespace pollux::ng
