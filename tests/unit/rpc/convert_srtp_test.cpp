#include "controlplane/rpc/convert_srtp.hpp"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include "controlplane/rpc/convert.hpp"
#include "tests/support/rpc_fixture.hpp"
#include "tests/support/srtp_keys.hpp"

namespace pollux::rpc {
namespace {

using control::FieldViolation;
using control::LegField;
using test::key_bytes;
using test::RpcFixture;
using test::srtp_key;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const std::vector<config::NetworkConfig> kNetworks = test::two_networks();

v1::SrtpParams message_of(v1::SrtpSuite suite, std::size_t key, std::size_t salt) {
  v1::SrtpParams message;
  message.set_suite(suite);
  message.set_master_key(key_bytes(1, key));
  message.set_master_salt(key_bytes(101, salt));
  return message;
}

struct Read {
  explicit Read(const v1::SrtpParams& message) : params(read_srtp_params(message, "leg.key", violations)) {}
  control::Violations violations;
  SrtpParamsRef params;
};

TEST(ConvertSrtp, ReadsEverySuite) {
  const std::vector<std::tuple<v1::SrtpSuite, SrtpSuite, std::size_t, std::size_t>> suites = {
      {v1::SRTP_SUITE_AES_CM_128_HMAC_SHA1_80, SrtpSuite::kAesCm128HmacSha1_80, 16, 14},
      {v1::SRTP_SUITE_AES_CM_128_HMAC_SHA1_32, SrtpSuite::kAesCm128HmacSha1_32, 16, 14},
      {v1::SRTP_SUITE_AES_256_CM_HMAC_SHA1_80, SrtpSuite::kAes256CmHmacSha1_80, 32, 14},
      {v1::SRTP_SUITE_AES_256_CM_HMAC_SHA1_32, SrtpSuite::kAes256CmHmacSha1_32, 32, 14},
      {v1::SRTP_SUITE_AEAD_AES_128_GCM, SrtpSuite::kAeadAes128Gcm, 16, 12},
      {v1::SRTP_SUITE_AEAD_AES_256_GCM, SrtpSuite::kAeadAes256Gcm, 32, 12},
      {v1::SRTP_SUITE_NULL_HMAC_SHA1_80, SrtpSuite::kNullHmacSha1_80, 16, 14},
  };
  EXPECT_EQ(suites.size(), static_cast<std::size_t>(v1::SrtpSuite_ARRAYSIZE - 1));
  for (const auto& [number, suite, key, salt] : suites) {
    const Read read(message_of(number, key, salt));
    EXPECT_THAT(read.violations, IsEmpty());
    EXPECT_EQ(read.params, srtp_key(1, suite)) << v1::SrtpSuite_Name(number);
    v1::SrtpParams written;
    write_srtp_params(*read.params, written);
    EXPECT_EQ(written.suite(), number);
  }
}

TEST(ConvertSrtp, ReadsWhatGoesWithAKey) {
  v1::SrtpParams message = message_of(v1::SRTP_SUITE_AES_CM_128_HMAC_SHA1_80, 16, 14);
  EXPECT_FALSE(Read(message).params->roc);
  message.set_mki(std::string("\0\1", 2));
  message.set_lifetime(1U << 20);
  message.set_roc(0);
  EXPECT_EQ(Read(message).params, srtp_key(1, SrtpSuite::kAesCm128HmacSha1_80, 1U << 20, {0, 1}, 0));
}

TEST(ConvertSrtp, WantsASuite) {
  v1::SrtpParams message = message_of(v1::SRTP_SUITE_UNSPECIFIED, 16, 14);
  EXPECT_THAT(Read(message).violations, ElementsAre(testing::Field(&FieldViolation::field, "leg.key.suite")));
  EXPECT_FALSE(Read(message).params);
  message.set_suite(static_cast<v1::SrtpSuite>(99));
  EXPECT_THAT(Read(message).violations, ElementsAre(FieldViolation{"leg.key.suite", "unknown value 99"}));
  EXPECT_EQ(Read(v1::SrtpParams()).violations.size(), 1U) << "an empty message is no key, and no absence";
}

TEST(ConvertSrtp, WantsTheSuitesLengths) {
  const Read read(message_of(v1::SRTP_SUITE_AES_CM_128_HMAC_SHA1_80, 15, 15));
  EXPECT_THAT(
      read.violations,
      ElementsAre(FieldViolation{"leg.key.master_key", "AES_CM_128_HMAC_SHA1_80 wants 16 bytes, not 15"},
                  FieldViolation{"leg.key.master_salt", "AES_CM_128_HMAC_SHA1_80 wants 14 bytes, not 15"}));
  EXPECT_FALSE(read.params);
  EXPECT_EQ(Read(message_of(v1::SRTP_SUITE_AEAD_AES_256_GCM, 16, 12)).violations.size(), 1U);
  EXPECT_EQ(Read(message_of(v1::SRTP_SUITE_AEAD_AES_256_GCM, 32, 14)).violations.size(), 1U);
}

TEST(ConvertSrtp, WantsAllOfAKey) {
  const Read read(message_of(v1::SRTP_SUITE_AEAD_AES_128_GCM, 0, 12));
  ASSERT_EQ(read.violations.size(), 1U);
  EXPECT_THAT(read.violations[0].description, HasSubstr("answers never hold"));
}

TEST(ConvertSrtp, BoundsTheMki) {
  v1::SrtpParams message = message_of(v1::SRTP_SUITE_AES_CM_128_HMAC_SHA1_80, 16, 14);
  message.set_mki(std::string(128, 'x'));
  EXPECT_THAT(Read(message).violations, IsEmpty());
  EXPECT_EQ(Read(message).params->mki.size(), 128U);
  message.set_mki(std::string(129, 'x'));
  EXPECT_THAT(Read(message).violations,
              ElementsAre(FieldViolation{"leg.key.mki", "at most 128 bytes, not 129"}));
}

TEST(ConvertSrtp, TellsWhereInARequestAKeyIsWrong) {
  v1::CreateRequest request = RpcFixture::create_request("call");
  *request.mutable_spec()->mutable_legs(0)->mutable_srtp_send() =
      message_of(v1::SRTP_SUITE_AES_CM_128_HMAC_SHA1_80, 15, 14);
  *request.mutable_spec()->mutable_legs(1)->mutable_srtp_receive() =
      message_of(v1::SRTP_SUITE_AEAD_AES_128_GCM, 16, 13);
  control::Violations violations;
  read_create(request, {kNetworks}, violations);
  ASSERT_EQ(violations.size(), 2U);
  EXPECT_EQ(violations[0].field, "spec.legs[0].srtp_send.master_key");
  EXPECT_EQ(violations[1].field, "spec.legs[1].srtp_receive.master_salt");
}

TEST(ConvertSrtp, ReadsOnlyTheKeysThatAreNamed) {
  v1::LegSpec leg;
  leg.set_leg_id("a");
  *leg.mutable_srtp_send() = message_of(v1::SRTP_SUITE_AES_CM_128_HMAC_SHA1_80, 16, 14);
  leg.mutable_srtp_receive()->set_suite(v1::SRTP_SUITE_AEAD_AES_128_GCM);  // as Get gives it
  leg.set_srtp_passthrough(true);
  control::LegFields fields;
  fields.set(LegField::kSrtpSend);
  control::Violations violations;
  const control::LegRequest read = read_leg(leg, fields, "leg", violations);
  EXPECT_THAT(violations, IsEmpty());
  EXPECT_EQ(read.srtp_send, srtp_key(1));
  EXPECT_FALSE(read.srtp_receive);
  EXPECT_FALSE(read.srtp_passthrough);
  EXPECT_TRUE(read_leg(leg, control::LegFields::all(), "leg", violations).srtp_passthrough);
  EXPECT_EQ(violations.size(), 2U) << "the key that Get left out";
}

TEST(ConvertSrtp, WritesAllButTheSecrets) {
  control::SessionView view;
  control::SessionRequest request = test::two_legs();
  request.legs[0].srtp_receive = srtp_key(1, SrtpSuite::kAeadAes256Gcm, 4096, {0, 9}, 7);
  request.legs[1].srtp_passthrough = true;
  view.request = std::make_shared<const control::SessionRequest>(request);
  v1::Session session;
  write_session(view, session);
  const v1::LegSpec& leg = session.spec().legs(0);
  EXPECT_FALSE(leg.has_srtp_send());
  EXPECT_EQ(leg.srtp_receive().suite(), v1::SRTP_SUITE_AEAD_AES_256_GCM);
  EXPECT_EQ(leg.srtp_receive().mki(), std::string("\0\11", 2));
  EXPECT_EQ(leg.srtp_receive().lifetime(), 4096U);
  EXPECT_TRUE(leg.srtp_receive().has_roc());
  EXPECT_EQ(leg.srtp_receive().roc(), 7U);
  EXPECT_EQ(leg.srtp_receive().master_key(), "");
  EXPECT_EQ(leg.srtp_receive().master_salt(), "");
  EXPECT_THAT(session.SerializeAsString(), Not(HasSubstr(key_bytes(1, 8))));
  EXPECT_FALSE(leg.srtp_passthrough());
  EXPECT_TRUE(session.spec().legs(1).srtp_passthrough());
  EXPECT_FALSE(session.spec().legs(1).has_srtp_receive());
}

TEST(ConvertSrtp, WritesHowAKeyStands) {
  control::SessionView view;
  view.request = std::make_shared<const control::SessionRequest>(test::two_legs());
  control::LegView leg;
  leg.stats.srtp_receive = SrtpDirectionStats{10, 2, 90, true, {{0xaabbccdd, 3, 65535}, {1, 0, 2}}};
  view.legs = {leg};
  v1::Session session;
  write_session(view, session);
  const v1::LegState& state = session.state().legs(0);
  EXPECT_FALSE(state.has_srtp_send());
  EXPECT_EQ(state.srtp_receive().rtp_packets(), 10U);
  EXPECT_EQ(state.srtp_receive().rtcp_packets(), 2U);
  EXPECT_EQ(state.srtp_receive().rtp_packets_left(), 90U);
  EXPECT_TRUE(state.srtp_receive().overlap());
  ASSERT_EQ(state.srtp_receive().streams_size(), 2);
  EXPECT_EQ(state.srtp_receive().streams(0).ssrc(), 0xaabbccddU);
  EXPECT_EQ(state.srtp_receive().streams(0).roc(), 3U);
  EXPECT_EQ(state.srtp_receive().streams(0).sequence(), 65535U);
}

TEST(ConvertSrtp, WritesWhichKeyAnEventIsAbout) {
  control::LoggedEvent event;
  event.type = control::LogEventType::kSrtpKeyExpired;
  event.leg_id = "a";
  v1::Event message;
  write_event(event, message);
  EXPECT_EQ(message.type(), v1::EVENT_TYPE_SRTP_KEY_EXPIRED);
  EXPECT_FALSE(message.outgoing());
  event.outgoing = true;
  write_event(event, message);
  EXPECT_TRUE(message.outgoing());
}

}  // namespace
}  // namespace pollux::rpc
