#include "controlplane/session/srtp_rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/control_fixture.hpp"
#include "tests/support/srtp_keys.hpp"

namespace pollux::control {
namespace {

using test::srtp_key;
using test::two_legs;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Two legs that are each other's sinks.
SessionRequest call() {
  SessionRequest request = two_legs();
  request.legs[0].sinks = {"b"};
  request.legs[1].sinks = {"a"};
  return request;
}

Violations check(const SessionRequest& request, bool allow_null_cipher = false,
                 const SessionRequest* before = nullptr) {
  Violations violations;
  check_srtp(
      request, allow_null_cipher, before, [](std::size_t i) { return "legs[" + std::to_string(i) + "]"; },
      violations);
  return violations;
}

std::vector<std::string> wrong_fields(const SessionRequest& request) {
  std::vector<std::string> fields;
  for (const FieldViolation& violation : check(request)) {
    fields.push_back(violation.field);
  }
  return fields;
}

TEST(SrtpRules, AcceptKeysOfTheirOwn) {
  SessionRequest request = call();
  EXPECT_THAT(wrong_fields(request), IsEmpty());
  request.legs[0].srtp_receive = srtp_key(1);
  request.legs[0].srtp_send = srtp_key(2, SrtpSuite::kAeadAes256Gcm);
  request.legs[1].srtp_send = srtp_key(3, SrtpSuite::kAes256CmHmacSha1_32);
  EXPECT_THAT(wrong_fields(request), IsEmpty());
}

TEST(SrtpRules, RefuseTheSuiteThatDoesNotEncrypt) {
  SessionRequest request = call();
  request.legs[0].srtp_receive = srtp_key(1, SrtpSuite::kNullHmacSha1_80);
  request.legs[1].srtp_send = srtp_key(2, SrtpSuite::kNullHmacSha1_80);
  const Violations violations = check(request);
  ASSERT_EQ(violations.size(), 2U);
  EXPECT_EQ(violations[0].field, "legs[0].srtp_receive.suite");
  EXPECT_THAT(violations[0].description, HasSubstr("srtp.allow_null_cipher"));
  EXPECT_EQ(violations[1].field, "legs[1].srtp_send.suite");
  EXPECT_THAT(check(request, true), IsEmpty());
}

TEST(SrtpRules, LetNullKeysBeThatAreThereAlready) {
  SessionRequest before = call();
  before.legs[0].srtp_send = srtp_key(1, SrtpSuite::kNullHmacSha1_80);
  SessionRequest after = before;
  after.legs[0].direction = Direction::kSendOnly;
  EXPECT_THAT(check(after, false, &before), IsEmpty());
  after.legs[0].srtp_send = srtp_key(2, SrtpSuite::kNullHmacSha1_80);
  EXPECT_EQ(check(after, false, &before).size(), 1U);
  after = before;
  after.legs[0].srtp_receive = srtp_key(3, SrtpSuite::kNullHmacSha1_80);
  EXPECT_EQ(check(after, false, &before).size(), 1U);
  after = before;
  std::swap(after.legs[0].srtp_send, after.legs[1].srtp_send);
  EXPECT_EQ(check(after, false, &before).size(), 1U) << "another leg";
}

TEST(SrtpRules, BoundTheLifetime) {
  for (const std::uint64_t good : {std::uint64_t{0}, std::uint64_t{1024}, std::uint64_t{1} << 48}) {
    SessionRequest request = call();
    request.legs[0].srtp_send = srtp_key(1, SrtpSuite::kAeadAes128Gcm, good);
    EXPECT_THAT(wrong_fields(request), IsEmpty()) << good;
  }
  for (const std::uint64_t bad : {std::uint64_t{1}, std::uint64_t{1023}, (std::uint64_t{1} << 48) + 1}) {
    SessionRequest request = call();
    request.legs[1].srtp_receive = srtp_key(1, SrtpSuite::kAesCm128HmacSha1_32, bad);
    EXPECT_THAT(wrong_fields(request), ElementsAre("legs[1].srtp_receive.lifetime")) << bad;
  }
}

TEST(SrtpRules, RefuseOneKeyForBothDirections) {
  SessionRequest request = call();
  request.legs[1].srtp_receive = srtp_key(1);
  request.legs[1].srtp_send = srtp_key(1, SrtpSuite::kAesCm128HmacSha1_32, 2048, {1});  // the same bytes
  EXPECT_THAT(wrong_fields(request), ElementsAre("legs[1].srtp_send.master_key"));
  request.legs[1].srtp_send = srtp_key(2);
  EXPECT_THAT(wrong_fields(request), IsEmpty());
}

TEST(SrtpRules, RefuseOneKeyForTwoLegsThatAreSentTo) {
  SessionRequest request = call();
  request.legs[0].srtp_send = srtp_key(1);
  request.legs[1].srtp_send = srtp_key(1);
  const Violations violations = check(request);
  ASSERT_EQ(violations.size(), 1U);
  EXPECT_EQ(violations[0].field, "legs[1].srtp_send.master_key");
  EXPECT_THAT(violations[0].description, HasSubstr("leg \"a\""));
}

TEST(SrtpRules, RefuseToSendWithAnotherPartysKey) {
  SessionRequest request = call();
  request.legs[0].srtp_receive = srtp_key(1);
  request.legs[1].srtp_send = srtp_key(1);
  const Violations violations = check(request);
  ASSERT_EQ(violations.size(), 1U);
  EXPECT_EQ(violations[0].field, "legs[1].srtp_send.master_key");
  EXPECT_THAT(violations[0].description, HasSubstr("srtp_passthrough"));
}

TEST(SrtpRules, PassthroughGoesWithoutKeysAndUntouched) {
  SessionRequest request = call();
  for (LegRequest& leg : request.legs) {
    leg.srtp_passthrough = true;
  }
  EXPECT_THAT(wrong_fields(request), IsEmpty());
  request.legs[1].srtp_receive = srtp_key(1);
  request.legs[1].srtp_send = srtp_key(2);
  request.legs[1].stream_mode = StreamMode::kRewrite;
  request.legs[1].payload_types = {{96, 96, 0}};
  EXPECT_THAT(wrong_fields(request), ElementsAre("legs[1].srtp_receive", "legs[1].srtp_send",
                                                 "legs[1].stream_mode", "legs[1].payload_types"));
}

TEST(SrtpRules, PassthroughLegsHaveSinksOfTheirKind) {
  SessionRequest request = call();
  request.legs[0].srtp_passthrough = true;
  EXPECT_THAT(wrong_fields(request), ElementsAre("legs[0].srtp_passthrough", "legs[1].srtp_passthrough"));
  request.legs[1].sinks.clear();
  EXPECT_THAT(wrong_fields(request), ElementsAre("legs[0].srtp_passthrough"));
  request.legs[1].sinks = {"a"};
  request.legs[0].sinks.clear();
  EXPECT_THAT(wrong_fields(request), ElementsAre("legs[1].srtp_passthrough"));
  request.legs[1].sinks = {"nobody"};  // for another check to find
  EXPECT_THAT(wrong_fields(request), IsEmpty());
}

TEST(SrtpRules, LookAtNoMoreLegsThanASessionMayHave) {
  SessionRequest request;
  for (std::size_t i = 0; i <= kMaxLegs; ++i) {
    LegRequest& leg = request.legs.emplace_back();
    leg.id = "leg" + std::to_string(i);
  }
  request.legs[kMaxLegs].srtp_send = srtp_key(1, SrtpSuite::kNullHmacSha1_80);
  EXPECT_THAT(wrong_fields(request), IsEmpty());
  std::swap(request.legs[kMaxLegs], request.legs[kMaxLegs - 1]);
  EXPECT_EQ(wrong_fields(request).size(), 1U);
}

}  // namespace
}  // namespace pollux::control
