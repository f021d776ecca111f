#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controlplane/session/session_manager.hpp"
#include "tests/support/control_fixture.hpp"

namespace pollux::control {
namespace {

using test::at;
using test::ManagerFixture;
using test::two_legs;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Answer = ManagerFixture::Answer;

LegRequest third_leg() {
  LegRequest leg;
  leg.id = "c";
  leg.network = "outside";
  leg.family = AddressFamily::kIpv6;
  leg.sinks = {"a"};
  return leg;
}

LegPatch whole(const LegRequest& leg) {
  return {leg.id, "spec.legs[0]", true, LegFields::all(), leg};
}
LegPatch removal(const std::string& id) {
  return {id, "", true, {}, std::nullopt};
}
LegPatch fields(const LegRequest& leg, std::initializer_list<LegField> which) {
  LegPatch patch{leg.id, "spec.legs[0]", false, {}, leg};
  for (const LegField field : which) {
    patch.fields.set(field);
  }
  return patch;
}

class SessionUpdateTest : public testing::Test {
 protected:
  SessionUpdateTest() {
    f.create("call", created);
    f.settle();
  }
  ~SessionUpdateTest() override { EXPECT_THAT(f.dataplane.complaints(), IsEmpty()); }

  Answer update(const SessionPatch& patch) {
    Answer answer;
    f.manager.update("call", patch, f.into(answer));
    f.settle();
    return answer;
  }
  std::vector<std::string> wrong_fields(const SessionPatch& patch) {
    const Answer answer = update(patch);
    std::vector<std::string> result;
    for (const FieldViolation& violation : answer.results.at(0).error().violations) {
      result.push_back(violation.field);
    }
    return result;
  }
  SessionSpec spec() { return f.dataplane.spec(f.dataplane.last_handle()).value(); }

