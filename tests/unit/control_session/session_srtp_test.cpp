// Keys on their way through the session manager.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controlplane/session/session_manager.hpp"
#include "tests/support/control_fixture.hpp"
#include "tests/support/srtp_keys.hpp"

namespace pollux::control {
namespace {

using test::ManagerFixture;
using test::srtp_key;
using test::two_legs;
using testing::ElementsAre;
using testing::IsEmpty;
using Answer = ManagerFixture::Answer;

SessionRequest encrypted() {
  SessionRequest request = two_legs();
  request.legs[0].srtp_receive = srtp_key(1, SrtpSuite::kAeadAes128Gcm, 4096, {7, 8}, 3);
  request.legs[0].srtp_send = srtp_key(2);
  return request;
}

class SessionSrtpTest : public testing::Test {
 protected:
  Answer create(const SessionRequest& request) {
    Answer answer;
    f.create("call", answer, request);
    f.settle();
    return answer;
  }
  // `values` under the fields named, or, without any, under the leg as a whole.
  Answer update(const LegRequest& values, std::initializer_list<LegField> fields = {}) {
    LegPatch leg{values.id, "spec.legs[0]", fields.size() == 0, {}, values};
    for (const LegField field : fields) {
      leg.fields.set(field);
    }
    SessionPatch patch;
    patch.legs = {leg};
    Answer answer;
    f.manager.update("call", patch, f.into(answer));
    f.settle();
    return answer;
  }
  SessionSpec spec() { return f.dataplane.spec(f.dataplane.last_handle()).value(); }

