#include "controlplane/cli/call_error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace pollux::cli {
namespace {

using ::testing::HasSubstr;

grpc::Status invalid_field() {
  google::rpc::ErrorInfo info;
  info.set_reason("INVALID_FIELD");
  info.set_domain("pollux");
  google::rpc::BadRequest bad_request;
  auto* first = bad_request.add_field_violations();
  first->set_field("spec.legs[1].dscp");
  first->set_description("must be 0..63");
  auto* second = bad_request.add_field_violations();
  second->set_field("spec.legs[1].network");
  second->set_description("no network \"lan\"; there are: inside, outside");
  google::rpc::Status details;
  details.add_details()->PackFrom(info);
  details.add_details()->PackFrom(bad_request);
  return {grpc::StatusCode::INVALID_ARGUMENT, "2 fields are wrong", details.SerializeAsString()};
}

TEST(CallError, ShowsCauseAndEveryViolation) {
  const auto error = decode_error(invalid_field(), true);
  EXPECT_EQ(error.exit_code(), 1);
  EXPECT_EQ(render_error(error, "session create call-1", "unix:/x"),
            "polluxctl: session create call-1 failed: invalid argument: 2 fields are wrong\n"
            "  spec.legs[1].dscp: must be 0..63\n"
            "  spec.legs[1].network: no network \"lan\"; there are: inside, outside\n"
            "  cause: INVALID_FIELD\n"
            "  what to do: correct the fields named above and try again\n");
}

TEST(CallError, ShowsMetadataOfTheCause) {
  google::rpc::ErrorInfo info;
  info.set_reason("PORTS_EXHAUSTED");
  (*info.mutable_metadata())["network"] = "outside";
  (*info.mutable_metadata())["leg"] = "a";
  google::rpc::Status details;
  details.add_details()->PackFrom(info);
  const auto error = decode_error(
      {grpc::StatusCode::RESOURCE_EXHAUSTED, "no free ports", details.SerializeAsString()}, true);
  const auto text = render_error(error, "session create x", "unix:/x");
  EXPECT_THAT(text, HasSubstr("failed: a limit is reached: no free ports\n"));
  EXPECT_THAT(text, HasSubstr("  cause: PORTS_EXHAUSTED (leg=a, network=outside)\n"));
  EXPECT_THAT(text, HasSubstr("polluxctl node info"));
}

TEST(CallError, UnreachableSaysHowToCheck) {
  const auto error = decode_error({grpc::StatusCode::UNAVAILABLE, "no such file"}, false);
  EXPECT_EQ(error.exit_code(), 3);
  EXPECT_EQ(render_error(error, "stats", "unix:///run/pollux/pollux.sock"),
            "polluxctl: no node answers at unix:///run/pollux/pollux.sock: no such file\n"
            "  is it running?       systemctl status polluxd\n"
            "  may you open it?     ls -l /run/pollux/pollux.sock\n"
            "  is it another door?  --target unix:PATH or ADDRESS:PORT, or POLLUX_TARGET\n");
  EXPECT_THAT(render_error(error, "stats", "127.0.0.1:7711"), HasSubstr("ss -ltn"));
}

TEST(CallError, DrainingNodeIsReachable) {
  google::rpc::ErrorInfo info;
  info.set_reason("NODE_DRAINING");
  google::rpc::Status details;
  details.add_details()->PackFrom(info);
  const auto error =
      decode_error({grpc::StatusCode::UNAVAILABLE, "draining", details.SerializeAsString()}, true);
  EXPECT_EQ(error.exit_code(), 1);
}

grpc::Status with_cause(grpc::StatusCode code, const std::string& text, const std::string& cause) {
  google::rpc::ErrorInfo info;
  info.set_reason(cause);
  google::rpc::Status details;
  details.add_details()->PackFrom(info);
  return {code, text, details.SerializeAsString()};
}

TEST(CallError, SaysWhatToDo) {
  struct Case {
    grpc::StatusCode code;
    const char* cause;
    const char* advice;
  };
  for (const auto& [code, cause, advice] :
       {Case{grpc::StatusCode::UNAVAILABLE, "NODE_DRAINING", "undrain ends a drain"},
        Case{grpc::StatusCode::UNAVAILABLE, "NODE_STOPPING", "after its restart"},
        Case{grpc::StatusCode::UNAVAILABLE, "NODE_BUSY", "try again in a moment"},
        Case{grpc::StatusCode::RESOURCE_EXHAUSTED, "RATE_LIMITED", "wait a second"},
        Case{grpc::StatusCode::RESOURCE_EXHAUSTED, "WORKERS_OVERLOADED", "polluxctl top"},
        Case{grpc::StatusCode::RESOURCE_EXHAUSTED, "MEMORY_EXHAUSTED", "memory.mbufs"},
        Case{grpc::StatusCode::RESOURCE_EXHAUSTED, "MEDIA_EXHAUSTED", "admission.max_media_load"},
        Case{grpc::StatusCode::RESOURCE_EXHAUSTED, "CAPTURES_EXHAUSTED", "end one of them"},
        Case{grpc::StatusCode::NOT_FOUND, "LEG_UNKNOWN", "polluxctl session show ID"},
        Case{grpc::StatusCode::RESOURCE_EXHAUSTED, "DTMF_QUEUE_FULL", "wait until some have been sent"},
        Case{grpc::StatusCode::ALREADY_EXISTS, "CAPTURE_EXISTS", "somebody captures this session"},
        Case{grpc::StatusCode::PERMISSION_DENIED, "DECRYPTED_CAPTURE_FORBIDDEN", "leave out --decrypted"},
        Case{grpc::StatusCode::INVALID_ARGUMENT, "CONFIG_INVALID", "nothing was changed"},
        Case{grpc::StatusCode::PERMISSION_DENIED, "ANY", "only lets you read"}}) {
    const auto error = decode_error(with_cause(code, "no", cause), true);
    EXPECT_EQ(error.exit_code(), 1) << cause;
    EXPECT_THAT(render_error(error, "x", "unix:/x"), HasSubstr(advice));
  }
}

TEST(CallError, DoorThatWantsToKnowWhoWeAre) {
  EXPECT_THAT(
      render_error(decode_error({grpc::StatusCode::UNAUTHENTICATED, "who?"}, true), "x", "127.0.0.1:1"),
      HasSubstr("--tls-cert"));
  EXPECT_THAT(
      render_error(decode_error({grpc::StatusCode::UNAVAILABLE, "handshake"}, false), "x", "127.0.0.1:1"),
      HasSubstr("does it speak TLS?"));
}

TEST(CallError, LateAnswerIsAFailureOnlyOnceConnected) {
  const grpc::Status late(grpc::StatusCode::DEADLINE_EXCEEDED, "Deadline Exceeded");
  EXPECT_EQ(decode_error(late, true).exit_code(), 1);
  EXPECT_EQ(decode_error(late, false).exit_code(), 3);
}

TEST(CallError, GarbageInTheDetailsLeavesTheStatus) {
  const auto error = decode_error({grpc::StatusCode::NOT_FOUND, "gone\033[2J", "\xff\xff garbage"}, true);
  EXPECT_EQ(error.exit_code(), 1);
  EXPECT_EQ(render_error(error, "session show x", "unix:/x"),
            "polluxctl: session show x failed: not found: gone?[2J\n");
}

}  // namespace
}  // namespace pollux::cli
