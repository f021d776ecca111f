// Errors as values: cold code of the data plane and the control plane returns Expected<T>.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace pollux {

// What kind of failure it is; decides the gRPC status code and the exit code. Stable.
enum class ErrorCode {
  kInvalidArgument,  // the caller asked for something that can never work; `field` says where
  kNotFound,
  kAlreadyExists,
  kExhausted,    // a bounded resource (ports, sessions, memory) is used up; trying again later may work
  kUnavailable,  // this node can't now (starting, draining, device missing)
  kInternal,     // a fault of Pollux or of a library below it
};

// One failure. `cause` is a stable SCREAMING_SNAKE word that programs may compare (docs/control-api.md lists
// them); `field` is the path of the offending input ("legs[1].dscp", "ports[0].device") or empty; `message`
// is a sentence for people that says what to do.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string cause;
  std::string field;
  std::string message;
};

template <typename T>
using Expected = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(ErrorCode code, std::string cause, std::string field, std::string message) {
  return tl::unexpected<Error>(Error{code, std::move(cause), std::move(field), std::move(message)});
}

}  // namespace pollux