  ManagerFixture f;
};

TEST_F(SessionSrtpTest, HandsKeysToTheDataPlane) {
  create(encrypted());
  EXPECT_EQ(spec().legs[0].srtp_receive, srtp_key(1, SrtpSuite::kAeadAes128Gcm, 4096, {7, 8}, 3));
  EXPECT_EQ(spec().legs[0].srtp_send, srtp_key(2));
  EXPECT_FALSE(spec().legs[1].srtp());
  EXPECT_FALSE(spec().legs[0].srtp_passthrough);
}

TEST_F(SessionSrtpTest, HandsPassthroughToTheDataPlane) {
  SessionRequest request = two_legs();
  request.legs[0].srtp_passthrough = request.legs[1].srtp_passthrough = true;
  create(request);
  EXPECT_TRUE(spec().legs[0].srtp_passthrough);
  EXPECT_TRUE(spec().legs[1].srtp_passthrough);
}

TEST_F(SessionSrtpTest, CreateAgainWithEqualKeysIsTheSameSession) {
  create(encrypted());
  EXPECT_TRUE(create(encrypted()).results.at(0).has_value());
  EXPECT_EQ(f.dataplane.commands(), 1U);
  SessionRequest other = encrypted();
  other.legs[0].srtp_send = srtp_key(3);
  EXPECT_EQ(create(other).error().cause, "SESSION_ID_CONFLICT");
  other = encrypted();
  other.legs[0].srtp_receive = srtp_key(1, SrtpSuite::kAeadAes128Gcm, 4096, {7, 8}, 4);
  EXPECT_EQ(create(other).error().cause, "SESSION_ID_CONFLICT");
  EXPECT_EQ(create(two_legs()).error().cause, "SESSION_ID_CONFLICT");
}

TEST_F(SessionSrtpTest, RekeysOneDirection) {
  create(encrypted());
  LegRequest values;
  values.id = "a";
  values.srtp_send = srtp_key(9);
  update(values, {LegField::kSrtpSend});
  EXPECT_EQ(spec().legs[0].srtp_send, srtp_key(9));
  EXPECT_EQ(spec().legs[0].srtp_receive, encrypted().legs[0].srtp_receive);
}

TEST_F(SessionSrtpTest, KeepsKeysThatAreNotNamed) {
  create(encrypted());
  LegRequest values;
  values.id = "a";
  values.direction = Direction::kSendOnly;
  update(values, {LegField::kDirection});
  EXPECT_EQ(spec().legs[0].direction, Direction::kSendOnly);
  EXPECT_EQ(spec().legs[0].srtp_send, srtp_key(2));
  EXPECT_TRUE(spec().legs[0].srtp_receive);
}

TEST_F(SessionSrtpTest, RemovesKeysThatAreNamedAndAbsent) {
  create(encrypted());
  LegRequest values;
  values.id = "a";
  update(values, {LegField::kSrtpReceive});
  EXPECT_FALSE(spec().legs[0].srtp_receive);
  EXPECT_TRUE(spec().legs[0].srtp_send);
  values = encrypted().legs[0];
  values.srtp_send = values.srtp_receive = {};
  values.sinks = {"b"};
  update(values);
  EXPECT_FALSE(spec().legs[0].srtp());
}

TEST_F(SessionSrtpTest, ChecksWhatAnUpdateMakesOfTheLeg) {
  create(encrypted());
  LegRequest values;
  values.id = "b";
  values.srtp_send = srtp_key(2);  // leg a's
  const Answer answer = update(values, {LegField::kSrtpSend});
  ASSERT_FALSE(answer.results.at(0).has_value());
  EXPECT_EQ(answer.results[0].error().violations.at(0).field, "spec.legs[0].srtp_send.master_key");
  EXPECT_FALSE(spec().legs[1].srtp());
}

TEST_F(SessionSrtpTest, PermissionsChangeWhileTheNodeRuns) {
  EXPECT_FALSE(f.manager.defaults().allow_null_cipher);
  EXPECT_FALSE(f.manager.allows_decrypted_capture());
  f.manager.set_srtp_policy({.allow_null_cipher = true, .allow_decrypted_capture = true});
  EXPECT_TRUE(f.manager.defaults().allow_null_cipher);
  EXPECT_TRUE(f.manager.allows_decrypted_capture());
  create(two_legs());
  LegRequest values;
  values.id = "a";
  values.srtp_send = srtp_key(1, SrtpSuite::kNullHmacSha1_80);
  EXPECT_TRUE(update(values, {LegField::kSrtpSend}).results.at(0).has_value());
  f.manager.set_srtp_policy({});
  values.direction = Direction::kInactive;
  EXPECT_TRUE(update(values, {LegField::kDirection}).results.at(0).has_value()) << "the call that there is";
  values.srtp_send = srtp_key(2, SrtpSuite::kNullHmacSha1_80);
  EXPECT_FALSE(update(values, {LegField::kSrtpSend}).results.at(0).has_value());
}

TEST_F(SessionSrtpTest, PermissionsComeFromTheConfiguration) {
  config::NodeConfig config;
  config.srtp = {.allow_null_cipher = true, .allow_decrypted_capture = true};
  test::FakeDataplane dataplane;
  const SessionManager manager(dataplane, make_manager_options(config, "run"));
  EXPECT_TRUE(manager.defaults().allow_null_cipher);
  EXPECT_TRUE(manager.allows_decrypted_capture());
}

TEST_F(SessionSrtpTest, LogsTheEndOfAKeysLife) {
  create(encrypted());
  Event event;
  event.type = EventType::kSrtpKeyExpiring;
  event.session = f.dataplane.last_handle();
  event.leg_id = 1;
  event.outgoing = true;
  f.dataplane.inject(event);
  event.type = EventType::kSrtpKeyExpired;
  event.outgoing = false;
  event.component = Component::kRtcp;
  f.dataplane.inject(event);
  f.settle();
  const auto events = f.manager.events().read(2, "call", 10).events;
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0]->type, LogEventType::kSrtpKeyExpiring);
  EXPECT_EQ(events[0]->leg_id, "a");
  EXPECT_TRUE(events[0]->outgoing);
  EXPECT_EQ(events[1]->type, LogEventType::kSrtpKeyExpired);
  EXPECT_FALSE(events[1]->outgoing);
  EXPECT_TRUE(events[1]->rtcp);
}

TEST_F(SessionSrtpTest, ShowsHowKeysStand) {
  create(encrypted());
  SessionStats stats;
  LegStats& leg = stats.legs.emplace_back();
  leg.id = 1;
  leg.srtp_send.emplace();
  leg.srtp_send->rtp_packets = 5;
  f.dataplane.set_stats(f.dataplane.last_handle(), stats);
  Answer answer;
  f.manager.get("call", f.into(answer));
  const LegView& view = answer.session().legs[0];
  ASSERT_TRUE(view.stats.srtp_send);
  EXPECT_EQ(view.stats.srtp_send->rtp_packets, 5U);
  EXPECT_FALSE(view.stats.srtp_receive);
}

}  // namespace
}  // namespace pollux::control
