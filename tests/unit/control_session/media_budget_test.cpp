// Which worker transcodes for a session, and who is refused.
#include "controlplane/session/media_budget.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controlplane/sdp/codec_attribute.hpp"
#include "tests/support/load_fixture.hpp"

namespace pollux::control {
namespace {

using test::LoadFixture;
using test::two_legs;
using testing::DoubleEq;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Answer = LoadFixture::Answer;

CodecFormat codec(std::uint8_t payload_type, const char* encoding) {
  return {sdp::read_codec({encoding, 0, 0, ""}).value(), payload_type};
}

// What such a session costs: as many percent of a core as the first leg's ptime has milliseconds.
double cost_by_ptime(const SessionSpec& spec) {
  return spec.legs[0].ptime_ms / 100.0;
}

SessionRequest call_of(std::uint16_t percent) {
  SessionRequest request = two_legs();
  request.legs[0].codecs = {codec(8, "PCMA")};
  request.legs[1].codecs = {codec(18, "G729")};
  request.legs[0].ptime_ms = percent;
  return request;
}

struct MediaBudgetTest : testing::Test {
  MediaBudgetTest() : f(3) {
    f.dataplane.cost_of = cost_by_ptime;
    limit(80);
  }
  ~MediaBudgetTest() override { EXPECT_THAT(f.dataplane.complaints(), IsEmpty()); }

  void limit(std::uint32_t percent) {
    config::AdmissionConfig limits;
    limits.max_media_load = percent;
    f.manager.set_limits(limits);
  }
  // `answer` is written when the update has taken effect: it has to live that long.
  void start_update(const std::string& id, std::uint16_t percent, Answer& answer) {
    SessionPatch patch;
    LegPatch leg;
    leg.id = "a";
    leg.path = "spec.legs[0]";
    leg.fields.set(LegField::kPtime);
    leg.values = call_of(percent).legs[0];
    patch.legs.push_back(leg);
    f.manager.update(id, patch, f.into(answer));
    f.settle();
  }
  Answer update(const std::string& id, std::uint16_t percent) {
    Answer answer;
    start_update(id, percent, answer);
    return answer;
  }
  void remove(const std::string& id) {
    Answer answer;
    f.manager.remove(id, f.into(answer));
    f.settle();
  }
  double committed(std::size_t worker) { return f.manager.media_committed().at(worker); }

