// Key presses: those that clients order, and those that the data plane reports.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controlplane/sdp/codec_attribute.hpp"
#include "controlplane/session/session_manager.hpp"
#include "tests/support/control_fixture.hpp"

namespace pollux::control {
namespace {

using namespace std::chrono_literals;
using test::ManagerFixture;
using test::two_legs;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using Answer = ManagerFixture::Answer;

// a takes events, b gets presses by SIP INFO.
SessionRequest call() {
  SessionRequest request = two_legs();
  request.legs[0].codecs = {{sdp::read_codec({"PCMA", 0, 0, ""}).value(), 8},
                            {sdp::read_codec({"telephone-event", 0, 0, ""}).value(), 101}};
  request.legs[1].codecs = {{sdp::read_codec({"G729", 0, 0, ""}).value(), 18}};
  return request;
}

DtmfInjection keys(std::initializer_list<std::uint8_t> events) {
  DtmfInjection injection;
  for (const std::uint8_t event : events) {
    injection.events.push_back(event);
  }
  return injection;
}

struct Injected {
  std::vector<tl::expected<InjectedDtmf, Failure>> results;
  bool arrived() const { return !results.empty(); }
  const Failure& failure() const { return results.at(0).error(); }
};

class SessionDtmfTest : public testing::Test {
 protected:
  ~SessionDtmfTest() override { EXPECT_THAT(f.dataplane.complaints(), IsEmpty()); }

  void create(const SessionRequest& request = call()) {
    Answer created;
    f.create("call", created, request);
    f.settle();
    ASSERT_TRUE(created.arrived());
    ASSERT_TRUE(created.results[0].has_value());
  }
  InjectCallback into(Injected& answer) {
    return [&answer](const auto& result) { answer.results.push_back(result); };
  }
  Injected inject(const DtmfInjection& injection, const std::string& leg = "a",
                  const std::string& id = "call") {
    Injected answer;
    f.manager.inject_dtmf(id, leg, injection, into(answer));
    f.settle();
    EXPECT_THAT(answer.results, SizeIs(1));
    return answer;
  }
  // The press that `event` is logged as.
  LoggedEvent logged(const Event& event) {
    f.dataplane.inject(event);
    f.settle();
    const auto events = f.manager.events().read(1, "call", 100).events;
    EXPECT_EQ(events.back()->type, LogEventType::kDtmf);
    return *events.back();
  }
  Event press(DtmfPhase phase, std::uint16_t leg = 1) {
    Event event;
    event.type = EventType::kDtmf;
    event.session = f.dataplane.last_handle();
    event.leg_id = leg;
    event.press = {5, DtmfWay::kInBand, phase, 12, phase == DtmfPhase::kEnd ? 180U : 0U, 45};
    return event;
  }

