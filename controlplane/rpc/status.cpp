#include "controlplane/rpc/status.hpp"

#include "controlplane/rpc/times.hpp"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace pollux::rpc {

namespace {

constexpr std::size_t kMaxViolationBytes = 3000;
constexpr std::size_t kMaxMessageBytes = 500;

grpc::StatusCode to_code(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return grpc::StatusCode::INVALID_ARGUMENT;
    case ErrorCode::kNotFound:
      return grpc::StatusCode::NOT_FOUND;
    case ErrorCode::kAlreadyExists:
      return grpc::StatusCode::ALREADY_EXISTS;
    case ErrorCode::kExhausted:
      return grpc::StatusCode::RESOURCE_EXHAUSTED;
    case ErrorCode::kUnavailable:
      return grpc::StatusCode::UNAVAILABLE;
    case ErrorCode::kInternal:
      break;
  }
  return grpc::StatusCode::INTERNAL;
}

google::rpc::BadRequest to_bad_request(const control::Violations& violations) {
  google::rpc::BadRequest bad_request;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < violations.size(); ++i) {
    auto* violation = bad_request.add_field_violations();
    bytes += violations[i].field.size() + violations[i].description.size() + 8;
    if (bytes > kMaxViolationBytes) {
      violation->set_field("...");
      violation->set_description("and " + std::to_string(violations.size() - i) + " more");
      break;
    }
    violation->set_field(violations[i].field);
    violation->set_description(violations[i].description);
  }
  return bad_request;
}

}  // namespace

grpc::Status to_status(const control::Failure& failure) {
  const grpc::StatusCode code = to_code(failure.error.code);
  const std::string message = failure.error.message.substr(0, kMaxMessageBytes);
  google::rpc::Status status;
  status.set_code(code);
  status.set_message(message);
  google::rpc::ErrorInfo info;
  info.set_reason(failure.error.cause);
  info.set_domain(kErrorDomain);
  if (!failure.error.field.empty()) {
    (*info.mutable_metadata())["field"] = failure.error.field;
  }
  status.add_details()->PackFrom(info);
  if (!failure.violations.empty()) {
    status.add_details()->PackFrom(to_bad_request(failure.violations));
  }
  return {code, message, status.SerializeAsString()};
}

grpc::Status refusal_status(grpc::StatusCode code, const std::string& reason, const std::string& message,
                            std::optional<std::chrono::nanoseconds> retry) {
  google::rpc::Status status;
  status.set_code(code);
  status.set_message(message.substr(0, kMaxMessageBytes));
  google::rpc::ErrorInfo info;
  info.set_reason(reason);
  info.set_domain(kErrorDomain);
  status.add_details()->PackFrom(info);
  if (retry) {
    google::rpc::RetryInfo retry_info;
    write_duration(*retry, *retry_info.mutable_retry_delay());
    status.add_details()->PackFrom(retry_info);
  }
  return {code, status.message(), status.SerializeAsString()};
}

grpc::Status invalid_status(control::Violations violations) {
  return to_status(control::invalid_fields(std::move(violations)));
}

grpc::Status stopping_status() {
  return to_status(control::make_failure(ErrorCode::kUnavailable, "NODE_STOPPING",
                                         "this node is stopping: nothing can be asked of it any more"));
}

grpc::Status draining_status() {
  return to_status(control::make_failure(ErrorCode::kUnavailable, "NODE_DRAINING", "this node is stopping"));
}

}  // namespace pollux::rpc