  ManagerFixture f;
  Answer created;
};

TEST_F(SessionUpdateTest, ChangesNamedFieldsAndKeepsPorts) {
  LegRequest values;
  values.id = "b";
  values.remote_rtp = at("198.51.100.8:6000");
  values.direction = Direction::kInactive;  // not named
  SessionPatch patch;
  patch.legs = {fields(values, {LegField::kRemoteRtp})};
  const Answer answer = update(patch);
  EXPECT_EQ(answer.session().legs[1].local_rtp, created.session().legs[1].local_rtp);
  EXPECT_EQ(spec().legs[1].remote_rtp, at("198.51.100.8:6000"));
  EXPECT_EQ(spec().legs[1].direction, Direction::kSendRecv);
  EXPECT_EQ(spec().legs[0].remote_rtp, at("10.0.0.100:4000"));
}

TEST_F(SessionUpdateTest, AnswersWhenTheDataPlaneHasTakenIt) {
  f.dataplane.set_auto_ack(false);
  SessionPatch patch;
  patch.set_media_timeout = true;
  patch.media_timeout = std::chrono::seconds(7);
  Answer answer;
  f.manager.update("call", patch, f.into(answer));
  f.settle();
  EXPECT_FALSE(answer.arrived());
  Answer seen;
  f.manager.get("call", f.into(seen));  // still as it was
  EXPECT_EQ(seen.session().request->media_timeout, std::chrono::seconds(60));
  f.dataplane.release_acks();
  f.settle();
  EXPECT_EQ(answer.session().request->media_timeout, std::chrono::seconds(7));
}

TEST_F(SessionUpdateTest, GoesBackToTheNodesMediaTimeout) {
  SessionPatch patch;
  patch.set_media_timeout = true;
  patch.media_timeout = std::chrono::seconds(7);
  update(patch);
  patch.media_timeout.reset();
  EXPECT_EQ(update(patch).session().request->media_timeout, std::chrono::seconds(60));
}

TEST_F(SessionUpdateTest, AddsAndRemovesLegs) {
  const auto used = f.ports_used();
  SessionPatch add;
  add.legs = {whole(third_leg())};
  const Answer added = update(add);
  ASSERT_EQ(added.session().legs.size(), 3U);
  EXPECT_EQ(added.session().legs[2].id, "c");
  EXPECT_EQ(added.session().legs[2].local_rtp.ip, test::ip("2001:db8::1"));
  EXPECT_EQ(f.ports_used(), used + 2);
  const auto number = spec().legs[2].id;
  SessionPatch remove;
  remove.legs = {removal("c")};
  EXPECT_EQ(update(remove).session().legs.size(), 2U);
  EXPECT_EQ(f.ports_used(), used);
  update(add);
  EXPECT_NE(spec().legs[2].id, number);  // another leg for the data plane
}

TEST_F(SessionUpdateTest, ReplacesAllLegsAndKeepsPortsOfThoseThatStay) {
  LegRequest a = two_legs().legs[0];
  a.remote_rtp = at("10.0.0.200:4444");
  a.sinks = {};
  LegRequest c = third_leg();
  c.sinks = {};
  SessionPatch patch;
  patch.all_legs = true;
  patch.legs = {whole(c), whole(a)};
  const Answer answer = update(patch);
  ASSERT_EQ(answer.session().legs.size(), 2U);
  EXPECT_EQ(answer.session().legs[0].id, "c");
  EXPECT_EQ(answer.session().legs[1].local_rtp, created.session().legs[0].local_rtp);
  // Two legs without sinks get each other's media, as in Create.
  EXPECT_THAT(answer.session().request->legs[0].sinks, ElementsAre("a"));
  EXPECT_EQ(f.ports_used(), 4U);
}

TEST_F(SessionUpdateTest, LeavesSinksEmptyWhereTheyAreEmptiedByName) {
  LegRequest a;
  a.id = "a";
  LegRequest b;
  b.id = "b";
  SessionPatch patch;
  patch.legs = {fields(a, {LegField::kSinks}), fields(b, {LegField::kSinks})};
  const Answer answer = update(patch);
  EXPECT_THAT(answer.session().request->legs[0].sinks, IsEmpty());
  EXPECT_THAT(answer.session().request->legs[1].sinks, IsEmpty());
}

TEST_F(SessionUpdateTest, RefusesToChangeWhatDecidesThePorts) {
  LegRequest a;
  a.id = "a";
  a.network = "outside";
  a.family = AddressFamily::kIpv6;
  SessionPatch patch;
  patch.legs = {fields(a, {LegField::kNetwork, LegField::kFamily})};
  EXPECT_THAT(wrong_fields(patch), ElementsAre("spec.legs[0].network", "spec.legs[0].family"));
}

TEST_F(SessionUpdateTest, RtcpMuxComesAndGoesWhileTheLegKeepsItsPorts) {
  const LegView before = created.session().legs[1];
  ASSERT_EQ(before.local_rtcp.port, before.local_rtp.port + 1);
  LegRequest b;
  b.id = "b";
  SessionPatch patch;
  for (const bool mux : {true, false, true}) {
    SCOPED_TRACE(mux);
    b.rtcp_mux = mux;
    patch.legs = {fields(b, {LegField::kRtcpMux})};
    const std::uint64_t used = f.ports_used();
    const Answer answer = update(patch);
    EXPECT_EQ(answer.session().request->legs[1].rtcp_mux, mux);
    EXPECT_EQ(answer.session().legs[1].local_rtp, before.local_rtp);
    EXPECT_EQ(answer.session().legs[1].local_rtcp, mux ? before.local_rtp : before.local_rtcp);
    EXPECT_EQ(spec().legs[1].rtcp_mux(), mux);
    EXPECT_EQ(spec().legs[1].local_rtp_port, before.local_rtp.port);
    EXPECT_EQ(f.ports_used(), used);  // leased till the leg goes
  }
  Answer removed;
  f.manager.remove("call", f.into(removed));
  f.settle();
  EXPECT_EQ(f.ports_used(), 0U);
}

TEST_F(SessionUpdateTest, ALegMadeWithRtcpMuxStaysSo) {
  LegRequest c = third_leg();
  c.rtcp_mux = true;
  SessionPatch patch;
  patch.legs = {whole(c)};
  const Answer added = update(patch);
  EXPECT_EQ(added.session().legs[2].local_rtcp, added.session().legs[2].local_rtp);
  c.rtcp_mux = false;
  patch.legs = {fields(c, {LegField::kRtcpMux})};
  EXPECT_THAT(wrong_fields(patch), ElementsAre("spec.legs[0].rtcp_mux"));
  patch.legs = {whole(c)};
  EXPECT_THAT(wrong_fields(patch), ElementsAre("spec.legs[0].rtcp_mux"));
}

TEST_F(SessionUpdateTest, RefusesFieldsOfLegsThatDoNotExist) {
  SessionPatch patch;
  patch.legs = {fields(third_leg(), {LegField::kDscp}), removal("d")};
  EXPECT_THAT(wrong_fields(patch), ElementsAre("update_mask", "update_mask"));
}

TEST_F(SessionUpdateTest, RefusesToRemoveALegThatIsStillASink) {
  SessionPatch patch;
  patch.legs = {removal("b")};
  EXPECT_THAT(wrong_fields(patch), ElementsAre("legs.a.sinks[0]"));
}

TEST_F(SessionUpdateTest, ChangesNothingOnError) {
  LegRequest a;
  a.id = "a";
  a.dscp = 99;
  a.direction = Direction::kInactive;
  SessionPatch patch;
  patch.legs = {fields(a, {LegField::kDscp, LegField::kDirection})};
  patch.set_labels = true;
  patch.labels = {{"k", "v"}};
  EXPECT_THAT(wrong_fields(patch), ElementsAre("spec.legs[0].dscp"));
  Answer seen;
  f.manager.get("call", f.into(seen));
  EXPECT_EQ(*seen.session().request, *created.session().request);
  EXPECT_EQ(f.dataplane.commands(), 1U);
}

TEST_F(SessionUpdateTest, GivesNewPortsBackWhenTheDataPlaneRefuses) {
  const auto used = f.ports_used();
  f.dataplane.fail_next({ErrorCode::kInternal, "X", "", "broken"});
  SessionPatch patch;
  patch.legs = {whole(third_leg())};
  EXPECT_EQ(update(patch).error().cause, "INTERNAL");
  EXPECT_EQ(f.ports_used(), used);
  EXPECT_EQ(f.manager.under_way(), 0U);
  EXPECT_EQ(update(patch).session().legs.size(), 3U);
}

TEST_F(SessionUpdateTest, DoesNotBotherTheDataPlaneWhenNothingChanges) {
  SessionPatch patch;
  patch.set_labels = true;
  EXPECT_TRUE(update(patch).results.at(0).has_value());
  EXPECT_EQ(f.dataplane.commands(), 1U);
}

TEST(SessionUpdate, SaysWhenPortsRunOutAndKeepsNone) {
  ManagerFixture f(1, 20000, 20001);
  Answer created;
  f.create("call", created);
  f.settle();
  SessionPatch patch;
  LegRequest c = third_leg();
  LegRequest d = third_leg();
  d.id = "d";
  patch.legs = {whole(c), whole(d)};  // one IPv6 pair is left
  Answer answer;
  f.manager.update("call", patch, f.into(answer));
  EXPECT_EQ(answer.error().cause, "PORTS_EXHAUSTED");
  EXPECT_EQ(f.ports_used(), 4U);
}

}  // namespace
}  // namespace pollux::control