  LoadFixture f;
};

TEST_F(MediaBudgetTest, SessionsThatOnlyRelayCommitNothing) {
  const Answer answer = f.created("call");
  EXPECT_EQ(answer.session().media_cost, 0);
  EXPECT_EQ(f.dataplane.spec(f.dataplane.last_handle())->media_worker, answer.session().worker);
  EXPECT_THAT(f.manager.media_committed(), ElementsAre(0, 0, 0));
}

TEST_F(MediaBudgetTest, TheSessionsOwnWorkerTranscodes) {
  const Answer answer = f.created("call", call_of(20));
  EXPECT_DOUBLE_EQ(answer.session().media_cost, 0.2);
  EXPECT_EQ(answer.session().media_worker, answer.session().worker);
  EXPECT_DOUBLE_EQ(committed(answer.session().worker), 0.2);
  remove("call");
  EXPECT_THAT(f.manager.media_committed(), ElementsAre(0, 0, 0));
}

TEST_F(MediaBudgetTest, OnlyWorkersWithTheRole) {
  LoadFixture own(3);
  own.dataplane.cost_of = cost_by_ptime;
  // Roles are read at construction.
  own.dataplane.set_roles(0, {true, false});
  own.dataplane.set_roles(1, {false, true});
  own.dataplane.set_roles(2, {false, true});
  SessionManager manager(own.dataplane, own.options(20000, 59999, 100));
  std::vector<std::uint16_t> workers;
  for (const char* const id : {"one", "two", "three"}) {
    Answer answer;
    manager.create(id, own.resolved(call_of(20)), own.into(answer));
    while (manager.poll()) {
    }
    EXPECT_EQ(answer.session().worker, 0);
    workers.push_back(answer.session().media_worker);
  }
  EXPECT_THAT(workers, ElementsAre(1, 2, 1));
  EXPECT_THAT(manager.media_committed(), ElementsAre(DoubleEq(0), DoubleEq(0.4), DoubleEq(0.2)));
  EXPECT_THAT(own.dataplane.complaints(), IsEmpty());
}

TEST_F(MediaBudgetTest, AFullWorkerLeavesItToTheLeastCommitted) {
  LoadFixture own(2);
  own.dataplane.cost_of = cost_by_ptime;
  own.dataplane.set_roles(1, {false, true});
  SessionManager manager(own.dataplane, own.options(20000, 59999, 100));
  std::vector<std::uint16_t> workers;
  for (const char* const id : {"one", "two"}) {
    Answer answer;
    manager.create(id, own.resolved(call_of(60)), own.into(answer));
    while (manager.poll()) {
    }
    workers.push_back(answer.session().media_worker);
  }
  EXPECT_THAT(workers, ElementsAre(0, 1));
  Answer refused;
  manager.create("three", own.resolved(call_of(60)), own.into(refused));
  EXPECT_EQ(refused.error().cause, "MEDIA_EXHAUSTED");
}

TEST_F(MediaBudgetTest, RefusesBeyondTheLimitAndKeepsNothing) {
  for (const char* const id : {"one", "two", "three"}) {
    EXPECT_TRUE(f.created(id, call_of(60)).results.at(0).has_value());
  }
  const auto used = f.ports_used();
  const Answer refused = f.created("four", call_of(25));
  EXPECT_EQ(refused.error().code, ErrorCode::kExhausted);
  EXPECT_EQ(refused.error().cause, "MEDIA_EXHAUSTED");
  EXPECT_THAT(refused.error().message,
              HasSubstr("has 60.0 % of its core committed to transcoding, 25.0 % more are "
                        "needed, and admission.max_media_load is 80 %"));
  EXPECT_THAT(refused.error().message, HasSubstr("workers[].roles"));
  EXPECT_EQ(f.ports_used(), used);
  EXPECT_EQ(f.manager.totals().refused_by_cause.at("MEDIA_EXHAUSTED"), 1U);
  EXPECT_TRUE(f.created("five", call_of(20)).results.at(0).has_value());  // exactly full
  EXPECT_TRUE(f.created("six").results.at(0).has_value());
  limit(100);
  EXPECT_TRUE(f.created("four", call_of(40)).results.at(0).has_value());
}

TEST_F(MediaBudgetTest, SaysWhenNobodyHasTheRole) {
  LoadFixture own(1);
  own.dataplane.cost_of = cost_by_ptime;
  own.dataplane.set_roles(0, {true, false});
  SessionManager manager(own.dataplane, own.options(20000, 59999, 100));
  Answer refused;
  manager.create("call", own.resolved(call_of(1)), own.into(refused));
  EXPECT_EQ(refused.error().cause, "MEDIA_EXHAUSTED");
  EXPECT_THAT(refused.error().message,
              HasSubstr("no worker has the role \"media\": add it to workers[].roles"));
  Answer relayed;
  manager.create("call", own.resolved(two_legs()), own.into(relayed));
  while (manager.poll()) {
  }
  EXPECT_TRUE(relayed.results.at(0).has_value());
}

TEST_F(MediaBudgetTest, AvoidsOverloadedWorkersAndRefusesWhenAllAre) {
  LoadFixture own(2);
  own.dataplane.cost_of = cost_by_ptime;
  own.dataplane.set_roles(0, {true, false});
  own.dataplane.set_roles(1, {false, true});
  SessionManager manager(own.dataplane, own.options(20000, 59999, 100));
  const auto second = [&](double relay, double media) {
    own.second({relay, media});  // moves the clock, too
    while (manager.poll()) {
    }
  };
  second(0, 0);
  second(0.1, 0.95);
  Answer refused;
  manager.create("call", own.resolved(call_of(1)), own.into(refused));
  EXPECT_EQ(refused.error().cause, "MEDIA_EXHAUSTED");
  EXPECT_THAT(refused.error().message, HasSubstr("media worker 1 is overloaded, at 95.0 % load"));
  second(0.1, 0.2);
  Answer taken;
  manager.create("call", own.resolved(call_of(1)), own.into(taken));
  while (manager.poll()) {
  }
  EXPECT_EQ(taken.session().media_worker, 1);
}

TEST_F(MediaBudgetTest, UpdatesThatCostMoreAreCheckedFirst) {
  const Answer before = f.created("call", call_of(20));
  const std::uint16_t worker = before.session().media_worker;
  EXPECT_DOUBLE_EQ(update("call", 50).session().media_cost, 0.5);
  EXPECT_DOUBLE_EQ(committed(worker), 0.5);
  const std::size_t commands = f.dataplane.commands();
  limit(54);
  const Answer refused = update("call", 55);
  EXPECT_EQ(refused.error().cause, "MEDIA_EXHAUSTED");
  EXPECT_THAT(refused.error().message, HasSubstr("5.0 % more are needed"));
  EXPECT_EQ(f.dataplane.commands(), commands);  // it runs on as it was
  EXPECT_EQ(f.dataplane.spec(f.dataplane.last_handle())->legs[0].ptime_ms, 50);
  EXPECT_DOUBLE_EQ(committed(worker), 0.5);
  limit(10);
  EXPECT_DOUBLE_EQ(update("call", 30).session().media_cost, 0.3);  // less is always let in
  EXPECT_DOUBLE_EQ(committed(worker), 0.3);
  remove("call");
  EXPECT_EQ(committed(worker), 0);
}

TEST_F(MediaBudgetTest, AFailedUpdateGivesBackWhatItAdded) {
  const std::uint16_t worker = f.created("call", call_of(20)).session().media_worker;
  f.dataplane.fail_next({ErrorCode::kInternal, "X", "", "no"});
  EXPECT_EQ(update("call", 50).error().cause, "INTERNAL");
  EXPECT_DOUBLE_EQ(committed(worker), 0.2);
  f.dataplane.fail_next({ErrorCode::kInternal, "X", "", "no"});
  EXPECT_EQ(update("call", 10).error().cause, "INTERNAL");
  EXPECT_DOUBLE_EQ(committed(worker), 0.2);
  f.dataplane.fail_next({ErrorCode::kInternal, "X", "", "no"});
  EXPECT_EQ(f.created("other", call_of(20)).error().cause, "INTERNAL");
  remove("call");
  EXPECT_THAT(f.manager.media_committed(), ElementsAre(0, 0, 0));
}

TEST_F(MediaBudgetTest, WhatAnUpdateSavesIsFreeWhenItHasTakenEffect) {
  const std::uint16_t worker = f.created("call", call_of(50)).session().media_worker;
  f.dataplane.set_auto_ack(false);
  Answer answer;
  start_update("call", 10, answer);
  EXPECT_FALSE(answer.arrived());
  EXPECT_DOUBLE_EQ(committed(worker), 0.5);
  f.dataplane.release_acks();
  f.settle();
  EXPECT_TRUE(answer.arrived());
  EXPECT_DOUBLE_EQ(committed(worker), 0.1);
}

TEST_F(MediaBudgetTest, TheMediaWorkerChangesOnlyWhileThereAreNoPaths) {
  LoadFixture own(3);
  own.dataplane.cost_of = cost_by_ptime;
  own.dataplane.set_roles(0, {true, false});
  own.dataplane.set_roles(1, {false, true});
  own.dataplane.set_roles(2, {false, true});
  SessionManager manager(own.dataplane, own.options(20000, 59999, 100));
  const auto settle = [&manager] {
    while (manager.poll()) {
    }
  };
  const auto changed = [&](std::uint16_t percent) {
    SessionPatch patch;
    LegPatch leg;
    leg.id = "a";
    leg.path = "spec.legs[0]";
    leg.fields.set(LegField::kPtime);
    leg.values = call_of(percent).legs[0];
    patch.legs.push_back(leg);
    Answer answer;
    manager.update("call", patch, own.into(answer));
    settle();
    return answer.session().media_worker;
  };
  Answer answer;
  manager.create("call", own.resolved(call_of(20)), own.into(answer));
  settle();
  EXPECT_EQ(answer.session().media_worker, 1);
  Answer other;
  manager.create("other", own.resolved(call_of(10)), own.into(other));
  settle();
  EXPECT_EQ(other.session().media_worker, 2);
  EXPECT_EQ(changed(40), 1);  // though worker 2 has less to do
  changed(0);
  EXPECT_EQ(changed(20), 1);
  changed(0);
  manager.create("third", own.resolved(call_of(20)), own.into(answer));
  settle();  // on worker 1
  EXPECT_EQ(changed(20), 2);
  EXPECT_THAT(own.dataplane.complaints(), IsEmpty());
}

TEST_F(MediaBudgetTest, AbandonedSessionsGiveBackEverything) {
  f.created("call", call_of(20));
  f.dataplane.set_auto_ack(false);
  Answer updating;
  Answer linking;
  start_update("call", 50, updating);
  f.create("linking", linking, call_of(30));
  f.settle();
  EXPECT_EQ(f.manager.abandon(), 2U);
  EXPECT_TRUE(updating.arrived());
  EXPECT_TRUE(linking.arrived());
  EXPECT_THAT(f.manager.media_committed(), ElementsAre(0, 0, 0));
}

}  // namespace
}  // namespace pollux::control