  ManagerFixture f;
};

TEST_F(SessionDtmfTest, InjectsIntoTheLegNamed) {
  create();
  DtmfInjection injection = keys({1, 11});
  injection.duration_ms = 100;
  injection.gap_ms = 70;
  injection.level_dbm0 = 10;
  EXPECT_TRUE(inject(injection, "b").results[0]->believed);
  const auto injections = f.dataplane.injections();
  ASSERT_THAT(injections, SizeIs(1));
  EXPECT_EQ(injections[0].first, f.dataplane.last_handle());
  const DtmfInjection& placed = injections[0].second;
  EXPECT_EQ(placed.leg_id, 2);
  EXPECT_THAT(std::vector(placed.events.begin(), placed.events.end()), ElementsAre(1, 11));
  EXPECT_EQ(placed.duration_ms, 100);
  EXPECT_EQ(placed.gap_ms, 70);
  EXPECT_EQ(placed.level_dbm0, 10);
  EXPECT_FALSE(placed.pressed_by_party);
  EXPECT_EQ(f.manager.under_way(), 0U);
}

TEST_F(SessionDtmfTest, AnswersWhenTheDataPlaneHasQueuedThem) {
  create();
  f.dataplane.set_auto_ack(false);
  Injected answer;
  f.manager.inject_dtmf("call", "a", keys({1}), into(answer));
  f.settle();
  EXPECT_FALSE(answer.arrived());
  EXPECT_EQ(f.manager.under_way(), 1U);
  f.dataplane.release_acks();
  f.settle();
  EXPECT_TRUE(answer.results.at(0).has_value());
  EXPECT_EQ(f.manager.under_way(), 0U);
}

TEST_F(SessionDtmfTest, AFullQueueSaysWhatToDo) {
  create();
  f.dataplane.set_dtmf_queue_full(true);
  const Injected answer = inject(keys({1, 2, 3}));
  EXPECT_EQ(answer.failure().error.code, ErrorCode::kExhausted);
  EXPECT_EQ(answer.failure().error.cause, "DTMF_QUEUE_FULL");
  EXPECT_EQ(answer.failure().error.message,
            "leg \"a\" has no room for 3 more presses: at most 64 wait; none of these was taken, try again "
            "when some have been sent");
}

TEST_F(SessionDtmfTest, AFullQueueOfOthersIsNotTheLegsOwn) {
  create();
  f.dataplane.set_dtmf_queue_full(true);
  DtmfInjection pressed = keys({1});
  pressed.pressed_by_party = true;
  EXPECT_THAT(inject(pressed).failure().error.message,
              HasSubstr("a leg that gets the presses of leg \"a\" has no room for 1 more"));
}

// All of them or none: what the leg doesn't take is refused before anything is sent.
TEST_F(SessionDtmfTest, EventsThatTheLegDoesNotTakeAreNamed) {
  create();
  const Injected flash = inject(keys({1, kFlashEvent, 2}));
  EXPECT_EQ(flash.failure().error.field, "digits[1]");
  EXPECT_THAT(flash.failure().error.message,
              HasSubstr("is event 16, which the telephone-event of leg \"a\""));
  EXPECT_THAT(f.dataplane.injections(), IsEmpty());
  EXPECT_TRUE(inject(keys({1, kFlashEvent}), "b").results[0].has_value());  // by SIP INFO
}

TEST_F(SessionDtmfTest, ThereIsNoToneForAFlash) {
  SessionRequest request = call();
  request.legs[0].codecs = {request.legs[0].codecs.front()};
  create(request);
  EXPECT_THAT(inject(keys({kFlashEvent})).failure().error.message, HasSubstr("has no tones"));
}

TEST_F(SessionDtmfTest, SessionAndLegMustExist) {
  EXPECT_EQ(inject(keys({1})).failure().error.cause, "SESSION_UNKNOWN");
  create();
  const Injected leg = inject(keys({1}), "c");
  EXPECT_EQ(leg.failure().error.code, ErrorCode::kNotFound);
  EXPECT_EQ(leg.failure().error.cause, "LEG_UNKNOWN");
  EXPECT_EQ(leg.failure().error.message, "session \"call\" has no leg \"c\"; Get tells which it has");
  EXPECT_THAT(f.dataplane.injections(), IsEmpty());
}

TEST_F(SessionDtmfTest, LegsThatTakeNoPressesSaySo) {
  create(two_legs());
  const Injected plain = inject(keys({1}));
  EXPECT_EQ(plain.failure().error.cause, "INVALID_FIELD");
  ASSERT_THAT(plain.failure().violations, SizeIs(1));
  EXPECT_EQ(plain.failure().violations[0].field, "leg_id");
  EXPECT_THAT(plain.failure().violations[0].description, HasSubstr("has no codecs"));
  Answer removed;
  f.manager.remove("call", f.into(removed));
  f.settle();
  SessionRequest request = call();
  request.legs[0].dtmf.send = DtmfSend::kNone;
  create(request);
  EXPECT_THAT(inject(keys({1})).failure().violations[0].description, HasSubstr("dtmf.send NONE"));
  DtmfInjection by_party = keys({1});
  by_party.pressed_by_party = true;
  EXPECT_TRUE(inject(by_party).results[0].has_value());
}

TEST_F(SessionDtmfTest, IgnoredSipInfoIsCountedByTheDataPlaneAndToldOf) {
  SessionRequest request = call();
  request.legs[0].dtmf.receive_sip_info = DtmfReceive::kOff;
  create(request);
  DtmfInjection by_party = keys({1});
  by_party.pressed_by_party = true;
  EXPECT_FALSE(inject(by_party).results[0]->believed);
  EXPECT_TRUE(inject(keys({1})).results[0]->believed);
  EXPECT_THAT(f.dataplane.injections(), SizeIs(2));
}

TEST_F(SessionDtmfTest, ABusyWorkerIsNodeBusy) {
  create();
  f.dataplane.fail_next({ErrorCode::kUnavailable, "WORKER_BUSY", "", "busy"});
  EXPECT_EQ(inject(keys({1})).failure().error.cause, "NODE_BUSY");
  f.dataplane.fail_next({ErrorCode::kInternal, "STRANGE", "", "odd"});
  EXPECT_EQ(inject(keys({1})).failure().error.cause, "INTERNAL");
}

TEST_F(SessionDtmfTest, WaitsForTheSessionToBeMade) {
  f.dataplane.set_auto_ack(false);
  Answer created;
  f.create("call", created, call());
  Injected answer;
  f.manager.inject_dtmf("call", "a", keys({1}), into(answer));
  f.settle();
  EXPECT_THAT(f.dataplane.injections(), IsEmpty());
  f.dataplane.set_auto_ack(true);
  f.dataplane.release_acks();
  f.settle();
  EXPECT_TRUE(answer.results.at(0).has_value());
}

TEST_F(SessionDtmfTest, ASessionThatEndsFirstIsUnknown) {
  create();
  f.dataplane.set_auto_ack(false);
  Injected before;
  Answer removed;
  Injected after;
  f.manager.inject_dtmf("call", "a", keys({1}), into(before));
  f.manager.remove("call", f.into(removed));
  f.manager.inject_dtmf("call", "a", keys({1}), into(after));
  f.dataplane.set_auto_ack(true);
  f.dataplane.release_acks();
  f.settle();
  EXPECT_TRUE(before.results.at(0).has_value());
  EXPECT_EQ(after.failure().error.cause, "SESSION_UNKNOWN");
}

TEST_F(SessionDtmfTest, NobodyWaitsForEverWhenTheNodeGivesUp) {
  create();
  f.dataplane.set_auto_ack(false);
  Injected answer;
  f.manager.inject_dtmf("call", "a", keys({1}), into(answer));
  f.manager.begin_stop();
  EXPECT_EQ(inject(keys({1})).failure().error.cause, "NODE_DRAINING");
  EXPECT_EQ(f.manager.abandon(), 1U);
  EXPECT_EQ(answer.failure().error.cause, "NODE_DRAINING");
  EXPECT_EQ(f.manager.under_way(), 0U);
}

TEST_F(SessionDtmfTest, ADrainKeepsNoPressesBack) {
  create();
  f.manager.drain(std::nullopt, false);
  EXPECT_TRUE(inject(keys({1})).results[0].has_value());
}

TEST_F(SessionDtmfTest, WhoDoesNotListenCannotFillTheMemory) {
  create();
  f.dataplane.set_auto_ack(false);
  std::vector<Injected> answers(SessionManager::kMostWaiting + 1);
  for (Injected& answer : answers) {
    f.manager.inject_dtmf("call", "a", keys({1}), into(answer));
  }
  f.settle();
  EXPECT_FALSE(answers.front().arrived());
  EXPECT_EQ(answers.back().failure().error.cause, "SESSION_BUSY");
  f.dataplane.set_auto_ack(true);
  f.dataplane.release_acks();
  f.settle();
}

TEST_F(SessionDtmfTest, BlocksAndUnblocksALeg) {
  create();
  Answer blocked;
  f.manager.block_dtmf("call", "a", DtmfBlock::kRandom, f.into(blocked));
  f.settle();
  EXPECT_EQ(blocked.session().request->legs[0].dtmf.block, DtmfBlock::kRandom);
  EXPECT_EQ(f.dataplane.spec(f.dataplane.last_handle())->legs[0].dtmf.block, DtmfBlock::kRandom);
  EXPECT_EQ(f.dataplane.spec(f.dataplane.last_handle())->legs[1].dtmf.block, DtmfBlock::kOff);
  Answer unblocked;
  f.manager.block_dtmf("call", "a", DtmfBlock::kOff, f.into(unblocked));
  f.settle();
  EXPECT_EQ(f.dataplane.spec(f.dataplane.last_handle())->legs[0].dtmf, DtmfPolicy{});
  Answer no_leg;
  f.manager.block_dtmf("call", "c", DtmfBlock::kDrop, f.into(no_leg));
  EXPECT_EQ(no_leg.error().cause, "LEG_UNKNOWN");
  Answer no_session;
  f.manager.block_dtmf("other", "a", DtmfBlock::kDrop, f.into(no_session));
  EXPECT_EQ(no_session.error().cause, "SESSION_UNKNOWN");
}

TEST_F(SessionDtmfTest, BlockWaitsForItsTurnAndNeedsCodecs) {
  f.dataplane.set_auto_ack(false);
  Answer created;
  f.create("call", created);
  Answer blocked;
  f.manager.block_dtmf("call", "a", DtmfBlock::kDrop, f.into(blocked));
  EXPECT_FALSE(blocked.arrived());
  f.dataplane.set_auto_ack(true);
  f.dataplane.release_acks();
  f.settle();
  EXPECT_EQ(blocked.results.at(0).error().violations.at(0).field, "leg_id");
}

TEST_F(SessionDtmfTest, APatchTakesOneFieldOfThePolicy) {
  SessionRequest request = call();
  request.legs[0].dtmf.tone_guard_ms = 40;
  create(request);
  LegPatch leg{"a", "spec.legs[0]", false, {}, LegRequest{}};
  leg.fields.set(LegField::kDtmfLevel);
  leg.values->dtmf.level_dbm0 = 20;
  leg.values->dtmf.send = DtmfSend::kSipInfo;  // not named
  SessionPatch patch;
  patch.legs.push_back(leg);
  Answer updated;
  f.manager.update("call", patch, f.into(updated));
  f.settle();
  EXPECT_EQ(updated.session().request->legs[0].dtmf.level_dbm0, 20);
  EXPECT_EQ(updated.session().request->legs[0].dtmf.tone_guard_ms, 40);
  EXPECT_EQ(updated.session().request->legs[0].dtmf.send, DtmfSend::kAuto);
  patch.legs[0].fields = LegFields::dtmf();
  Answer whole;
  f.manager.update("call", patch, f.into(whole));
  f.settle();
  EXPECT_EQ(whole.session().request->legs[0].dtmf, leg.values->dtmf);
}

TEST_F(SessionDtmfTest, LogsStartAndEndOfAPress) {
  create();
  const LoggedEvent start = logged(press(DtmfPhase::kStart));
  EXPECT_EQ(start.session_id, "call");
  EXPECT_EQ(start.leg_id, "a");
  EXPECT_FALSE(start.outgoing);
  ASSERT_TRUE(start.press.has_value());
  EXPECT_EQ(start.press->press.event, 5);
  EXPECT_EQ(start.press->press.way, DtmfWay::kInBand);
  EXPECT_EQ(start.press->press.volume, 12);
  EXPECT_EQ(start.press->start, f.system - 45ms);
  EXPECT_THAT(start.press->info_legs, IsEmpty());
  const LoggedEvent end = logged(press(DtmfPhase::kEnd));
  EXPECT_EQ(end.press->press.duration_ms, 180U);
  EXPECT_THAT(end.press->info_legs, ElementsAre("b"));
}

TEST_F(SessionDtmfTest, ThePressStartsBeforeTheTimeOfItsEvent) {
  create();
  Event event = press(DtmfPhase::kStart);
  event.time_unix_ns = 1'800'000'000'000'000'000;
  const LoggedEvent start = logged(event);
  EXPECT_EQ(start.time, std::chrono::system_clock::time_point(1'800'000'000s));
  EXPECT_EQ(start.press->start, start.time - 45ms);
}

TEST_F(SessionDtmfTest, LogsWhatTheSignallingHasToSend) {
  create();
  Event event = press(DtmfPhase::kEnd, 2);
  event.outgoing = true;
  const LoggedEvent end = logged(event);
  EXPECT_EQ(end.leg_id, "b");
  EXPECT_TRUE(end.outgoing);
  EXPECT_THAT(end.press->info_legs, ElementsAre("b"));
  // Of a leg that has gone meanwhile.
  const LoggedEvent gone = logged(press(DtmfPhase::kEnd, 9));
  EXPECT_EQ(gone.leg_id, "");
  EXPECT_THAT(gone.press->info_legs, IsEmpty());
}

TEST_F(SessionDtmfTest, TheViewTellsTheWays) {
  create();
  Answer seen;
  f.manager.get("call", f.into(seen));
  ASSERT_TRUE(seen.session().legs[0].dtmf.has_value());
  EXPECT_EQ(seen.session().legs[0].dtmf->send, DtmfSend::kRfc4733);
  EXPECT_EQ(seen.session().legs[1].dtmf->send, DtmfSend::kSipInfo);
}

}  // namespace
}  // namespace pollux::control
