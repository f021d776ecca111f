// SRTP keys over the wire: in by Create and Update, and never out again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/rpc_fixture.hpp"
#include "tests/support/srtp_keys.hpp"

namespace pollux::rpc {
namespace {

using test::details_of;
using test::key_bytes;
using test::RpcFixture;
using test::srtp_key;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Key;
using testing::Not;

void put_key(std::uint8_t first, v1::SrtpParams& params) {
  params.set_suite(v1::SRTP_SUITE_AES_CM_128_HMAC_SHA1_80);
  params.set_master_key(key_bytes(first, 16));
  params.set_master_salt(key_bytes(static_cast<std::uint8_t>(first + 100), 14));
}

// Legs "a" with both keys (1 and 2), "b" with none.
v1::CreateRequest encrypted_call() {
  v1::CreateRequest request = RpcFixture::create_request("call");
  put_key(1, *request.mutable_spec()->mutable_legs(0)->mutable_srtp_receive());
  put_key(2, *request.mutable_spec()->mutable_legs(0)->mutable_srtp_send());
  return request;
}

v1::UpdateRequest update_of(const std::vector<std::string>& paths) {
  v1::UpdateRequest request;
  request.set_session_id("call");
  request.mutable_spec()->add_legs()->set_leg_id("a");
  request.mutable_update_mask()->mutable_paths()->Assign(paths.begin(), paths.end());
  return request;
}

class SessionKeys : public testing::Test {
 protected:
  LegSpec leg(std::size_t index) {
    return f.dataplane.spec(f.dataplane.last_handle()).value().legs.at(index);
  }
  RpcFixture f;
};

// A part of a key is as bad as the whole.
testing::Matcher<const std::string&> no_secret() {
  std::vector<testing::Matcher<const std::string&>> none;
  for (std::uint8_t first = 1; first <= 3; ++first) {
    none.emplace_back(Not(HasSubstr(key_bytes(first, 6))));
    none.emplace_back(Not(HasSubstr(key_bytes(static_cast<std::uint8_t>(first + 100), 6))));
  }
  return testing::AllOfArray(none);
}

TEST_F(SessionKeys, GoInAndNeverComeOut) {
  EXPECT_THAT(encrypted_call().SerializeAsString(), Not(no_secret())) << "the test would find one";
  const auto created = f.create(encrypted_call());
  ASSERT_TRUE(created.status.ok()) << created.status.error_message();
  EXPECT_EQ(leg(0).srtp_receive, srtp_key(1));
  EXPECT_EQ(leg(0).srtp_send, srtp_key(2));
  v1::UpdateRequest rekey = update_of({"legs.a.srtp_send"});
  put_key(3, *rekey.mutable_spec()->mutable_legs(0)->mutable_srtp_send());
  const auto updated = f.update(rekey);
  ASSERT_TRUE(updated.status.ok()) << updated.status.error_message();
  EXPECT_EQ(leg(0).srtp_receive, srtp_key(1));
  EXPECT_EQ(leg(0).srtp_send, srtp_key(3));
  const auto got = f.get("call");
  v1::ListResponse listed;
  grpc::ClientContext context;
  RpcFixture::set_deadline(context);
  ASSERT_TRUE(f.sessions->List(&context, {}, &listed).ok());
  ASSERT_EQ(listed.sessions_size(), 1);
  const auto removed = f.remove("call");
  for (const v1::Session& session :
       {created.session, updated.session, got.session, listed.sessions(0), removed.session}) {
    EXPECT_THAT(session.SerializeAsString(), no_secret());
    EXPECT_EQ(session.spec().legs(0).srtp_send().suite(), v1::SRTP_SUITE_AES_CM_128_HMAC_SHA1_80);
    EXPECT_EQ(session.spec().legs(0).srtp_send().master_key(), "");
  }
}

TEST_F(SessionKeys, StayWhereTheyAreNotNamed) {
  ASSERT_TRUE(f.create(encrypted_call()).status.ok());
  v1::UpdateRequest hold = update_of({"legs.a.direction"});
  hold.mutable_spec()->mutable_legs(0)->set_direction(v1::DIRECTION_SENDONLY);
  ASSERT_TRUE(f.update(hold).status.ok());
  EXPECT_EQ(leg(0).direction, Direction::kSendOnly);
  EXPECT_EQ(leg(0).srtp_receive, srtp_key(1));
  EXPECT_EQ(leg(0).srtp_send, srtp_key(2));
}

TEST_F(SessionKeys, GoWhereTheyAreNamedAndAbsent) {
  ASSERT_TRUE(f.create(encrypted_call()).status.ok());
  ASSERT_TRUE(f.update(update_of({"legs.a.srtp_send"})).status.ok());
  EXPECT_TRUE(leg(0).srtp_receive);
  EXPECT_FALSE(leg(0).srtp_send);
  v1::UpdateRequest whole = update_of({"legs.a"});
  whole.mutable_spec()->mutable_legs(0)->set_network("inside");
  ASSERT_TRUE(f.update(whole).status.ok());
  EXPECT_FALSE(leg(0).srtp());
}

TEST_F(SessionKeys, AreNotTakenFromAnAnswer) {
  const auto created = f.create(encrypted_call());
  v1::UpdateRequest back;
  back.set_session_id("call");
  *back.mutable_spec() = created.session.spec();
  back.mutable_update_mask()->add_paths("legs");
  const auto reply = f.update(back);
  EXPECT_EQ(reply.status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(
      details_of(reply.status).violations,
      ElementsAre(Key("spec.legs[0].srtp_receive.master_key"), Key("spec.legs[0].srtp_receive.master_salt"),
                  Key("spec.legs[0].srtp_send.master_key"), Key("spec.legs[0].srtp_send.master_salt")));
  EXPECT_EQ(leg(0).srtp_send, srtp_key(2));
}

TEST_F(SessionKeys, CreateMayBeRepeated) {
  ASSERT_TRUE(f.create(encrypted_call()).status.ok());
  EXPECT_TRUE(f.create(encrypted_call()).status.ok());
  v1::CreateRequest other = encrypted_call();
  put_key(3, *other.mutable_spec()->mutable_legs(0)->mutable_srtp_send());
  EXPECT_EQ(f.create(other).status.error_code(), grpc::StatusCode::ALREADY_EXISTS);
}

TEST_F(SessionKeys, AreInNoError) {
  v1::CreateRequest request = encrypted_call();
  v1::LegSpec& a = *request.mutable_spec()->mutable_legs(0);
  *a.mutable_srtp_send() = a.srtp_receive();  // one key for both
  put_key(2, *request.mutable_spec()->mutable_legs(1)->mutable_srtp_send());
  request.mutable_spec()->mutable_legs(1)->mutable_srtp_send()->mutable_master_key()->pop_back();
  const auto reply = f.create(request);
  EXPECT_EQ(details_of(reply.status).violations.at("spec.legs[1].srtp_send.master_key"),
            "AES_CM_128_HMAC_SHA1_80 wants 16 bytes, not 15");
  EXPECT_TRUE(details_of(reply.status).violations.contains("spec.legs[0].srtp_send.master_key"));
  EXPECT_THAT(reply.status.error_message() + reply.status.error_details(), no_secret());
}

TEST_F(SessionKeys, NullCipherFollowsTheConfiguration) {
  v1::CreateRequest request = encrypted_call();
  request.mutable_spec()->mutable_legs(0)->mutable_srtp_send()->set_suite(v1::SRTP_SUITE_NULL_HMAC_SHA1_80);
  EXPECT_THAT(details_of(f.create(request).status).violations,
              ElementsAre(Key("spec.legs[0].srtp_send.suite")));
  f.control.call([&] { f.manager.set_srtp_policy({.allow_null_cipher = true}); });
  EXPECT_TRUE(f.create(request).status.ok());
}

}  // namespace
}  // namespace pollux::rpc
