#include "controlplane/cli/call_error.hpp"

#include "controlplane/cli/exit_code.hpp"
#include "controlplane/cli/format.hpp"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace pollux::cli {

namespace {

std::string code_word(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::CANCELLED:
      return "cancelled";
    case grpc::StatusCode::INVALID_ARGUMENT:
      return "invalid argument";
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return "no answer in time";
    case grpc::StatusCode::NOT_FOUND:
      return "not found";
    case grpc::StatusCode::ALREADY_EXISTS:
      return "already exists";
    case grpc::StatusCode::PERMISSION_DENIED:
      return "permission denied";
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return "a limit is reached";
    case grpc::StatusCode::UNIMPLEMENTED:
      return "not implemented by this node";
    case grpc::StatusCode::INTERNAL:
      return "internal error";
    case grpc::StatusCode::UNAVAILABLE:
      return "unavailable";
    case grpc::StatusCode::UNAUTHENTICATED:
      return "not authenticated";
    default:
      return "gRPC status " + std::to_string(code);
  }
}

// What to do about it; empty when the violations or the message say so already.
std::string advice(const CallError& error) {
  struct Entry {
    const char* cause;
    const char* text;
  };
  static constexpr Entry kByCause[] = {
      {"INVALID_FIELD", "correct the fields named above and try again"},
      {"SESSION_ID_CONFLICT",
       "a session with this id and another spec exists: polluxctl session show ID; choose another id or "
       "delete it"},
      {"SESSION_UNKNOWN",
       "polluxctl session list shows those that exist; polluxctl events --session ID says how it ended"},
      {"PORTS_EXHAUSTED",
       "end sessions, or widen the network's port range in the node's configuration; polluxctl node info "
       "shows how "
       "full it is"},
      {"SESSIONS_EXHAUSTED", "end sessions, or raise the node's limit of sessions in its configuration"},
      {"NODE_DRAINING",
       "the node takes no new sessions: use another one; polluxctl node info tells its status, polluxctl "
       "node "
       "undrain ends a drain"},
      {"NODE_STOPPING", "the node is going down: use another one, or try again after its restart"},
      {"NODE_BUSY", "too much at once: try again in a moment"},
      {"WORKERS_OVERLOADED",
       "every worker is above the load that the node's configuration allows (admission): use another node; "
       "polluxctl top shows the loads"},
      {"MEDIA_EXHAUSTED",
       "the media workers have no room for more transcoding: use another node, give the legs a codec in "
       "common, or see workers[].roles and admission.max_media_load; polluxctl node info has the costs"},
      {"MEMORY_EXHAUSTED",
       "packet buffers run short (admission): use another node, or raise memory.mbufs in the configuration"},
      {"RATE_LIMITED",
       "this client calls more often than the node's configuration allows: wait a second, call less often, "
       "or "
       "raise the limit of its grpc section"},
      {"CONFIG_INVALID",
       "correct the keys named above in the node's configuration; nothing was changed. polluxd --config FILE "
       "--check finds the same mistakes"},
      {"LEG_UNKNOWN", "polluxctl session show ID lists the session's legs"},
      {"DTMF_QUEUE_FULL",
       "wait until some have been sent (polluxctl session show counts them), or send fewer or shorter ones"},
      {"CAPTURES_EXHAUSTED", "eight captures run already: end one of them"},
      {"CAPTURE_EXISTS", "somebody captures this session already: wait for its end, or use that file"},
      {"DECRYPTED_CAPTURE_FORBIDDEN",
       "leave out --decrypted and have packets as on the wire, or, if those who answer for the calls agree, "
       "set "
       "srtp.allow_decrypted_capture: true in the node's configuration and polluxctl node reload"},
  };
  for (const Entry& entry : kByCause) {
    if (error.cause == entry.cause) {
      return entry.text;
    }
  }
  switch (error.code) {
    case grpc::StatusCode::PERMISSION_DENIED:
      return "this door, or your certificate, only lets you read: use the admin socket, or --tls-cert and "
             "--tls-key of an admin (grpc section of the node's configuration)";
    case grpc::StatusCode::UNAUTHENTICATED:
      return "the node wants to know who you are: --tls-ca, --tls-cert and --tls-key";
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return "the node is there but slow: try a longer --timeout, and look at its log";
    case grpc::StatusCode::UNIMPLEMENTED:
      return "polluxd is older than this polluxctl, or something else answers at the target";
    case grpc::StatusCode::INTERNAL:
      return "look at the node's log (journalctl -u polluxd)";
    default:
      return "";
  }
}

std::string render_unreachable(const CallError& error, const std::string& target) {
  std::string out = "polluxctl: no node answers at " + target + ": " + printable(error.message) + "\n";
  out += "  is it running?       systemctl status polluxd\n";
  constexpr const char* kUnix = "unix:";
  if (target.rfind(kUnix, 0) == 0) {
    std::string path = target.substr(5);
    path.erase(0, path.rfind("//", 0) == 0 ? 2 : 0);  // unix:///absolute/path
    out += "  may you open it?     ls -l " + path + "\n";
  } else {
    out += "  does it listen?      ss -ltn, and the key grpc.tcp of its configuration\n";
    out += "  does it speak TLS?   --tls-ca FILE, and --tls-cert, --tls-key where it asks for ours\n";
  }
  out += "  is it another door?  --target unix:PATH or ADDRESS:PORT, or POLLUX_TARGET\n";
  return out;
}

}  // namespace

int CallError::exit_code() const {
  return unreachable ? kExitUnreachable : kExitCallFailed;
}

CallError decode_error(const grpc::Status& status, bool connected) {
  CallError error;
  error.code = status.error_code();
  error.message = status.error_message();
  google::rpc::Status details;
  // Bytes from the network: what doesn't parse is left out, the plain status stays.
  if (!status.error_details().empty() && details.ParseFromString(status.error_details())) {
    for (const auto& detail : details.details()) {
      google::rpc::ErrorInfo info;
      google::rpc::BadRequest bad_request;
      if (detail.Is<google::rpc::ErrorInfo>() && detail.UnpackTo(&info)) {
        error.cause = info.reason();
        error.metadata.insert(info.metadata().begin(), info.metadata().end());
      } else if (detail.Is<google::rpc::BadRequest>() && detail.UnpackTo(&bad_request)) {
        for (const auto& violation : bad_request.field_violations()) {
          error.violations.push_back({violation.field(), violation.description()});
        }
      }
    }
  }
  const bool transport = error.code == grpc::StatusCode::UNAVAILABLE ||
                         (error.code == grpc::StatusCode::DEADLINE_EXCEEDED && !connected);
  error.unreachable = transport && error.cause.empty();
  return error;
}

std::string render_error(const CallError& error, const std::string& doing, const std::string& target) {
  if (error.unreachable) {
    return render_unreachable(error, target);
  }
  std::string out = "polluxctl: " + doing + " failed: " + code_word(error.code) +
                    (error.message.empty() ? "" : ": " + printable(error.message)) + "\n";
  for (const auto& violation : error.violations) {
    out += "  " + printable(violation.field + ": " + violation.description) + "\n";
  }
  if (!error.cause.empty()) {
    out += "  cause: " + printable(error.cause);
    const char* separator = " (";
    for (const auto& [key, value] : error.metadata) {
      out += separator + printable(key + "=" + value);
      separator = ", ";
    }
    out += error.metadata.empty() ? "\n" : ")\n";
  }
  const std::string what_to_do = advice(error);
  if (!what_to_do.empty()) {
    out += "  what to do: " + what_to_do + "\n";
  }
  return out;
}

}  // namespace pollux::cli
