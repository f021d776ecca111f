#include "controlplane/rpc/status.hpp"

#include <gtest/gtest.h>

#include "tests/support/rpc_fixture.hpp"

namespace pollux::rpc {
namespace {

using control::make_failure;
using test::details_of;

TEST(Status, CarriesTheCause) {
  const grpc::Status status = to_status(make_failure(ErrorCode::kExhausted, "PORTS_EXHAUSTED", "none left"));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(status.error_message(), "none left");
  EXPECT_EQ(details_of(status).reason, "PORTS_EXHAUSTED");
  EXPECT_EQ(details_of(status).domain, "pollux");
  EXPECT_TRUE(details_of(status).violations.empty());
}

TEST(Status, HasACodeForEveryKindOfFailure) {
  const auto code = [](ErrorCode from) { return to_status(make_failure(from, "X", "")).error_code(); };
  EXPECT_EQ(code(ErrorCode::kInvalidArgument), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(code(ErrorCode::kNotFound), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(code(ErrorCode::kAlreadyExists), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(code(ErrorCode::kUnavailable), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(code(ErrorCode::kInternal), grpc::StatusCode::INTERNAL);
}

TEST(Status, CarriesEveryViolation) {
  const grpc::Status status = invalid_status({{"a", "wrong"}, {"b", "too"}});
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "a: wrong (and 1 more)");
  const auto details = details_of(status);
  EXPECT_EQ(details.reason, "INVALID_FIELD");
  EXPECT_EQ(details.violations, (std::map<std::string, std::string>{{"a", "wrong"}, {"b", "too"}}));
}

TEST(Status, StaysSmallEnoughForMetadata) {
  control::Violations violations;
  for (int i = 0; i < 10000; ++i) {
    violations.push_back({"spec.legs[" + std::to_string(i) + "]", std::string(100, 'x')});
  }
  const grpc::Status status = invalid_status(violations);
  EXPECT_LT(status.error_details().size() * 4 / 3 + status.error_message().size(), 7000U);
  EXPECT_TRUE(details_of(status).violations.contains("..."));
}

}  // namespace
}  // namespace pollux::rpc
